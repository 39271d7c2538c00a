"""Cruel input: whatever is sent, the answer is the documented one, nothing is half-written, no secret comes back."""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.cities import city_key
from shared.data import listings as listings_data
from shared.data import messages, searches, store, users
from shared.feed.criteria import Criteria
from tests.instruments.api import Api, Person
from tests.instruments.processes import Served, served
from tests.security.database import dump

SECRET = "s3cr3t-Ключ-value"

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/auth/register"): {"name": "N", "email": "new@example.kz", "password": SECRET},
    ("POST", "/auth/telegram/login-or-register"): {"telegram_id": "5", "phone": "+77001112233", "name": "N"},
    ("POST", "/listings"): {"title": "T", "city": "C", "price": 1},
    ("PUT", "/listings/{listing}"): {"title": "T", "city": "C", "price": 1},
    ("POST", "/preferences"): {"city": "C", "price_min": 1, "price_max": 2},
    ("POST", "/feed/action"): {"listing_id": 1, "action": "like"},
    ("POST", "/favorites/"): {"listing_id": 1},
    ("POST", "/leads/"): {"listing_id": 1, "owner_id": 1, "status": "new"},
    ("PATCH", "/leads/{lead}"): {"status": "closed"},
    ("PATCH", "/admin/users/{user}"): {"is_active": False},
}

NO_JSON = {
    "empty": b"",
    "blank": b" \n",
    "half": b'{"title": "T"',
    "two values": b"{} {}",
    "single quotes": b"{'title': 'T'}",
    "comment": b"{} // comment",
    "trailing comma": b'{"a": 1,}',
    "NaN": b'{"price": NaN}',
    "Infinity": b'{"price": Infinity}',
    "minus Infinity": b'{"price": -Infinity}',
    "lone surrogate": b'{"title": "\\ud800"}',
    "surrogates in the wrong order": b'{"title": "\\udc00\\ud800"}',
    "a surrogate as bytes": b'{"title": "\xed\xa0\x80"}',
    "invalid UTF-8": b'{"title": "\xff\xfe"}',
    "overlong UTF-8": b'{"title": "\xc0\x80"}',
    "UTF-16": '{"title": "T"}'.encode("utf-16"),
    "raw control character": b'{"title": "\x01"}',
    "NUL": b"\x00",
    "deep nesting": b"[" * 30_000,
    "deep and closed": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "a number of 60,000 digits": b"9" * 60_000,
    "compressed": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "XML": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
}

NO_OBJECT: dict[str, Any] = {
    "null": None,
    "list": [],
    "list of pairs": [["title", "T"]],
    "text": "text",
    "number": 1,
    "true": True,
    "empty object": {},
}

VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "empty": "",
    "blank": " \t\u00a0\u2003",
    "NUL": "a\x00b",
    "only NUL": "\x00",
    "minus one": -1,
    "zero": 0,
    "minus zero": -0.0,
    "a fraction": 1.5,
    "2^53": 2**53,
    "2^63": 2**63,
    "2^64": 2**64,
    "10^400": 10**400,
    "1e308": 1e308,
    "NaN as text": "NaN",
    "infinity as text": "-Infinity",
    "exponent": "1e-999999999",
    "huge exponent": "1e999999999",
    "signaling NaN": "sNaN",
    "hexadecimal": "0x10",
    "digits of other scripts": "١٢٣",
    "list": [],
    "object": {},
    "nested": [[[[[[]]]]]],
    "Firestore field path": "a.b`c/d",
    "Firestore reserved": "__name__",
    "Firestore value": {"integerValue": "1"},
    "path": "../../users/1",
    "template": "{{7*7}}${7*7}%s%n{0}",
    "SQL": "' OR 1=1 --",
    "script": "<script>alert(1)</script>",
    "bidi and zero width": "\u202e\u200b\u2066x",
    "not a character": "\ufffe\uffff",
    "combining": "e" + "\u0301" * 500,
    "emoji": "👩‍👩‍👧‍👦" * 50,
    "10,000 characters": "x" * 10_000,
    "60,000 characters": "x" * 60_000,
}


@dataclass(frozen=True)
class Town:
    """An admin, who may do everything, and something of each kind."""

    api: Api
    admin: Person
    ids: dict[str, int]

    def call(self, method: str, path: str, **options: Any) -> Any:
        return self.admin.call(method, path.format_map(self.ids), **options)


@pytest.fixture
def town(api: Api) -> Town:
    owner, tenant, admin = api.person("landlord"), api.person("tenant"), api.person("admin")
    listing = owner.listing()["id"]
    lead = tenant.ok("POST", "/leads", json={"listing_id": listing})["id"]
    return Town(api, admin, {"listing": listing, "lead": lead, "user": tenant.id})


def check(response: Any, *allowed: int) -> None:
    """The answer is a success or an error of the documented shape."""
    assert response.status_code in (allowed or (200, 400, 404, 409, 422)), (response.status_code, response.text)
    assert response.headers["Content-Type"] == "application/json"
    assert SECRET not in response.text
    if response.status_code >= 400:
        answer = json.loads(response.text)
        assert answer.keys() - {"code"} == {"detail"}
        if response.status_code == 422:
            assert all(problem.keys() == {"type", "loc", "msg"} for problem in answer["detail"])
            assert all(problem["loc"][0] in ("body", "query", "path") for problem in answer["detail"])
            assert len(response.text) < 10_000
        else:
            assert isinstance(answer["detail"], str)


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_a_body_that_is_no_json_object_is_refused_and_changes_nothing(town: Town, method: str, path: str) -> None:
    before = dump()
    for body in (*NO_JSON.values(), *(json.dumps(value).encode() for value in NO_OBJECT.values())):
        if (method, path, body) == ("POST", "/preferences", b"{}") or (path, body) == ("/admin/users/{user}", b"{}"):
            continue  # Every field of theirs may be absent.
        check(town.call(method, path, data=body, content_type="application/json"), 400, 422)
    assert dump() == before


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_any_value_in_any_field_gets_a_documented_answer(town: Town, method: str, path: str) -> None:
    good = BODIES[method, path]
    for name in good:
        for value in VALUES.values():
            before = dump()
            response = town.call(method, path, json=good | {name: value})
            check(response)
            if response.status_code == 409:
                continue  # Counted, on purpose.
            if response.status_code != 200:
                assert dump() == before, (name, value)


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_unknown_and_repeated_keys_do_no_harm(town: Town, method: str, path: str) -> None:
    odd = {"": 1, "__proto__": {"role": "admin"}, "a.b": 1, "`": 1, "\x00": 1, "id": "x", "k" * 5000: [], "ключ": None}
    check(town.call(method, path, json=BODIES[method, path] | odd))
    name, value = next(iter(BODIES[method, path].items()))
    twice = json.dumps({name: "first"})[:-1] + "," + json.dumps({name: value})[1:]
    check(town.call(method, path, data=twice, content_type="application/json"))


@pytest.mark.parametrize("size", [64 * 1024 + 1, 200_000, 3_000_000])
@pytest.mark.parametrize(("method", "path"), BODIES)
def test_a_body_too_large_is_413(town: Town, method: str, path: str, size: int) -> None:
    before = dump()
    padded = json.dumps(BODIES[method, path] | {"padding": "x" * size}).encode()
    check(town.call(method, path, data=padded, content_type="application/json"), 413)
    assert dump() == before


@pytest.mark.parametrize(
    "content_type",
    [
        *("", "text/plain", "application/json; charset=utf-16", "application/x-www-form-urlencoded"),
        *("multipart/form-data", "multipart/form-data; boundary=x", "a/b; c=" + "d" * 5000, "application/json\x01"),
        "ключ".encode().decode("latin-1"),
    ],
)
def test_a_body_is_json_whatever_its_type_says(town: Town, content_type: str) -> None:
    body = json.dumps({"city": "Astana"})
    check(town.call("POST", "/preferences", data=body, content_type=content_type), 200)


LOGINS = {
    "nothing": b"",
    "JSON": b'{"username": "a@example.kz", "password": "s3cr3t"}',
    "no password": b"username=a@example.kz",
    "twice": b"username=a@example.kz&username=b@example.kz&password=x&password=y",
    "invalid UTF-8": b"username=%ff%fe&password=%ed%a0%80",
    "NUL": b"username=%00&password=%00",
    "broken escapes": b"username=%zz%&password=%",
    "raw bytes": b"username=\xff\xfe&password=\x00\x01",
    "1,500 fields": b"&".join(b"f%d=1" % i for i in range(1500)),
    "brackets": b"username[]=a&password[x]=y",
    "60 KB": b"username=" + b"x" * 60_000 + b"&password=y",
}


@pytest.mark.parametrize("body", LOGINS.values(), ids=LOGINS.keys())
def test_any_login_form_gets_a_documented_answer(api: Api, body: bytes) -> None:
    for content_type in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"):
        response = api.call("POST", "/auth/login", data=body, content_type=content_type)
        check(response, 401, 413, 422)
        assert "s3cr3t" not in response.text


SEGMENTS = [
    *(
        "..",
        ".",
        "%2e%2e",
        "%2E%2E%2F",
        "__x__",
        "__name__",
        "__id7__",
        "%00",
        "1%00",
        "%2F",
        "1%2F2",
        "1%252F2",
        "%5C",
    ),
    *(
        "-1",
        "+1",
        "1.0",
        "1e3",
        "0x1",
        "1_0",
        " 1",
        "1%20",
        "%C2%A01",
        "%ff",
        "%ed%a0%80",
        "%F0%9F%94%91",
        "٣",
        "*",
        "~",
    ),
    *(
        "null",
        "undefined",
        "NaN",
        "true",
        "[]",
        "{}",
        "{listing_id}",
        "<id>",
        "%25s",
        "'",
        "%22",
        "%0d%0aX-Header:%201",
    ),
    *("9" * 16, "9" * 17, "9" * 400, "1" * 4000, "a" * 4000, "0", "00000000000000001", ";a=b", "1;a=b", "1,2", "1:1"),
]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/listings/{}"),
        ("PUT", "/listings/{}"),
        ("DELETE", "/listings/{}"),
        ("DELETE", "/favorites/{}"),
        ("GET", "/leads/{}"),
        ("PATCH", "/leads/{}"),
        ("PATCH", "/admin/users/{}"),
        ("GET", "/{}"),
        ("GET", "/auth/{}"),
        ("GET", "/docs/{}"),
    ],
)
def test_any_path_segment_gets_a_documented_answer(town: Town, method: str, path: str) -> None:
    before = dump()
    body = next((body for (_, like), body in BODIES.items() if like.split("{")[0] == path.split("{")[0]), {})
    for segment in SEGMENTS:
        where = path.replace("{}", segment)
        function = path.split("/")[1] if path != "/{}" else "listings"
        client = town.api.client("health" if function == "docs" else function)
        headers = {"Authorization": f"Bearer {town.admin.token}"}
        options: Any = {} if method in ("GET", "DELETE") else {"json": body}
        response = client.open(where, method=method, headers=headers, **options)
        if segment == "%2F" and method == "GET":
            continue  # One more slash at the end makes no difference.
        is_id = segment.isascii() and segment.isdigit() and len(segment) <= 16 and "{}" in path
        check(response, 404, 405, *([200] if is_id and path == "/favorites/{}" else []))
    assert dump() == before


@pytest.mark.parametrize("path", ["/listings//my", "/listings///1", "/listings//1/", "/listings/%2Fmy"])
def test_repeated_slashes_are_no_path_of_ours(town: Town, path: str) -> None:
    before = dump()
    body = BODIES["POST", "/listings"]
    headers = {"Authorization": f"Bearer {town.admin.token}"}
    for method in ("GET", "POST", "PUT", "DELETE"):
        response = town.api.client("listings").open(path, method=method, json=body, headers=headers)
        assert (response.status_code, response.get_json()) == (404, {"detail": "Not Found"})
    assert dump() == before


QUERIES = [
    *("limit=0", "limit=101", "limit=-1", "limit=1e1", "limit=9" + "9" * 400, "limit=", "limit=NaN", "limit=%00"),
    *(
        "cursor=",
        "cursor=x",
        "cursor=%00",
        "cursor=" + "A" * 201,
        "cursor=%F0%9F%94%91",
        "cursor=W10",
        "cursor=W1tbW1td",
    ),
    *("cursor=WzEsMV0", "cursor=WzAsMF0", "cursor=Wy0xLC0xXQ", "cursor=WzFlMzA4LDFd", "cursor=W3RydWUsdHJ1ZV0"),
    *(
        "city=%00",
        "city=" + "x" * 129,
        "city=" + "я" * 4000,
        "city=%ff",
        "city=%ed%a0%80",
        "city=__x__",
        "city=a|b",
        "city=*",
    ),
    *(
        "city=a&city=b",
        "city[]=a",
        "city",
        "=",
        "&&&",
        "%",
        "%zz=%zz",
        "a" * 7000,
        "&".join(f"k{i}=v" for i in range(1000)),
    ),
    *(
        "deal_type=other",
        "deal_type=%00",
        "property_type=FLAT",
        "price_min=NaN",
        "price_min=-1",
        "price_max=1e999999999",
    ),
    *(
        "price_min=sNaN",
        "price_min=1&price_max=0",
        "price_min=0.001",
        "owner_id=x",
        "owner_id=9" + "9" * 30,
        "is_active=2",
    ),
    *("status=done", "status=%00", "is_active=", "owner_id=-1", "user_id=1", "tenant_id=1"),
]


@pytest.mark.parametrize(
    "path",
    [
        "/listings",
        "/listings/my",
        "/feed",
        "/favorites",
        "/leads/my",
        "/leads/for-me",
        "/admin/users",
        "/admin/listings",
    ],
)
def test_any_query_gets_a_documented_answer(town: Town, path: str) -> None:
    before = dump()
    for query in QUERIES:
        check(town.call("GET", f"{path}?{query}"), 200, 422)
    assert dump() == before


HEADERS = {
    "Host": ["", "evil.example", "a b", "[", "x" * 3000, "localhost:99999", "ключ".encode().decode("latin-1")],
    "X-Forwarded-Host": ["evil.example", "a b<>", "", "a, b", "\xff"],
    "X-Forwarded-Proto": ["javascript", "", "https, http", "\xff"],
    "X-Forwarded-For": [",", "x" * 5000, "\xff\xfe", "::1%eth0", ", ".join(["1.1.1.1"] * 500)],
    "X-Forwarded-Prefix": ["/evil"],
    "X-Cloud-Trace-Context": ["x", "a" * 32 + "/" + "9" * 400, "\xff", '"}\n{"'],
    "Origin": ["null", "evil", "\xff", "https://" + "x" * 3000],
    "Accept": ["text/html", "\xff", ""],
    "Content-Length": ["-1", "x", "9" * 30],
    "Transfer-Encoding": ["gzip", "x"],
    "Authorization": ["Bearer", "Bearer  ", "bearer x y", "Basic YTpi", "Bearer \xff", "x" * 5000, "Bearer ," * 500],
    "X-HTTP-Method-Override": ["DELETE"],
    "Cookie": ["session=1; __session=2; " + "x" * 3000],
}


@pytest.mark.parametrize("name", HEADERS)
def test_any_header_gets_a_documented_answer(town: Town, name: str) -> None:
    before = dump()
    for value in HEADERS[name]:
        for path in ("/listings?limit=1", "/auth/me"):
            environ = {f"HTTP_{name.upper().replace('-', '_')}": value}
            if name in ("Content-Length",):
                environ = {"CONTENT_LENGTH": value}
            response = town.api.client(path.split("/")[1].split("?")[0]).get(path, environ_overrides=environ)
            check(response, 200, 400, 401, 413)
            assert "evil" not in response.headers.get("Link", "") or name in ("Host", "X-Forwarded-Host")
    assert dump() == before


def test_any_method_gets_a_documented_answer(town: Town) -> None:
    before = dump()
    for method in ("TRACE", "CONNECT", "PROPFIND", "PATCH", "DELETE", "PUT", "get", "G" * 20, "BREW"):
        response = town.api.client("listings").open("/listings", method=method)
        if response.status_code != 200:  # werkzeug's client writes methods in capitals.
            check(response, 401, 405)
            assert response.status_code == 401 or {"GET", "POST"} <= set(response.headers["Allow"].split(", "))
    assert dump() == before


# --- Characters that nobody sees, or that turn others around


HIDDEN = ["a\u200bb", "a\u202eb", "\u2066a\u2069", "a\x1b[31m", "a\ufeffb", "\u3164", "a\u200db", "a\x08", "a\u200eb"]
TEXTS = {
    "name": ("POST", "/auth/register"),
    "title": ("POST", "/listings"),
    "city": ("POST", "/preferences"),
    "source": ("POST", "/feed/action"),
}


@pytest.mark.parametrize("hidden", HIDDEN, ids=ascii)
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_of_one_line_has_no_hidden_characters(town: Town, name: str, hidden: str) -> None:
    before = dump()
    method, path = TEXTS[name]
    response = town.call(method, path, json=BODIES[method, path] | {name: hidden})
    assert response.status_code == 422
    (problem,) = response.get_json()["detail"]
    assert problem["loc"] == ["body", name]
    assert "must not contain U+" in problem["msg"]
    assert dump() == before


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/listings", {"title": "T", "city": "{}", "price": 1}),
        ("PUT", "/listings/{listing}", {"title": "{}", "city": "C", "price": 1}),
        ("PUT", "/listings/{listing}/details", {"district": "{}"}),
        ("PUT", "/listings/{listing}/details", {"address": "{}"}),
        ("PUT", "/listings/{listing}/details", {"description": "{}"}),
        ("POST", "/searches", {"name": "{}"}),
        ("POST", "/searches", {"name": "S", "city": "{}"}),
        ("PATCH", "/auth/me", {"name": "{}"}),
        ("POST", "/leads/", {"listing_id": 0, "message": "{}"}),
        ("GET", "/listings?city={}", None),
        ("GET", "/admin/listings?city={}", None),
    ],
)
def test_no_text_may_turn_others_around(town: Town, method: str, path: str, body: dict[str, Any] | None) -> None:
    before = dump()
    for trick in ("a\u202eb", "a\u2067b", "a\x1bb"):
        sent = None if body is None else json.loads(json.dumps(body).replace("{}", json.dumps(trick)[1:-1]))
        if sent and "listing_id" in sent:
            sent["listing_id"] = town.ids["listing"]
        where = path.replace("{}", trick)
        response = town.api.call(method, where.format_map(town.ids), town.admin.token, json=sent)
        assert response.status_code == 422, (trick, response.text)
        assert "must not contain U+" in response.text
    assert dump() == before


def test_messages_and_descriptions_keep_their_lines_and_emoji(town: Town) -> None:
    text = "Добрый день!\n\tСемья 👨\u200d👩\u200d👧, ищем дом ❤\ufe0f"
    owner = town.api.person("landlord")
    shown = town.api.ok("PUT", f"/listings/{owner.listing()['id']}/details", owner.token, json={"description": text})
    assert shown["description"] == text
    sent = {"listing_id": owner.listing()["id"], "message": text.replace("\n", "\r\n")}
    lead = town.call("POST", "/leads", json=sent).get_json()["id"]
    assert town.call("GET", f"/leads/{lead}/messages").get_json()[0]["text"] == text


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Айгуль\u200b", "Айгуль"),
        ("\u202eАйгуль", "Айгуль"),
        ("\u3164", None),
        ("A\nB", "A B"),
        ("👩\u200d🚒", "👩\u200d🚒"),
    ],
)
def test_a_hidden_character_in_telegram_keeps_nobody_out(api: Api, name: str, kept: str | None) -> None:
    entered = api.ok("POST", "/auth/telegram/login-or-register", json={"telegram_id": "5", "name": name})
    assert api.ok("GET", "/auth/me", entered["access_token"])["name"] == (kept or "Telegram user")


def test_what_was_stored_with_hidden_characters_before_is_still_shown(api: Api) -> None:
    hidden = "a\u202e\u200bb\x1b"
    owner, tenant = api.person("landlord"), api.person()
    listing = owner.listing(details={"district": "D", "address": "A", "description": "T"})["id"]
    lead = tenant.ok("POST", "/leads", json={"listing_id": listing, "message": "M"})["id"]
    tenant.ok("POST", "/preferences", json={"city": "C"})
    search = tenant.ok("POST", "/searches", json={"name": "S", "city": "C"})
    message = tenant.ok("GET", f"/leads/{lead}/messages")[0]["id"]
    batch = store.Batch()
    details = {f"details.{name}": hidden for name in ("district", "address", "description")}
    batch.update(listings_data.ref(listing), details | {"title": hidden, "city": hidden})
    batch.update(users.ref(owner.id), {"name": hidden})
    batch.update(users.ref(tenant.id), {"preferences.city": hidden})
    batch.update(messages.ref(lead, message), {"text": hidden})
    batch.update(store.document("searches", f"{tenant.id}_0"), {"wanted.name": hidden, "wanted.city": hidden})
    batch.commit()
    shown = api.ok("GET", f"/listings/{listing}?include=details")
    assert {shown["title"], shown["city"], *(shown["details"][name] for name in ("district", "address"))} == {hidden}
    assert owner.ok("GET", "/auth/me")["name"] == hidden
    assert owner.ok("GET", "/listings/my")[0]["title"] == hidden
    assert tenant.ok("GET", f"/leads/{lead}/messages")[0]["text"] == hidden
    assert tenant.ok("GET", f"/leads/{lead}")["contact"]["name"] == hidden
    assert tenant.ok("GET", "/preferences")["city"] == hidden
    assert tenant.ok("GET", "/feed/next") is None
    assert tenant.ok("GET", "/searches")[0]["name"] == hidden
    (stored,) = store.run(store.collection("searches"))
    asked = Criteria(city_key(hidden), "rent", "flat", 100, 100, 0, 0, 0, 0)
    assert [each["id"] for each, _ in searches.matching([stored], asked, None)] == [search["id"]]


# --- On the wire: what werkzeug's client cannot send


@pytest.fixture(scope="module")
def listings(emulator: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served("listings", Path(tmp_path_factory.mktemp("listings"))) as running:
        yield running


def send(port: int, raw: bytes) -> tuple[int, dict[str, str], bytes]:
    """Sends bytes as they are; the answer's status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    connection.sock.sendall(raw)
    response = http.client.HTTPResponse(connection.sock)
    response.begin()
    body = response.read()
    connection.close()
    return response.status, dict(response.getheaders()), body


def request(body: bytes, *headers: str, line: str = "POST /listings HTTP/1.1", token: str = "") -> bytes:
    lines = [line, "Host: localhost", "Connection: close", *headers]
    lines += [f"Authorization: Bearer {token}"] if token else []
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(body: bytes, size: int = 1000) -> bytes:
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def test_a_body_without_a_length_is_read_and_limited(api: Api, listings: Served) -> None:
    owner = api.person("landlord")
    body = json.dumps(BODIES["POST", "/listings"]).encode()
    status, _, answer = send(listings.port, request(chunked(body), "Transfer-Encoding: chunked", token=owner.token))
    assert (status, json.loads(answer)["title"]) == (200, "T")
    before = dump()
    large = json.dumps(BODIES["POST", "/listings"] | {"padding": "x" * 200_000}).encode()
    status, headers, answer = send(
        listings.port, request(chunked(large), "Transfer-Encoding: chunked", token=owner.token)
    )
    assert (status, headers["Content-Type"]) == (413, "application/json")
    assert json.loads(answer).keys() - {"code"} == {"detail"}
    assert dump() == before


@pytest.mark.parametrize(
    "raw",
    [
        request(b"", line="GET /listings/%ff%00 HTTP/1.1"),
        request(b"", line="GET /listings/../../users HTTP/1.1"),
        request(b"", line="GET http://evil.example/listings/1 HTTP/1.1"),
        request(b"", line=f"GET /listings/{'1' * 3500} HTTP/1.1"),
        request(b"{}", "Content-Length: 2", "Content-Type: \xff\xfe"),
        request(b"{}", "Content-Length: 2", "Authorization: Bearer \xff\xfe"),
        request(b"{}", "Content-Length: 2", "Expect: 100-continue"),
        request(b"", line="OPTIONS * HTTP/1.1"),
        request(b"", line="TRACE /listings HTTP/1.1"),
    ],
)
def test_odd_requests_on_the_wire_do_not_fail(api: Api, listings: Served, raw: bytes) -> None:
    status, headers, body = send(listings.port, raw)
    assert status < 500
    assert status == 200 or headers["Content-Type"] == "application/json", body
    assert status == 200 or json.loads(body).keys() - {"code"} == {"detail"}


@pytest.mark.parametrize("header", ["Content-Length: 50000", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("credentials", [[], ["Authorization: Bearer wrong"], ["Authorization: Basic YTpi"]])
@pytest.mark.parametrize("line", ["POST /listings", "PUT /listings/1", "PUT /listings/1/details"])
def test_without_a_token_no_body_is_waited_for(
    api: Api, listings: Served, line: str, credentials: list[str], header: str
) -> None:
    """The connection stays open, and its body never ends: waiting for it would end in a timeout here."""
    status, _, answer = send(listings.port, request(b"", header, *credentials, line=f"{line} HTTP/1.1"))
    assert (status, json.loads(answer).keys() - {"code"}) == (401, {"detail"})


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        request(b"", line="GET /listings/\xff\xfe HTTP/1.1"),
        request(b"", line="GET /listings?city=\xff HTTP/1.1"),
        request(b"5\r\nab", "Transfer-Encoding: chunked"),
        request(b"zz\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
        request(b"{}", "Content-Length: 2", "Transfer-Encoding: chunked"),
        request(b"{}", "Content-Length: 2", "Content-Length: 3"),
        request(b"{}", "Content-Length: -2"),
        request(b"", "Long: " + "x" * 20_000),
    ],
)
def test_what_is_no_http_harms_nobody_else(api: Api, listings: Served, raw: bytes) -> None:
    before = dump()
    connection = http.client.HTTPConnection("127.0.0.1", listings.port, timeout=60)
    connection.connect()
    connection.sock.sendall(raw)
    connection.sock.close()
    assert listings.call("GET", "/listings").json() == []
    assert dump() == before
