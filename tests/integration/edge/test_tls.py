from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import trustme
import yaml

from tests.integration.edge.edge_echo import Echo, echo_services
from tests.integration.edge.edge_fixtures import (
    DOMAIN,
    Edge,
    edge,
    edge_environment,
    wait_for,
    write_certificate,
)
from tests.ports import free_ports


@pytest.fixture(scope="module")
def running(local_env: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Run Traefik before echo services; each service also has a replica that is not there."""
    with echo_services() as servers:
        dead = f"127.0.0.1:{free_ports(1)[0]}"
        mixed = {name: [*addresses, dead] for name, addresses in servers.items()}
        with edge(local_env, tmp_path_factory.mktemp("edge"), mixed) as started:
            yield started


def shake_hands(edge: Edge, *, name: str = DOMAIN, protocols: tuple[str, ...] = (), version: str = "") -> ssl.SSLSocket:
    """Open a TLS connection, as a client of that version; the caller closes it."""
    context = ssl.create_default_context(cadata=edge.authority)
    context.check_hostname = name == DOMAIN
    context.set_alpn_protocols(list(protocols))
    if version:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = ssl.TLSVersion[version]
        context.set_ciphers("ALL:@SECLEVEL=0")
    return context.wrap_socket(
        socket.create_connection(("127.0.0.1", edge.https_port), timeout=5), server_hostname=name
    )


@pytest.mark.req("A-16")
@pytest.mark.parametrize("name", [DOMAIN, "elsewhere.example"])
def test_the_given_certificate_is_served_for_every_name(running: Edge, name: str) -> None:
    with shake_hands(running, name=name) as connection:
        certificate = connection.getpeercert()
    assert certificate is not None
    assert ("DNS", DOMAIN) in certificate["subjectAltName"]


def test_tls_is_modern(running: Edge) -> None:
    with shake_hands(running, protocols=("h2", "http/1.1")) as connection:
        assert (connection.version(), connection.selected_alpn_protocol()) == ("TLSv1.3", "h2")
    with shake_hands(running, version="TLSv1_2") as connection:
        cipher = connection.cipher()
    assert cipher is not None
    assert cipher[0].startswith("ECDHE-")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(running: Edge) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        shake_hands(running, version="TLSv1_1")


def test_a_weak_cipher_is_refused(running: Edge) -> None:
    context = ssl.create_default_context(cadata=running.authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA:AES256-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
    with (
        socket.create_connection(("127.0.0.1", running.https_port), timeout=5) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        context.wrap_socket(plain, server_hostname=DOMAIN)


def test_http_3_is_advertised_at_the_public_port(running: Edge) -> None:
    assert running.ask("/").headers["alt-svc"].startswith(f'h3=":{running.https_port}"')


@pytest.mark.req("A-16")
def test_the_staging_resolver_is_asked_for_the_domain_when_tls_is_acme(local_env: Path, tmp_path: Path) -> None:
    nobody = f"https://127.0.0.1:{free_ports(1)[0]}/dir"
    settings = {"USE_TLS": "acme", "ACME_CA_SERVER": nobody, "ACME_EMAIL": "ops@example.com"}
    with edge(local_env, tmp_path, {"api": []}, settings=settings) as started:
        asked = ("le-staging.acme", nobody, DOMAIN, "Unable to obtain ACME certificate")
        wait_for(
            "Traefik to ask the ACME server, which is not there",
            lambda: any(all(word in line for word in asked) for line in started.log.read_text().splitlines()),
        )
        served = ssl.get_server_certificate(("127.0.0.1", started.https_port))
    assert served.strip() not in (tmp_path / "cert.pem").read_text(), "the given files belong to `files`"


@pytest.mark.req("B-01")
def test_a_replica_that_is_not_there_costs_no_request_and_repeats_no_post(running: Edge) -> None:
    Echo.seen.clear()
    answers = [running.ask("/api/sign-up", "POST", content=b"x") for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    assert Echo.seen.count(("api", "POST", "/sign-up")) == 20


def test_a_request_that_a_replica_began_is_not_sent_again(running: Edge) -> None:
    Echo.seen.clear()
    assert running.ask("/api/hang-up", "POST", content=b"x").status_code == 502
    assert Echo.seen.count(("api", "POST", "/hang-up")) == 1


def test_the_reviewed_files_are_yaml_before_they_are_templates() -> None:
    for path in (Path(__file__).parents[3] / "traefik/dynamic").glob("*.yml"):
        assert yaml.safe_load(path.read_text()), path


@pytest.mark.req("B-11")
def test_a_renewed_file_is_served_once_the_file_that_names_it_is_new_too(local_env: Path, tmp_path: Path) -> None:
    with echo_services() as servers, edge(local_env, tmp_path, servers) as started:
        renewed = trustme.CA()
        trust = ssl.create_default_context(cadata=renewed.cert_pem.bytes().decode())
        write_certificate(
            renewed, {**edge_environment(tmp_path, [0, 0, 0]), "TLS_CERT_PATH": str(tmp_path / "new.pem")}
        )
        (tmp_path / "new.pem").rename(tmp_path / "cert.pem")
        assert not accepts(started, trust), "Traefik does not watch the certificate itself"
        served = tmp_path / "dynamic/tls.yml"
        (tmp_path / "tls.new").write_text(served.read_text() + "# certificate 0123456789ab\n")
        (tmp_path / "tls.new").rename(served)
        wait_for("Traefik to serve the renewed certificate", lambda: accepts(started, trust))


def accepts(started: Edge, trust: ssl.SSLContext) -> bool:
    """Tell whether a client that trusts this authority alone gets an answer."""
    try:
        return replace(started, trust=trust).ask("/").status_code == 200
    except httpx.ConnectError:
        return False
