"""The OpenAPI document: valid, complete, and what the functions really answer."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from importlib import import_module
from typing import Any, NoReturn

import pytest
from google.api_core.exceptions import ServiceUnavailable
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import TestResponse

from functions import HTTP_FUNCTIONS, auth
from infra.openapi import FILE, current
from shared.data import bucket, codes, passwords, store, throttle
from shared.settings import settings
from tests.instruments.api import PASSWORD, Api
from tests.instruments.mail import MailServer, mail_server
from tests.instruments.pictures import image
from tests.instruments.telegram import TOKEN, mini_app, telegram_server, widget

DOCUMENT = current()
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
SCHEMAS = DOCUMENT["components"]["schemas"]


def resolved(part: Any) -> Any:
    """What a reference into the document stands for."""
    while "$ref" in part:
        target = DOCUMENT
        for step in part["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        part = target
    return part


def body_of(operation: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Content type and schema of an operation's body."""
    ((media, content),) = operation["requestBody"]["content"].items()
    return media, content["schema"]


def example_of(operation: dict[str, Any]) -> dict[str, Any]:
    """A request body that an operation's own example shows, as options of the test client."""
    signed: Any = {"enter_mini_app": mini_app, "enter_widget": widget}.get(operation["operationId"])
    if signed:  # An example cannot be signed for ever.
        return {"json": signed(1)}
    if "requestBody" not in operation:
        return {}
    media, schema = body_of(operation)
    if media == "image/*":
        return {"data": image()}
    return {"json" if media == "application/json" else "data": resolved(schema)["examples"][0]}


def ids_in(path: str) -> tuple[Any, ...]:
    """What can stand for the names in a path. Nothing of it exists."""
    return tuple("small.webp" if part == "{file}" else 1 for part in path.split("/") if part.startswith("{"))


def validator(schema: dict[str, Any], exact: bool = False) -> Draft202012Validator:
    """Checks values of a schema of the document; ``exact`` refuses keys that the schema does not name."""
    components = deepcopy(DOCUMENT["components"])
    if exact:
        for component in components["schemas"].values():
            if "properties" in component:
                component["additionalProperties"] = False
    return Draft202012Validator(schema | {"components": components}, format_checker=FormatChecker())


class Client:
    """Calls operations by their id, and holds every answer against what the document says of its status."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.seen: set[tuple[str, int]] = set()

    def call(self, name: str, status: int, token: str | None = None, *ids: Any, **options: Any) -> TestResponse:
        method, path, operation = OPERATIONS[name]
        for parameter, given in zip([p for p in path.split("/") if p.startswith("{")], ids, strict=True):
            path = path.replace(parameter, str(given))
        answer = self.api.call(method, path, token, **options)
        assert answer.status_code == status, (name, answer.status_code, answer.text)
        assert str(status) in operation["responses"], f"{name} does not declare {status}"
        declared = resolved(operation["responses"][str(status)])
        ((media, content),) = declared["content"].items()
        assert answer.mimetype == media
        if media == "image/webp":
            assert content["schema"] == {"type": "string", "format": "binary"}
        else:
            value = answer.get_json() if media == "application/json" else answer.text
            validator(content["schema"], exact=True).validate(value)
        headers = set(declared.get("headers", {}))
        assert headers - {"Link"} <= set(answer.headers.keys()), (name, status)
        assert "Link" in headers or "Link" not in answer.headers, (name, status)
        if status == 200 and "json" in options:  # What is accepted must be allowed.
            validator(body_of(operation)[1]).validate(options["json"])
        self.seen.add((name, status))
        return answer

    def ok(self, name: str, token: str | None = None, *ids: Any, **options: Any) -> Any:
        return self.call(name, 200, token, *ids, **options).get_json(silent=True)


def test_it_is_valid_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_it_has_every_route_and_nothing_else() -> None:
    apps = [import_module(f"functions.{name}").api.app for name in HTTP_FUNCTIONS]
    routes = {
        f"{method} {rule.rule.replace('<id:', '{').replace('<name:', '{').replace('>', '}')}"
        for app in apps
        for rule in app.url_map.iter_rules()
        if rule.rule != "/docs/<path:name>"  # The files of the page at /docs.
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {f"{method} {path.rstrip('/')}" for method, path, _ in OPERATIONS.values()}


def test_operation_ids_are_unique() -> None:
    listed = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len(listed) == len(set(listed))


def test_the_committed_document_is_the_codes() -> None:
    """Whoever changes the contract sees it in the review: `make openapi`, then read the difference."""
    assert json.loads(FILE.read_text()) == DOCUMENT


def test_everything_is_described() -> None:
    assert all(operation["summary"] for _, _, operation in OPERATIONS.values())
    assert all(tag["description"] for tag in DOCUMENT["tags"])
    assert {tag for _, _, operation in OPERATIONS.values() for tag in operation["tags"]} == set(HTTP_FUNCTIONS)
    assert [name for name, schema in SCHEMAS.items() if not schema.get("description")] == []


def test_every_body_and_every_answer_has_an_example() -> None:
    for name, (_, _, operation) in OPERATIONS.items():
        if "requestBody" in operation and name != "add_photo":
            assert resolved(body_of(operation)[1])["examples"], name
    # The rest are parts of others, whose examples show them, and an error's text differs by status.
    without = {name for name, schema in SCHEMAS.items() if "properties" in schema and "examples" not in schema}
    assert without == {
        "ChannelsRead",
        "ChannelsWrite",
        "Contact",
        "Conversation",
        "FieldError",
        "Error",
        "PhotoUrls",
        "QuietHours",
        "Verification",
    }


def test_every_example_is_valid() -> None:
    for name, schema in SCHEMAS.items():
        for example in schema.get("examples", []):
            validator({"$ref": f"#/components/schemas/{name}"}, exact=True).validate(example)
    for response in DOCUMENT["components"]["responses"].values():
        for content in response["content"].values():
            if "example" in content:
                validator(content["schema"], exact=True).validate(content["example"])


def test_an_example_shows_exactly_the_keys_of_its_model() -> None:
    for name, schema in SCHEMAS.items():
        for example in schema.get("examples", []):
            assert set(schema.get("required", schema["properties"])) <= example.keys() <= schema["properties"].keys(), (
                name
            )


def test_a_list_is_an_array_with_pages() -> None:
    answers = {
        name: operation["responses"]["200"]["content"].get("application/json", {}).get("schema", {})
        for name, (_, _, operation) in OPERATIONS.items()
    }
    lists = {name for name, schema in answers.items() if schema.get("type") == "array"}
    whole = {"get_deck", "get_cities", "get_photos", "order_photos"}
    assert lists == {name for name in OPERATIONS if name.startswith("list_")} | whole
    paged = {
        name
        for name, (_, _, operation) in OPERATIONS.items()
        if "Link" in operation["responses"]["200"].get("headers", {})
    }
    assert paged == lists - whole


def test_a_token_or_the_login_form_opens_what_needs_a_user() -> None:
    assert DOCUMENT["components"]["securitySchemes"]["bearer"].items() >= {"type": "http", "scheme": "bearer"}.items()
    login = DOCUMENT["components"]["securitySchemes"]["login"]
    assert login["flows"] == {"password": {"tokenUrl": "/auth/login", "scopes": {}}}
    public = {
        "register",
        "login",
        "issue_token",
        "reset_password",
        "confirm_reset",
        "telegram",
        "enter_mini_app",
        "enter_widget",
        "list_listings",
        "get_cities",
        "get_listing",
        "get_photos",
        "get_photo_file",
        "health",
        "get_openapi",
        "get_docs",
    }
    for name, (_, _, operation) in OPERATIONS.items():
        assert operation["security"] == ([] if name in public else [{"bearer": []}, {"login": []}])
    assert body_of(OPERATIONS["login"][2])[0] == "application/x-www-form-urlencoded"


def test_ids_and_secrets_are_parameters_with_their_limits() -> None:
    for _, path, operation in OPERATIONS.values():
        ids = [parameter for parameter in operation.get("parameters", []) if parameter["in"] == "path"]
        assert [f"{{{parameter['name']}}}" for parameter in ids] == [p for p in path.split("/") if p.startswith("{")]
        for parameter in ids:
            assert parameter["required"]
            if parameter["name"] in ("device_id", "file"):
                assert parameter["schema"]["type"] == "string"
            else:
                assert parameter["schema"].items() >= {"type": "integer", "minimum": 1, "maximum": 2**53 - 1}.items()
    headers = {
        name: parameter["name"]
        for name, (_, _, operation) in OPERATIONS.items()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "header"
    }
    assert headers == {
        "telegram": "X-Telegram-Bot-Secret",
        "create_listing": "Idempotency-Key",
        "send_message": "Idempotency-Key",
    }


def _fail(error: Exception) -> Callable[..., NoReturn]:
    def fail(*_: Any, **__: Any) -> NoReturn:
        raise error

    return fail


@pytest.fixture
def client(api: Api) -> Client:
    return Client(api)


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with mail_server() as server, telegram_server() as bot:
        monkeypatch.setenv("TELEGRAM_API_URL", bot.url)
        yield server
    settings.cache_clear()


def test_every_answer_is_as_declared_and_every_declared_answer_happens(
    client: Client, monkeypatch: pytest.MonkeyPatch, mail: MailServer
) -> None:
    api, call, ok = client.api, client.call, client.ok
    configured = {"SMTP_URL": mail.url, "TELEGRAM_BOT_TOKEN": TOKEN, "MAIL_FROM": "no-reply@example.kz"}
    for variable, value in configured.items():
        monkeypatch.setenv(variable, value)
    settings.cache_clear()
    tenant, landlord, admin = api.person("tenant"), api.person("landlord"), api.person("admin")
    me, owner, boss = tenant.token, landlord.token, admin.token

    # Auth.
    register = {"name": "Имя", "phone": "87001234567", "email": "", "password": PASSWORD}
    ok("register", json=register)
    call("register", 409, json=register)
    token = ok("login", data={"username": "+7 700 123 45 67", "password": PASSWORD})["access_token"]
    call("login", 401, data={"username": "+7 700 123 45 67", "password": "wrong-password"})
    ok("me", token)
    variants: tuple[dict[str, Any], ...] = (
        {},
        {"name": "", "phone": "77001234567"},
        {"name": None, "phone": None, "role": None},
        {"role": "agent"},
    )
    for telegram_id, fields in enumerate(variants, 1):
        ok("telegram", json={"telegram_id": telegram_id} | fields)
    ok("telegram", json={"telegram_id": "1"}, headers={"X-Telegram-Bot-Secret": "any"})
    signed_in = {"grant_type": "password", "username": tenant.email, "password": PASSWORD}
    refresh_token = ok("issue_token", data=signed_in)["refresh_token"]
    renewal = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    ok("issue_token", data=renewal)
    call("issue_token", 401, data=signed_in | {"password": "wrong-password"})
    assert "Link" not in call("list_sessions", 200, me).headers
    ok("end_session", me, ok("list_sessions", me)[0]["id"])
    call("issue_token", 401, data=renewal)
    ok("logout", me, json={"refresh_token": refresh_token})
    ok("update_me", me, json={"name": "Айгуль", "phone": "+7 701 000 00 01", "current_password": PASSWORD})
    call("update_me", 403, me, json={"email": "new@example.kz"})
    call("update_me", 409, me, json={"email": landlord.email, "current_password": PASSWORD})
    call("change_password", 403, me, json={"current_password": "wrong", "new_password": PASSWORD})
    ok("send_code", me, json={"channel": "email"})
    ok("confirm_email", me, json={"channel": "email", "code": mail.messages[-1]["Subject"][-6:]})
    assert ok("me", me, query_string={"include": "verification"})["verification"] == {"email": True, "phone": False}
    ok("reset_password", json={"username": tenant.email})
    new = {"username": tenant.email, "code": mail.messages[-1]["Subject"][-6:], "new_password": PASSWORD}
    me = ok("confirm_reset", json=new)["access_token"]
    call("confirm_reset", 401, json=new)
    ok("reset_password", json={"username": tenant.email})
    assert {api.call("POST", "/auth/password/reset/confirm", json=new).status_code for _ in range(5)} == {401}
    call("confirm_reset", 429, json=new)
    ok("send_code", me, json={"channel": "email"})
    wrong = {"channel": "email", "code": "000000"}
    assert {api.call("POST", "/auth/verify/confirm", me, json=wrong).status_code for _ in range(5)} == {401}
    call("confirm_email", 429, me, json=wrong)
    by_telegram = ok("telegram", json={"telegram_id": 77})["access_token"]
    ways: dict[str, Callable[..., Any]] = {"enter_mini_app": mini_app, "enter_widget": widget}
    for given, (name, sign) in enumerate(ways.items(), 78):
        ok(name, json=sign(given))
        call(name, 401, json=sign(given, token="1:other"))
        gone = ok("telegram", json={"telegram_id": given + 100})["access_token"]
        ok("update_user", boss, ok("me", gone)["id"], json={"is_active": False})
        call(name, 403, json=sign(given + 100))
    call("leave_telegram", 409, by_telegram)
    linked = api.person(phone="+77012223344")
    ok("send_code", linked.token, json={"channel": "email"})
    ok("confirm_email", linked.token, json={"channel": "email", "code": mail.messages[-1]["Subject"][-6:]})
    entered = ok("telegram", json={"telegram_id": 90, "phone": "+77012223344"})["access_token"]
    ok("leave_telegram", entered)
    call("send_code", 409, by_telegram, json={"channel": "email"})
    call("change_password", 409, by_telegram, json={"current_password": "", "new_password": PASSWORD})
    me = ok("change_password", me, json={"current_password": PASSWORD, "new_password": PASSWORD})["access_token"]
    ok("update_user", boss, ok("me", token)["id"], json={"is_active": False})
    call("telegram", 403, json={"telegram_id": 2, "phone": "77001234567"})

    # Leaving.
    leaver = api.person("admin").token
    ok("export_me", leaver)
    call("delete_me", 403, leaver, json={"current_password": "wrong"})
    ok("delete_me", leaver, json={"current_password": PASSWORD})
    call("delete_me", 401, leaver, json={"code": "123456"})

    # Listings.
    flat = {"title": "Квартира", "city": "Astana", "price": 250000}
    listing = ok("create_listing", owner, json=flat)
    key = listing["id"]
    ok("create_listing", owner, json=flat | {"price": "0.50", "deal_type": "sale", "is_active": False})
    other = ok("create_listing", owner, json=flat | {"price": 99.99, "user_id": 5})["id"]
    assert "Link" in call("list_listings", 200, query_string={"limit": 1}).headers
    assert len(ok("list_listings", query_string={"city": "astana", "deal_type": "rent", "price_min": "100"})) == 1
    assert len(ok("list_my_listings", owner)) == 3
    assert ok("get_listing", None, key) == listing
    assert len(ok("get_cities")) > 80
    call("get_listing", 404, None, 1)
    ok("replace_listing", owner, key, json=flat | {"price": 0.29})
    ok("replace_details", owner, key, json={"rooms": 2, "area": "40.5", "available_from": "2026-12-01", "deposit": 0})
    call("replace_details", 403, me, key, json={})
    call("replace_details", 404, owner, 1, json={})
    assert ok("get_listing", None, key, query_string={"include": "details"})["details"]["area"] == 40.5
    call("replace_listing", 403, me, key, json=flat)
    call("replace_listing", 404, owner, 1, json=flat)
    call("delete_listing", 403, me, key)
    call("delete_listing", 404, owner, 1)

    # Photos.
    photo = ok("add_photo", owner, key, data=image())["id"]
    call("add_photo", 403, me, key, data=image())
    call("add_photo", 415, owner, key, data=b"")
    call("add_photo", 422, owner, key, data=image()[:300])
    call("add_photo", 413, owner, key, data=b" " * (12 * 1024 * 1024 + 1))
    for number in range(1, 20):
        ok("add_photo", owner, key, data=image(number))
    call("add_photo", 409, owner, key, data=image(20))
    order = [each["id"] for each in ok("get_photos", None, key)]
    ok("order_photos", owner, key, json={"order": order[::-1]})
    call("order_photos", 403, me, key, json={"order": order})
    ok("get_photo_file", None, key, photo, "small.webp")
    call("get_photos", 401, "wrong", 1)
    assert len(ok("get_listing", None, key, query_string={"include": "photos"})["photos"]) == 20
    ok("delete_photo", owner, key, photo)
    call("delete_photo", 403, me, key, photo)

    # Preferences and the feed.
    assert ok("get_preferences", me) is None
    ok("set_preferences", me, json={"city": None})
    ok("set_preferences", me, json={"city": "Astana", "deal_type": "rent", "price_min": "0.01", "price_max": 400000.5})
    ok("get_preferences", me)
    assert len(ok("get_deck", me)) == 2
    assert ok("get_next", me)["id"] in (key, other)
    ok("act", me, json={"listing_id": other, "action": "favorite"})
    ok("act", me, json={"listing_id": key, "action": "like", "source": "telegram"})
    assert ok("get_next", me) is None
    call("act", 400, owner, json={"listing_id": key, "action": "like"})
    call("act", 404, me, json={"listing_id": 1, "action": "like"})
    assert ok("undo", me)["listing_id"] == key
    call("undo", 404, owner)

    # Favorites.
    assert [item["id"] for item in ok("list_favorites", me)] == [other]
    ok("add_favorite", me, json={"listing_id": key})
    call("add_favorite", 404, me, json={"listing_id": 1})
    ok("remove_favorite", me, key)

    # Leads.
    lead = ok("create_lead", me, json={"listing_id": key, "owner_id": landlord.id, "status": "new"})["id"]
    call("create_lead", 400, owner, json={"listing_id": key})
    call("create_lead", 404, me, json={"listing_id": 1, "owner_id": None})
    call("create_lead", 422, me, json={"listing_id": key, "owner_id": 1})
    assert len(ok("list_my_leads", me)) == len(ok("list_leads_for_me", owner, query_string={"status": "new"})) == 1
    call("list_leads_for_me", 403, me)
    ok("get_lead", me, lead)
    ok("send_message", me, lead, json={"text": "Здравствуйте!"}, headers={"Idempotency-Key": "1"})
    assert len(ok("list_messages", owner, lead)) == 1
    everything = {"include": "listing,contact,conversation"}
    (listed,) = ok("list_leads_for_me", owner, query_string=everything)
    assert listed["conversation"]["unread"] == 1
    ok("list_my_leads", me, query_string=everything)
    ok("read_messages", owner, lead)
    ok("update_lead", owner, lead, json={"status": "in_progress"})
    call("update_lead", 403, me, lead, json={"status": "closed"})
    ok("update_lead", owner, lead, json={"status": "closed"})
    call("send_message", 409, me, lead, json={"text": "Алло?"})
    closed = ok("create_lead", me, json={"listing_id": other, "status": "closed"})
    call("create_lead", 409, me, json={"listing_id": other, "message": closed["status"]})

    # Notifications.
    (told, *_) = ok("list_notifications", owner, query_string={"unread": "true"})
    ok("read_notifications", owner, json={"ids": [told["id"]]})
    ok("read_notifications", owner, json={"all": True})
    assert all(each["read_at"] for each in ok("list_notifications", owner))
    ok("set_notification_settings", owner, json={"quiet_hours": {"from": "22:00", "to": "08:00"}, "locale": "kk"})
    ok("get_notification_settings", owner)
    ok("add_device", owner, "my-phone.1", json={"token": "abc:DEF"})
    ok("remove_device", owner, "my-phone.1")

    # Searches.
    search = ok("create_search", me, json={"name": "Двушка", "city": "Astana", "price_max": 400000.5})["id"]
    ok("replace_search", me, search, json={"name": "Двушка", "frequency": "daily"})
    call("replace_search", 404, owner, search, json={"name": "Чужая"})
    assert len(ok("list_searches", me)) == 1
    ok("delete_search", me, search)
    for number in range(20):
        ok("create_search", me, json={"name": f"{number}"})
    call("create_search", 409, me, json={"name": "Ещё одна"})

    # Admin.
    ok("list_users", boss, query_string={"limit": 2})
    ok("list_all_listings", boss, query_string={"is_active": "false", "owner_id": landlord.id, "city": "ASTANA"})
    ok("update_user", boss, tenant.id, json={"role": "agent"})
    call("update_user", 404, boss, 1, json={})
    call("update_user", 409, boss, admin.id, json={"role": "tenant"})
    call("delete_me", 409, boss, json={"current_password": PASSWORD})
    assert "Link" in call("list_audit", 200, boss, query_string={"limit": 1}).headers
    assert len(ok("list_audit", boss, query_string={"admin_id": admin.id, "user_id": tenant.id})) == 1
    for name in ("list_users", "list_all_listings", "list_audit"):
        call(name, 403, owner)
    call("update_user", 403, owner, tenant.id, json={})
    assert ok("delete_listing", owner, key) == {"status": "ok"}

    for name in ("health", "get_openapi", "get_docs"):
        ok(name)
    assert ok("get_openapi") == DOCUMENT

    # What any operation of a kind answers.
    for name, (_, path, operation) in OPERATIONS.items():
        ids = ids_in(path)
        example = example_of(operation)
        if operation["security"]:
            call(name, 401, None, *ids, **example)
            call(name, 401, "wrong", *ids, **example)
        if ids:
            call(name, 404, boss, "no id", *ids[1:], **example)
        if "requestBody" in operation and name != "add_photo":
            call(name, 413, boss, *ids, data=b" " * (64 * 1024 + 1), content_type=body_of(operation)[0])
            call(name, 422, boss, *ids, data=b"", content_type=body_of(operation)[0])
        if "json" in example:
            call(name, 422, boss, *ids, data=b"{", content_type="application/json")
        if any(parameter["in"] == "query" for parameter in operation.get("parameters", [])):
            call(name, 422, boss, *ids, query_string={"limit": 0, "listing_id": 0, "include": "x"})

    # Limits, and a database that fails.
    limits = {"login_failures_per_account": 1, "register_failures_per_address": 1, "codes_per_address": 1}
    with monkeypatch.context() as patch:
        for module in (auth, codes, passwords, throttle):
            patch.setattr(module, "settings", lambda: settings().model_copy(update=limits))
        call("register", 429, json=register)
        call("login", 429, data={"username": "+7 700 123 45 67", "password": PASSWORD})
        call("issue_token", 429, data=signed_in)
        call("reset_password", 429, json={"username": tenant.email})
        call("send_code", 429, me, json={"channel": "email"})
        call("update_me", 429, me, json={"email": "new@example.kz", "current_password": PASSWORD})
        call("delete_me", 429, me, json={"current_password": PASSWORD})
        call("change_password", 429, me, json={"current_password": PASSWORD, "new_password": PASSWORD})
    for status, error in ((503, ServiceUnavailable("down")), (500, RuntimeError("secret"))):
        with monkeypatch.context() as patch:
            for function in ("get", "run"):
                patch.setattr(store, function, _fail(error))
            patch.setattr(store.Batch, "commit", _fail(error))
            patch.setattr(bucket, "get", _fail(error))
            for name, (_, path, operation) in OPERATIONS.items():
                if "503" in operation["responses"]:
                    answer = call(name, status, boss, *ids_in(path), **example_of(operation))
                    assert "secret" not in answer.text.replace("secret123", "")

    declared = {
        (name, int(status)) for name, (*_, operation) in OPERATIONS.items() for status in operation["responses"]
    }
    assert client.seen == declared


def test_health_and_the_document_do_not_load_the_other_functions() -> None:
    program = """
import sys
from functions_framework import create_app
client = create_app("health", "main.py").test_client()
assert client.get("/health").status_code == 200
assert client.get("/openapi.json").status_code == 200
others = {"shared.web.openapi", "functions.auth", "functions.feed", "phonenumbers"} & set(sys.modules)
assert not others, others
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=600)
