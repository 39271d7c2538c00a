"""The access token in production: Firestore behind TLS that takes valid tokens only, and tokens that expire.

The real thing but for the addresses: gRPC with TLS in front of the emulator, and google-auth with a metadata server.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import google.auth
import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.api_core import exceptions
from google.auth.credentials import Credentials
from google.auth.exceptions import TransportError

from shared.data import firestore_service, store

PROJECT = "demo-tests"
THRESHOLD = 225
"""Seconds before its expiry from which on google-auth fetches another token, and still uses the old one."""


@dataclass
class Guard:
    """Gives out tokens and knows which are valid."""

    left: float = 3600
    """Seconds that the last token is still good for, as its owner knows it. None passes by itself."""
    gives: threading.Event = field(default_factory=threading.Event)
    """Set unless whoever asks for a token has to wait."""
    failures: int = 0
    """So many times the next who ask get an error."""
    given: int = 0
    used: list[str] = field(default_factory=list)
    refused: int = 0

    def __post_init__(self) -> None:
        self.gives.set()

    def give(self) -> str:
        assert self.gives.wait(60)
        if self.failures:
            self.failures -= 1
            raise TransportError("no metadata server")
        self.given += 1
        self.left = 3600
        return f"token{self.given}"

    def admits(self, header: str) -> bool:
        self.used.append(header.removeprefix("Bearer "))
        valid = self.left > 0 and header in {f"Bearer token{number + 1}" for number in range(self.given)}
        self.refused += not valid
        return valid


class Fetched(Credentials):
    """Credentials as google-auth has them, from the guard."""

    def __init__(self, guard: Guard) -> None:
        super().__init__()
        self._guard = guard

    @property
    def expiry(self) -> datetime | None:
        """As google-auth has it: in UTC, without saying so."""
        if self.token is None:
            return None
        return datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=self._guard.left)

    @expiry.setter
    def expiry(self, _: None) -> None:
        """The guard knows it."""

    def refresh(self, request: Any) -> None:
        self.token = self._guard.give()


class _Handler(grpc.GenericRpcHandler):
    def __init__(self, guard: Guard, emulator: grpc.Channel) -> None:
        self._guard, self._emulator = guard, emulator

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        method = handler_call_details.method
        metadata = dict(handler_call_details.invocation_metadata)
        admitted = self._guard.admits(metadata["authorization"])
        metadata = {name: value for name, value in metadata.items() if name != "user-agent"}
        metadata["authorization"] = "Bearer owner"

        def answer(request: bytes, context: grpc.ServicerContext) -> Any:
            if not admitted:
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "Invalid token")
            make = self._emulator.unary_unary if method.endswith("Commit") else self._emulator.unary_stream
            return make(method)(request, metadata=list(metadata.items()), timeout=10)

        if method.endswith("Commit"):
            return grpc.unary_unary_rpc_method_handler(answer)
        return grpc.unary_stream_rpc_method_handler(answer)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes, Path]:
    """A key and a certificate for localhost, and the certificate's file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    file = tmp_path_factory.mktemp("tls") / "roots.pem"
    file.write_bytes(pem)
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain), pem, file


@pytest.fixture
def guard() -> Guard:
    return Guard()


@pytest.fixture
def endpoint(database: str, guard: Guard, certificate: tuple[bytes, bytes, Path]) -> Iterator[str]:
    """The emulator behind TLS, for callers with a valid token."""
    key, chain, _ = certificate
    with grpc.insecure_channel(database) as emulator:
        server = grpc.server(ThreadPoolExecutor(32), [_Handler(guard, emulator)])
        port = server.add_secure_port("localhost:0", grpc.ssl_server_credentials([(key, chain)]))
        server.start()
        yield f"localhost:{port}"
        server.stop(grace=None).wait()


@pytest.fixture
def production(
    endpoint: str, guard: Guard, certificate: tuple[bytes, bytes, Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """This process takes the endpoint for Firestore, as it does without an emulator."""
    trusted = grpc.ssl_channel_credentials(certificate[1])
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST")
    monkeypatch.setattr(firestore_service, "ENDPOINT", endpoint)
    monkeypatch.setattr(grpc, "ssl_channel_credentials", lambda: trusted)
    monkeypatch.setattr(google.auth, "default", lambda scopes: (Fetched(guard), PROJECT))
    store.close()
    yield
    store.close()


REFERENCE = store.document("tokens", "1")


def write_and_read() -> None:
    batch = store.Batch()
    batch.set(REFERENCE, {"a": 1})
    batch.commit()
    assert store.get(REFERENCE)[0].to_dict() == {"a": 1}
    assert [snapshot.reference for snapshot in store.run(store.collection("tokens"))] == [REFERENCE]


@pytest.mark.usefixtures("production")
def test_one_token_serves_all_calls(guard: Guard) -> None:
    with ThreadPoolExecutor(16) as pool:
        for each in [pool.submit(write_and_read) for _ in range(32)]:
            each.result()
    assert (guard.given, guard.refused, len(guard.used)) == (1, 0, 96)


@pytest.mark.usefixtures("production")
def test_a_token_that_has_expired_is_replaced_before_the_call(guard: Guard) -> None:
    for number in range(1, 4):
        write_and_read()
        assert (guard.given, guard.used[-1], guard.refused) == (number, f"token{number}", 0)
        guard.left = -1


@pytest.mark.usefixtures("production")
def test_a_token_that_will_soon_expire_is_used_while_another_one_is_fetched(guard: Guard) -> None:
    write_and_read()
    guard.left = THRESHOLD - 5
    guard.gives.clear()
    write_and_read()  # Nobody gives another one meanwhile.
    assert (guard.given, guard.used[-1], guard.refused) == (1, "token1", 0)
    guard.gives.set()
    while guard.given < 2:
        time.sleep(0.01)
    write_and_read()
    assert (guard.given, guard.used[-1]) == (2, "token2")


@pytest.mark.usefixtures("production")
def test_without_a_token_a_call_ends_in_time_and_the_next_one_has_it(
    guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard.gives.clear()
    with monkeypatch.context() as patch:
        patch.setattr(store, "ATTEMPT_SECONDS", 0.3)
        patch.setattr(store, "TOTAL_SECONDS", 0.5)
        with pytest.raises((*store.TRANSIENT, exceptions.RetryError)):
            store.get(REFERENCE)
    assert guard.used == []
    guard.gives.set()
    write_and_read()
    assert (guard.given, guard.refused) == (1, 0)


@pytest.mark.usefixtures("production")
def test_a_fetch_that_fails_is_repeated_within_the_call(guard: Guard) -> None:
    guard.failures = 2
    write_and_read()
    assert (guard.failures, guard.given, guard.refused) == (0, 1, 0)


def test_a_certificate_of_somebody_else_is_refused(endpoint: str) -> None:
    untrusted = firestore_service.open_channel(endpoint, grpc.ssl_channel_credentials())
    service = firestore_service.Service(untrusted, f"projects/{PROJECT}/databases/(default)", firestore_service.owner)
    with pytest.raises(exceptions.ServiceUnavailable):
        service.get([service.name(REFERENCE.path)], 1)
    service.close()


PROGRAM = """
import sys
from shared.data import firestore_service, store
firestore_service.ENDPOINT = sys.argv[1]
reference = store.document("tokens", "1")
for _ in range(4):
    batch = store.Batch()
    batch.set(reference, {"a": store.Increment(1)}, merge=True)
    batch.commit()
    print(store.get(reference)[0].to_dict(), flush=True)
"""


def test_the_metadata_server_of_cloud_run_is_asked(
    endpoint: str, guard: Guard, certificate: tuple[bytes, bytes, Path], tmp_path: Path
) -> None:
    asked: list[str] = []

    class Metadata(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = PROJECT
            if "/token" in self.path:
                body = json.dumps({"access_token": guard.give(), "expires_in": 1, "token_type": "Bearer"})
            elif "recursive" in self.path:
                body = json.dumps({"email": "function@example.com", "scopes": [], "aliases": ["default"]})
            elif "universe" in self.path:
                body = "googleapis.com"
            self.send_response(200)
            self.send_header("Metadata-Flavor", "Google")
            self.send_header("Content-Type", "application/json" if body.startswith("{") else "text/plain")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Metadata)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_port}"
    unset = ("FIRESTORE_EMULATOR_HOST", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {
        "GCE_METADATA_HOST": host,
        "GCE_METADATA_IP": host,
        "CLOUDSDK_CONFIG": str(tmp_path),
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(certificate[2]),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, endpoint], env=environment, capture_output=True, text=True, timeout=600
    )
    server.shutdown()
    assert done.stdout.splitlines() == [f"{{'a': {n}}}" for n in range(1, 5)], done.stderr
    assert guard.refused == 0
    assert guard.given >= 2
    assert any("service-accounts/default/token" in path for path in asked)
