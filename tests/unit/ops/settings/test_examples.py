import re
from pathlib import Path

import pytest

from ops.settings import EXAMPLES, KEYS, load
from ops.settings.examples import main

ROOT = Path(__file__).parents[4]
SECRET = "q7Zr4Tn9Wc2Xv8Lk3Jh6Gd5Fs1Pa0Oy4Ui7Rt2Ew9Mb6Nv3Kx8Hz"


@pytest.mark.req("C-03")
def test_every_variable_that_compose_needs_is_a_setting() -> None:
    text = re.sub(r"(?m)^\s*#.*", "", (ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    needed = set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)\}", text))
    values = {
        key.name: SECRET if key.example("production") == "change-me" else key.example("production") for key in KEYS
    }

    environment = load(Path("no .env"), environ=values, target="droplet").as_environment()

    assert needed
    assert needed - environment.keys() == set()


@pytest.mark.req("C-03")
def test_the_example_files_are_as_the_schema_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], root=ROOT) == 0, capsys.readouterr().err


@pytest.mark.req("C-03")
def test_a_stale_example_is_noticed_and_written_anew(tmp_path: Path) -> None:
    assert main([], root=tmp_path) == 1
    assert main(["--write"], root=tmp_path) == 0
    assert main([], root=tmp_path) == 0
    assert {path.name for path in tmp_path.iterdir()} == set(EXAMPLES)


@pytest.mark.req("C-03", "C-02")
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_every_key_with_meaning_default_and_whether_it_is_secret(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    told = re.findall(r"((?:^# .+\n)+)^([A-Z0-9_]+)=", text, re.MULTILINE)

    assert [name for _, name in told] == [key.name for key in KEYS]
    for (comment, _), key in zip(told, KEYS, strict=True):
        words = " ".join(comment.replace("#", "").split())
        assert key.meaning.split(".")[0] in words
        assert f"Default: {key.default or 'none'}." in words
        assert f"Secret: {'yes' if key.secret else 'no'}." in words
