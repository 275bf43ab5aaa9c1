from __future__ import annotations

import itertools
import json
import ssl
import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from ops.engine.host.files import CHALLENGES_FILE, challenges_passed_on
from ops.engine.model import Edge as EngineEdge
from ops.engine.model import Release
from ops.engine.rollout.routes import SERVERS_FILE, order_certificate
from ops.verification.observations import Site
from ops.verification.reorder_certificate import await_certificate as certificate_comes
from tests.integration.edge.acme_fixtures import Acme, plan_acme, serve_acme
from tests.integration.edge.edge_echo import SERVICES, echo_services
from tests.integration.edge.edge_fixtures import ADMIN, DOMAIN, EXPOSED, FLOWER, WWW, Edge, edge, wait_for
from tests.quiet_server import QuietServer

VALID_S = 600  # under 20 minutes: Traefik renews at its next look, which is once a minute
RENEWAL_TIMEOUT_S = 90.0
ISSUE_TIMEOUT_S = 60.0  # it takes 2 to 12: Traefik looks every 5 s whether the server is done
EVERY_S = 0.15  # each look is a new connection

pytestmark = pytest.mark.pebble


@dataclass(frozen=True, kw_only=True)
class World:
    """Traefik, the ACME server that it uses, and where it keeps what it got."""

    edge: Edge
    acme: Acme
    storage: Path
    trust: ssl.SSLContext  # the ACME server's authority alone


@pytest.fixture(scope="module")
def world(local_env: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Run Traefik with an ACME server of its own; the record of Flower's name is missing."""
    folder = tmp_path_factory.mktemp("acme")
    acme = plan_acme(folder / "pebble")
    (folder / "edge").mkdir()
    with (
        serve_acme(acme, names={DOMAIN, WWW, ADMIN}, valid_s=VALID_S),
        echo_services((*SERVICES, "flower")) as servers,
        edge(local_env, folder / "edge", servers, settings=EXPOSED | acme.settings(), ports=acme.edge_ports) as running,
    ):
        trust = ssl.create_default_context(cadata=acme.root())
        yield World(edge=running, acme=acme, storage=folder / "edge/acme.json", trust=trust)


def visit(edge: Edge, trust: ssl.SSLContext, name: str = DOMAIN) -> tuple[int, x509.Certificate]:
    """Ask for `/` over a new connection that trusts nobody else; return the status code and the certificate."""
    with httpx.Client(verify=trust, timeout=10) as client:
        url = f"https://127.0.0.1:{edge.https_port}/"
        with client.stream("GET", url, headers={"Host": name}, extensions={"sni_hostname": name}) as answer:
            connection = answer.extensions["network_stream"].get_extra_info("ssl_object")
            return answer.status_code, x509.load_der_x509_certificate(connection.getpeercert(True))


def is_certified(edge: Edge, trust: ssl.SSLContext, name: str = DOMAIN) -> bool:
    """Tell whether a client that trusts this authority alone accepts the name."""
    try:
        visit(edge, trust, name)
    except httpx.ConnectError as error:
        if "CERTIFICATE_VERIFY_FAILED" not in str(error):
            raise
        return False
    return True


def await_certificate(edge: Edge, trust: ssl.SSLContext, name: str = DOMAIN) -> None:
    """Wait until such a client accepts the name."""
    wait_for(f"a certificate for {name}", lambda: is_certified(edge, trust, name), timeout_s=ISSUE_TIMEOUT_S)


def logged(edge: Edge, *words: str) -> bool:
    """Tell whether one line of Traefik's log has all of these words."""
    return any(all(word in line for word in words) for line in edge.log.read_text().splitlines())


def names_of(certificate: x509.Certificate) -> list[str]:
    """Return the names that a certificate is for."""
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return found.get_values_for_type(x509.DNSName)


@pytest.mark.req("A-16", "B-11")
@pytest.mark.parametrize(("name", "status"), [(DOMAIN, 200), (WWW, 301), (ADMIN, 401)])
def test_each_name_gets_a_certificate_of_its_own_within_seconds(world: World, name: str, status: int) -> None:
    await_certificate(world.edge, world.trust, name)
    answered, certificate = visit(world.edge, world.trust, name)
    assert (answered, names_of(certificate)) == (status, [name])
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"


class Answering(BaseHTTPRequestHandler):
    """Somebody else who orders: knows the answer to one challenge."""

    def do_GET(self) -> None:
        """Answer the one, and no other."""
        is_known = self.path == "/.well-known/acme-challenge/theirs"
        self.send_response(200 if is_known else 404)
        self.end_headers()
        self.wfile.write(b"the answer" if is_known else b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.req("A-16", "B-11")
def test_a_challenge_of_somebody_else_is_passed_on_for_as_long_as_the_engine_says_so(world: World) -> None:
    server = QuietServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    file = world.edge.log.with_name("dynamic") / CHALLENGES_FILE

    def asked(token: str) -> tuple[int, bytes]:
        answer = world.edge.ask_plain(f"/.well-known/acme-challenge/{token}", host=DOMAIN)
        return answer.status_code, answer.content

    try:
        assert asked("theirs")[0] == 404
        file.write_text(challenges_passed_on(f"127.0.0.1:{server.server_port}"), encoding="utf-8")
        wait_for("the challenge to be passed on", lambda: asked("theirs") == (200, b"the answer"))
        assert asked("nobodys")[0] == 404
        server.shutdown()
        server.server_close()
        assert asked("theirs")[0] == 502  # whoever ordered is gone; what is Traefik's own still comes first
        assert is_certified(world.edge, world.trust)
    finally:
        file.unlink(missing_ok=True)
    wait_for("it to end", lambda: asked("theirs")[0] == 404)


@pytest.mark.req("B-11")
def test_a_name_without_a_record_holds_up_no_other(world: World) -> None:
    refused = ("Unable to obtain ACME certificate", FLOWER)
    what = "Traefik to say that Flower's name got no certificate"
    wait_for(what, lambda: logged(world.edge, *refused), timeout_s=ISSUE_TIMEOUT_S)
    assert not is_certified(world.edge, world.trust, FLOWER)
    assert world.edge.ask_inside("/ping").status_code == 200


@pytest.mark.req("A-16")
def test_the_private_server_is_the_only_one_that_is_asked(world: World) -> None:
    await_certificate(world.edge, world.trust)
    stored = json.loads(world.storage.read_text())
    assert list(stored) == ["le-staging"]
    own = world.acme.directory.removesuffix("/dir")
    assert stored["le-staging"]["Account"]["Registration"]["uri"].startswith(own)
    assert "letsencrypt.org" not in world.edge.log.read_text()


def test_the_account_and_the_keys_are_readable_by_traefik_alone(world: World) -> None:
    await_certificate(world.edge, world.trust)
    assert stat.S_IMODE(world.storage.stat().st_mode) == 0o600


@pytest.mark.req("B-11")
def test_a_renewal_is_noticed_by_nobody(world: World) -> None:
    await_certificate(world.edge, world.trust)
    first = visit(world.edge, world.trust)[1]
    seen = [first.serial_number]
    deadline, after = time.monotonic() + RENEWAL_TIMEOUT_S, 14  # two more seconds with the new one
    while after:
        status, certificate = visit(world.edge, world.trust)  # raises when it is not served, or not trusted
        assert status == 200
        assert time.monotonic() < deadline, f"waited {RENEWAL_TIMEOUT_S} s for the renewal"
        seen.append(certificate.serial_number)
        after -= certificate.serial_number != first.serial_number
        time.sleep(EVERY_S)
    # It comes at Traefik's next look, which is in a second or in a minute: as long as that it was watched.
    assert [serial for serial, _ in itertools.groupby(seen)] == [first.serial_number, certificate.serial_number]
    assert certificate.not_valid_after_utc > first.not_valid_after_utc


@pytest.mark.req("B-11")
def test_without_its_acme_server_traefik_serves_and_says_why(local_env: Path, tmp_path: Path) -> None:
    acme = plan_acme(tmp_path / "pebble")
    folder = tmp_path / "edge"
    folder.mkdir()
    with (
        echo_services() as servers,
        edge(local_env, folder, servers, settings=acme.settings(), ports=acme.edge_ports) as running,
    ):
        refused = ("Unable to obtain ACME certificate", DOMAIN, acme.directory, "connection refused")
        what = "Traefik to say why there is no certificate"
        wait_for(what, lambda: logged(running, *refused), timeout_s=ISSUE_TIMEOUT_S)
        assert visit(running, trust_nobody())[0] == 200, "it serves, with a certificate that nobody signed"
        with serve_acme(acme, names={DOMAIN, WWW}, valid_s=VALID_S):
            (tmp_path / "root.pem").write_text(acme.root())
            site = Site(
                domain=DOMAIN, https_port=running.https_port, ca_file=str(tmp_path / "root.pem"), issuer="private"
            )
            said: list[str] = []
            ordering = Ordering(folder)
            assert certificate_comes(ordering, site, say=said.append, patience_s=ISSUE_TIMEOUT_S, every_s=1)
            assert "ordering the certificate again" in said
            orders = ordering.orders
            assert certificate_comes(ordering, site, say=said.append)
            assert ordering.orders == orders, "one that is there is not ordered again"


@pytest.mark.req("A-16")
def test_an_acme_server_that_cannot_be_trusted_is_not_used(local_env: Path, tmp_path: Path) -> None:
    acme = plan_acme(tmp_path / "pebble")
    folder = tmp_path / "edge"
    folder.mkdir()
    settings = acme.settings() | {"LEGO_CA_CERTIFICATES": ""}
    with (
        serve_acme(acme, names={DOMAIN, WWW}, valid_s=VALID_S),
        echo_services() as servers,
        edge(local_env, folder, servers, settings=settings, ports=acme.edge_ports) as running,
    ):
        refused = ("Unable to obtain ACME certificate", DOMAIN, "certificate signed by unknown authority")
        what = "Traefik to say why there is no certificate"
        wait_for(what, lambda: logged(running, *refused), timeout_s=ISSUE_TIMEOUT_S)
        assert visit(running, trust_nobody())[0] == 200


def trust_nobody() -> ssl.SSLContext:
    """Return a context that takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Ordering:
    """Orders as the engine of a host does, into the folder that Traefik watches."""

    def __init__(self, folder: Path) -> None:
        self.orders = 0
        self._folder = folder

    def engine(self, verb: str, *words: str) -> None:
        """Do what `order-certificate` does."""
        assert (verb, words) == ("order-certificate", ())
        self.orders += 1
        release = Release(id="r", source_dir="", services=(), edge=EngineEdge(api_url="", dynamic_files={}))
        order_certificate(release, self, attempt=str(self.orders))  # type: ignore[arg-type] # as much as is asked for

    def observe(self) -> tuple[()]:
        """Have no replicas: the servers in the folder are the test's."""
        return ()

    def write_routes(self, files: dict[str, str]) -> None:
        """Put the attempt beside the other files by rename."""
        fresh = self._folder / "attempt.new"
        fresh.write_text(files[SERVERS_FILE])
        fresh.rename(self._folder / "dynamic" / "attempt.yml")
