from pathlib import Path

import pytest

from ops.release.build import copied_paths

ROOT = Path(__file__).resolve().parents[4]


@pytest.mark.parametrize(
    ("line", "paths"),
    [
        ("COPY api api", ("api",)),
        ("copy ./api/ /srv/api", ("api",)),
        ("COPY a.txt b.txt /srv/", ("a.txt", "b.txt")),
        ("COPY --chown=1:1 --link api /srv", ("api",)),
        ("COPY . /srv", (".",)),
        ("COPY --from=build /opt/venv /opt/venv", ()),
        ("# COPY api api", ()),
        ("RUN cp api api", ()),
        ("COPY a \\\n  b \\\n  /srv/", ("a", "b")),
        ("COPY api api\nCOPY api elsewhere", ("api",)),
    ],
)
def test_a_dockerfile_says_which_paths_it_copies(line: str, paths: tuple[str, ...]) -> None:
    assert copied_paths(line) == paths


@pytest.mark.parametrize("dockerfile", sorted(ROOT.glob("*/Dockerfile")), ids=lambda path: path.parent.name)
def test_every_path_that_our_dockerfiles_copy_is_there(dockerfile: Path) -> None:
    paths = copied_paths(dockerfile.read_text(encoding="utf-8"))
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
