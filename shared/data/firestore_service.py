"""The three calls of Firestore's gRPC service that this project makes, over one channel a process.

They take and give raw protobuf messages. The client library's own way is the same calls with every message wrapped, and
with an authorization that gRPC asks for in another thread, each time.
"""

import os
import platform
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import google.auth
import grpc
from google.api_core import exceptions
from google.auth.credentials import Credentials, TokenState
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request

from shared.data.firestore_messages import message_class
from shared.data.firestore_values import Message

SERVICE = "/google.firestore.v1.Firestore/"
ENDPOINT = "firestore.googleapis.com:443"
SCOPES = ("https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/datastore")
CONNECT_SECONDS = 4.0

_OPTIONS = [
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # gRPC's own pauses between tries to connect grow to two minutes: so long would a process stay dead when Firestore
    # is back.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", int(CONNECT_SECONDS * 1000)),  # How long one try to connect may take.
    ("grpc.max_reconnect_backoff_ms", 1000),
    # A stream is read by the thread that asked for it. Without this, gRPC starts another thread for each stream.
    ("SingleThreadedUnaryStream", 1),
]

# Names what calls, as Google's libraries do; its support asks for it.
_CLIENT = f"gl-python/{platform.python_version()} grpc/{grpc.__version__}"

_CommitRequest = message_class("CommitRequest")
_GetRequest = message_class("BatchGetDocumentsRequest")
_QueryRequest = message_class("RunQueryRequest")
_CommitResponse = message_class("CommitResponse")
_GetResponse = message_class("BatchGetDocumentsResponse")
_QueryResponse = message_class("RunQueryResponse")

Headers = tuple[tuple[str, str], ...]

Authorization = Callable[[float], Headers]
"""Gives the headers that prove to Firestore who is calling, within so many seconds."""


def owner(_: float) -> Headers:
    """The right to everything, which the emulator gives to a caller of this name."""
    return (("authorization", "Bearer owner"),)


class Token:
    """An access token, fetched again shortly before it expires, by one thread for all.

    Args:
        credentials: Whose token it is.
        request: How google-auth sends its requests.
    """

    def __init__(self, credentials: Credentials, request: Any = None) -> None:
        self._credentials = credentials
        self._request = request or Request()
        self._pool = ThreadPoolExecutor(1, "token")
        self._fetch: Future[None] | None = None
        self._lock = threading.Lock()

    def __call__(self, seconds: float) -> Headers:
        """The headers with a valid token, which is waited for only when there is none yet, or none any more.

        Raises:
            google.api_core.exceptions.ServiceUnavailable: There was none within so many seconds.
        """
        state = self._credentials.token_state
        if state is not TokenState.FRESH:
            fetch = self._fetching()
            if state is TokenState.INVALID:
                try:
                    fetch.result(max(0.0, seconds))
                except (TimeoutError, GoogleAuthError) as error:
                    raise exceptions.ServiceUnavailable("No access token") from error
        headers: dict[str, str] = {}
        self._credentials.apply(headers)
        return tuple(headers.items())

    def _fetching(self) -> Future[None]:
        """The fetch that is under way, begun if there was none."""
        with self._lock:
            if self._fetch is None or self._fetch.done():
                url = f"https://{ENDPOINT}{SERVICE}"
                # Not `refresh`: this does what else the kind of credentials needs, and nothing when they are fresh.
                self._fetch = self._pool.submit(self._credentials.before_request, self._request, "POST", url, {})
            return self._fetch


class Service:
    """Firestore's service for one database.

    Args:
        channel: The connection.
        database: The database's full name.
        authorization: Who is calling.
    """

    def __init__(self, channel: grpc.Channel, database: str, authorization: Authorization) -> None:
        self.documents = f"{database}/documents"
        self._channel = channel
        self._database = database
        self._authorization = authorization
        self._get = self._call("BatchGetDocuments", _GetRequest, _GetResponse, channel.unary_stream)
        self._run = self._call("RunQuery", _QueryRequest, _QueryResponse, channel.unary_stream)
        self._commit = self._call("Commit", _CommitRequest, _CommitResponse, channel.unary_unary)
        self._metadata = self._headers("database", database)
        self._query_metadata = self._headers("parent", self.documents)

    @staticmethod
    def _call(method: str, request: Any, response: Any, make: Any) -> Any:
        return make(SERVICE + method, request.SerializeToString, response.FromString)

    def _headers(self, parameter: str, value: str) -> Headers:
        # As the client library sends them: the first two let Google's front end find the database.
        return (
            ("google-cloud-resource-prefix", self._database),
            ("x-goog-request-params", f"{parameter}={quote(value, safe='/')}"),
            ("x-goog-api-client", _CLIENT),
        )

    def name(self, path: str) -> str:
        """The full name of the document at a path."""
        return f"{self.documents}/{path}"

    def path(self, name: str) -> str:
        """The path of the document with a full name."""
        return name.removeprefix(self.documents + "/")

    def get(self, names: Sequence[str], seconds: float) -> list[Message]:
        """BatchGetDocuments: one response for each document, in any order.

        Raises:
            google.api_core.exceptions.GoogleAPICallError: It failed; likewise with the other calls.
        """
        request = _GetRequest(database=self._database, documents=names)
        return self._stream(self._get, request, self._metadata, seconds)

    def run(self, query: Message, seconds: float) -> list[Message]:
        """RunQuery: one response for each document, in the query's order, and perhaps some without a document."""
        request = _QueryRequest(parent=self.documents, structured_query=query)
        return self._stream(self._run, request, self._query_metadata, seconds)

    def commit(self, writes: Sequence[Message], seconds: float) -> Message:
        """Commit: all writes together or none."""
        ends = time.monotonic() + seconds
        metadata = self._metadata + self._authorization(seconds)
        request = _CommitRequest(database=self._database, writes=writes)
        try:
            return self._commit(request, timeout=ends - time.monotonic(), metadata=metadata)
        except grpc.RpcError as error:
            raise exceptions.from_grpc_error(error) from error

    def _stream(self, call: Any, request: Message, metadata: Headers, seconds: float) -> list[Message]:
        ends = time.monotonic() + seconds
        metadata += self._authorization(seconds)
        try:
            return list(call(request, timeout=ends - time.monotonic(), metadata=metadata))
        except grpc.RpcError as error:
            raise exceptions.from_grpc_error(error) from error

    def close(self) -> None:
        self._channel.close()


def open_channel(target: str, credentials: grpc.ChannelCredentials | None) -> grpc.Channel:
    """A channel, without encryption when there are no credentials; it connects at its first call."""
    if credentials is None:
        return grpc.insecure_channel(target, _OPTIONS)
    return grpc.secure_channel(target, credentials, [*_OPTIONS, ("grpc.keepalive_time_ms", 30_000)])


def connect() -> Service:
    """The service that the environment names: the emulator's, or that of the project that this runs in."""
    project = os.environ.get("GOOGLE_CLOUD_PROJECT") or os.environ.get("GCLOUD_PROJECT")
    if emulator := os.environ.get("FIRESTORE_EMULATOR_HOST"):
        channel = open_channel(emulator, None)
        authorization: Authorization = owner
    else:
        credentials, own_project = google.auth.default(SCOPES)
        channel = open_channel(ENDPOINT, grpc.ssl_channel_credentials())
        authorization = Token(credentials)
        project = project or own_project
    if not project:
        raise OSError("No project: set GOOGLE_CLOUD_PROJECT")
    database = os.environ.get("FIRESTORE_DATABASE") or "(default)"
    return Service(channel, f"projects/{project}/databases/{database}", authorization)
