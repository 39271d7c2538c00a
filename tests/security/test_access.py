"""Who may call what: every endpoint with every kind of caller."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import jwt
import pytest

from functions import HTTP_FUNCTIONS
from shared import security
from shared.data import store, users
from shared.enums import Role
from shared.models.admin import AdminUserUpdate
from shared.settings import LOCAL_SECRET
from tests.conftest import Configure
from tests.faults.operations import counted_out
from tests.instruments.api import Api
from tests.instruments.mail import MailServer, mail_server
from tests.instruments.pictures import image
from tests.instruments.telegram import TOKEN, mini_app, widget
from tests.security.database import delete, dump

pytestmark = pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")

FLAT = {"title": "Flat", "city": "Astana", "price": 100}

# none       no Authorization header
# broken     every token of BROKEN below
# gone       a user who was deactivated, and one who was deleted, after their token was issued
# tenant     a tenant who liked the owner's listing, so there is a lead
# stranger   another tenant
# owner      the landlord whose listing and lead it is
# landlord   another landlord
# demoted    an admin when the token was issued, a tenant now
# promoted   a tenant when the token was issued, an admin now
TABLE = """
                                         none broken gone tenant stranger owner landlord agent admin demoted promoted
POST   /auth/register                    200  200    200  200    200      200   200      200   200   200     200
POST   /auth/login                       200  200    200  200    200      200   200      200   200   200     200
POST   /auth/telegram/login-or-register  200  200    200  200    200      200   200      200   200   200     200
POST   /auth/token                       200  200    200  200    200      200   200      200   200   200     200
POST   /auth/logout                      401  401    401  200    200      200   200      200   200   200     200
GET    /auth/sessions                    401  401    401  200    200      200   200      200   200   200     200
DELETE /auth/sessions/{session}          401  401    401  200    200      200   200      200   200   200     200
PATCH  /auth/me                          401  401    401  200    200      200   200      200   200   200     200
GET    /auth/me/export                   401  401    401  200    200      200   200      200   200   200     200
DELETE /auth/me                          401  401    401  403    403      403   403      403   403   403     403
POST   /auth/password                    401  401    401  200    200      200   200      200   200   200     200
POST   /auth/password/reset              200  200    200  200    200      200   200      200   200   200     200
POST   /auth/password/reset/confirm      401  401    401  401    401      401   401      401   401   401     401
POST   /auth/verify                      401  401    401  200    200      200   200      200   200   200     200
POST   /auth/verify/confirm              401  401    401  401    401      401   401      401   401   401     401
POST   /auth/telegram/mini-app           200  200    200  200    200      200   200      200   200   200     200
POST   /auth/telegram/widget             200  200    200  200    200      200   200      200   200   200     200
DELETE /auth/telegram                    401  401    401  409    409      409   409      409   409   409     409
GET    /auth/me                          401  401    401  200    200      200   200      200   200   200     200
GET    /listings                         200  200    200  200    200      200   200      200   200   200     200
GET    /listings/cities                  200  200    200  200    200      200   200      200   200   200     200
GET    /listings/{listing}               200  200    200  200    200      200   200      200   200   200     200
GET    /listings/{hidden}                404  404    404  404    404      404   404      404   404   404     404
GET    /listings/my                      401  401    401  200    200      200   200      200   200   200     200
POST   /listings                         401  401    401  200    200      200   200      200   200   200     200
PUT    /listings/{listing}               401  401    401  403    403      200   403      403   200   403     200
PUT    /listings/{hidden}                401  401    401  403    403      200   403      403   200   403     200
PUT    /listings/{listing}/details       401  401    401  403    403      200   403      403   200   403     200
DELETE /listings/{listing}               401  401    401  403    403      200   403      403   200   403     200
POST   /photos/{listing}                 401  401    401  403    403      200   403      403   200   403     200
GET    /photos/{listing}                 200  200    200  200    200      200   200      200   200   200     200
GET    /photos/{hidden}                  404  401    401  404    404      200   404      404   200   404     200
PUT    /photos/{listing}                 401  401    401  403    403      200   403      403   200   403     200
DELETE /photos/{listing}/{photo}         401  401    401  403    403      200   403      403   200   403     200
GET    /photos/{listing}/{photo}/{file}  200  200    200  200    200      200   200      200   200   200     200
GET    /preferences                      401  401    401  200    200      200   200      200   200   200     200
POST   /preferences                      401  401    401  200    200      200   200      200   200   200     200
GET    /feed                             401  401    401  200    200      200   200      200   200   200     200
GET    /feed/next                        401  401    401  200    200      200   200      200   200   200     200
POST   /feed/action                      401  401    401  200    200      400   200      200   200   200     200
POST   /feed/undo                        401  401    401  200    404      404   404      404   404   404     404
GET    /favorites                        401  401    401  200    200      200   200      200   200   200     200
POST   /favorites                        401  401    401  200    200      200   200      200   200   200     200
DELETE /favorites/{listing}              401  401    401  200    200      200   200      200   200   200     200
GET    /leads/my                         401  401    401  200    200      200   200      200   200   200     200
GET    /leads/for-me                     401  401    401  403    403      200   200      200   200   403     200
POST   /leads                            401  401    401  200    200      400   200      200   200   200     200
GET    /leads/{lead}                     401  401    401  200    404      200   404      404   200   404     200
PATCH  /leads/{lead}                     401  401    401  403    404      200   404      404   200   404     200
GET    /leads/{lead}/messages            401  401    401  200    404      200   404      404   404   404     404
POST   /leads/{lead}/messages            401  401    401  200    404      200   404      404   404   404     404
POST   /leads/{lead}/read                401  401    401  200    404      200   404      404   404   404     404
GET    /notifications                    401  401    401  200    200      200   200      200   200   200     200
POST   /notifications/read               401  401    401  200    200      200   200      200   200   200     200
GET    /notifications/settings           401  401    401  200    200      200   200      200   200   200     200
PUT    /notifications/settings           401  401    401  200    200      200   200      200   200   200     200
PUT    /notifications/devices/{device}   401  401    401  200    200      200   200      200   200   200     200
DELETE /notifications/devices/{device}   401  401    401  200    200      200   200      200   200   200     200
GET    /searches                         401  401    401  200    200      200   200      200   200   200     200
POST   /searches                         401  401    401  200    200      200   200      200   200   200     200
PUT    /searches/{search}                401  401    401  200    404      404   404      404   404   404     404
DELETE /searches/{search}                401  401    401  200    200      200   200      200   200   200     200
GET    /admin/users                      401  401    401  403    403      403   403      403   200   403     200
PATCH  /admin/users/{user}               401  401    401  403    403      403   403      403   200   403     200
GET    /admin/audit                      401  401    401  403    403      403   403      403   200   403     200
GET    /admin/listings                   401  401    401  403    403      403   403      403   200   403     200
GET    /health                           200  200    200  200    200      200   200      200   200   200     200
GET    /openapi.json                     200  200    200  200    200      200   200      200   200   200     200
GET    /docs                             200  200    200  200    200      200   200      200   200   200     200
GET    /docs/page.js                     200  200    200  200    200      200   200      200   200   200     200
"""

NAMES = {"file": "small.webp"}
HEAD, *LINES = TABLE.strip().splitlines()
COLUMNS = HEAD.split()
ROWS = {tuple(line.split()[:2]): dict(zip(COLUMNS, map(int, line.split()[2:]), strict=True)) for line in LINES}


def _claims(user_id: int) -> dict[str, Any]:
    now = int(time.time())
    return {"sub": str(user_id), "iat": now, "exp": now + 600}


def _signed(key: str = LOCAL_SECRET, algorithm: str = "HS256", **claims: Any) -> Callable[[int], str]:
    def token(user_id: int) -> str:
        given = _claims(user_id) | claims
        return jwt.encode({k: v for k, v in given.items() if v is not None}, key, algorithm)

    return token


def _tampered(user_id: int) -> str:
    header, payload, signature = security.issue_token(user_id).split(".")
    return f"{header}.{payload}.{signature[::-1]}"


BROKEN: dict[str, Callable[[int], str]] = {
    "empty": lambda _: "",
    "garbage": lambda _: "garbage",
    "three dots": lambda _: "...",
    "not ASCII": lambda _: "ключ".encode().decode("latin-1"),
    "very long": lambda _: "a" * 8000,
    "deeply nested": lambda _: "W1tb" * 1900 + ".e30.x",
    "signature reversed": _tampered,
    "signature cut off": lambda user_id: security.issue_token(user_id).rpartition(".")[0] + ".",
    "another key": _signed(key="k" * 48),
    "a guessable key": _signed(key="secret"),
    "alg none": _signed(key="", algorithm="none"),
    "alg HS512": _signed(algorithm="HS512"),
    "expired": _signed(exp=int(time.time()) - 1),
    "another type": lambda user_id: jwt.encode(_claims(user_id), LOCAL_SECRET, "HS256", headers={"typ": "at+jwt"}),
    "no exp": _signed(exp=None),
    "no iat": _signed(iat=None),
    "issued in the future": _signed(iat=int(time.time()) + 3600),
    "no sub": _signed(sub=None),
    "sub of another kind": _signed(sub="admin"),
    "sub with a path": _signed(sub="../users/1"),
    "sub with other digits": _signed(sub="١٢٣"),
    "sub too long": _signed(sub="9" * 40),
    "the user's id for a token": str,
}


@dataclass
class World:
    """Everybody who calls, and what they call about."""

    tokens: dict[str, list[str | None]]
    ids: dict[str, int]

    def body(self, method: str, path: str) -> dict[str, Any]:
        """The options of a request that is valid in everything but, perhaps, its caller."""
        name = f"{method} {path}"
        fresh = f"{store.new_id()}"
        bodies: dict[str, dict[str, Any]] = {
            "POST /auth/register": {"json": {"name": "N", "email": f"{fresh}@example.kz", "password": "password1"}},
            "POST /auth/login": {"data": {"username": "owner@example.kz", "password": "password1"}},
            "POST /auth/token": {
                "data": {"grant_type": "password", "username": "owner@example.kz", "password": "password1"}
            },
            "POST /auth/logout": {"json": {"refresh_token": "1.2.3"}},
            "POST /auth/password/reset": {"json": {"username": "owner@example.kz"}},
            "POST /auth/password/reset/confirm": {
                "json": {"username": "owner@example.kz", "code": "000000", "new_password": "password2"}
            },
            "POST /auth/verify": {"json": {"channel": "email"}},
            "POST /auth/verify/confirm": {"json": {"channel": "email", "code": "000000"}},
            "PATCH /auth/me": {"json": {"name": "New name"}},
            "DELETE /auth/me": {"json": {"current_password": "wrong"}},
            "POST /auth/password": {"json": {"current_password": "password1", "new_password": "password2"}},
            "POST /auth/telegram/mini-app": {"json": mini_app(5)},
            "POST /auth/telegram/widget": {"json": widget(5)},
            "POST /auth/telegram/login-or-register": {"json": {"telegram_id": fresh}},
            "POST /listings": {"json": FLAT},
            "PUT /listings/{listing}": {"json": FLAT | {"title": "Changed"}},
            "PUT /listings/{hidden}": {"json": FLAT | {"title": "Changed"}},
            "PUT /listings/{listing}/details": {"json": {"rooms": 2}},
            "POST /photos/{listing}": {"data": image()},
            "PUT /photos/{listing}": {"json": {"order": [self.ids["photo"]]}},
            "POST /preferences": {"json": {"city": "Astana"}},
            "POST /feed/action": {"json": {"listing_id": self.ids["listing"], "action": "favorite"}},
            "POST /favorites": {"json": {"listing_id": self.ids["listing"]}},
            "POST /leads": {"json": {"listing_id": self.ids["listing"]}},
            "PATCH /leads/{lead}": {"json": {"status": "closed"}},
            "POST /leads/{lead}/messages": {"json": {"text": "Hello"}},
            "POST /notifications/read": {"json": {"all": True}},
            "PUT /notifications/settings": {"json": {"locale": "kk"}},
            "PUT /notifications/devices/{device}": {"json": {"token": "a-token"}},
            "POST /searches": {"json": {"name": "Mine"}},
            "PUT /searches/{search}": {"json": {"name": "Mine"}},
            "PATCH /admin/users/{user}": {"json": {"is_active": False}},
        }
        return bodies.get(name, {})


@pytest.fixture
def mail(configure: Configure) -> Iterator[MailServer]:
    with mail_server() as server:
        configure(TELEGRAM_BOT_TOKEN=TOKEN, SMTP_URL=server.url, MAIL_FROM="no-reply@example.kz")
        yield server


@pytest.fixture
def world(api: Api, mail: MailServer) -> World:
    hashed = security.hash_password("password1")

    def user(name: str, role: Role) -> int:
        return users.create(role=role, name=name, email=f"{name}@example.kz", password_hash=hashed).id

    def change(user_id: int, **what: Any) -> None:
        found, guard = store.get(users.ref(user_id), users.admin_guard_ref())
        users.change(found, guard, AdminUserUpdate(**what))

    people = {
        "tenant": Role.TENANT,
        "stranger": Role.TENANT,
        "owner": Role.LANDLORD,
        "landlord": Role.LANDLORD,
        "agent": Role.AGENT,
        "admin": Role.ADMIN,
        "demoted": Role.ADMIN,
        "promoted": Role.TENANT,
        "deactivated": Role.ADMIN,
        "deleted": Role.ADMIN,
        "user": Role.TENANT,
    }
    ids = {name: user(name, role) for name, role in people.items()}
    tokens: dict[str, list[str | None]] = {name: [security.issue_token(ids[name])] for name in people}
    tokens["none"] = [None]
    tokens["broken"] = [make(ids["admin"]) for make in BROKEN.values()]
    tokens["gone"] = [*tokens["deactivated"], *tokens["deleted"]]
    change(ids["demoted"], role="tenant")
    change(ids["promoted"], role="admin")
    change(ids["deactivated"], is_active=False)
    delete(users.ref(ids["deleted"]))

    owner, tenant = tokens["owner"][0], tokens["tenant"][0]
    ids["listing"] = api.ok("POST", "/listings", owner, json=FLAT)["id"]
    ids["hidden"] = api.ok("POST", "/listings", owner, json=FLAT | {"is_active": False})["id"]
    api.ok("POST", "/feed/action", tenant, json={"listing_id": ids["listing"], "action": "like"})
    ids["photo"] = api.ok("POST", f"/photos/{ids['listing']}", owner, data=image())["id"]
    ids["session"] = 1
    ids["lead"] = api.ok("POST", "/leads", tenant, json={"listing_id": ids["listing"]})["id"]
    ids["device"] = 5
    ids["search"] = api.ok("POST", "/searches", tenant, json={"name": "Mine"})["id"]
    return World(tokens, ids)


def call(api: Api, world: World, method: str, path: str, token: str | None) -> Any:
    # A broken token goes out as it is, also when it is empty.
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return api.call(method, path.format_map(world.ids | NAMES), headers=headers, **world.body(method, path))


@pytest.mark.parametrize(("method", "path"), ROWS)
def test_everybody_gets_what_the_table_says(api: Api, world: World, method: str, path: str) -> None:
    cells = [(name, token, ROWS[method, path][name]) for name in COLUMNS for token in world.tokens[name]]
    refused = [cell for cell in cells if cell[2] >= 400]
    before = counted_out(dump())
    for name, token, expected in refused:
        response = call(api, world, method, path, token)
        assert response.status_code == expected, (name, token, response.text)
        assert response.is_json
        assert response.get_json().keys() - {"code"} == {"detail"}
        assert ("WWW-Authenticate" in response.headers) == (expected == 401)
    assert counted_out(dump()) == before, "a refused request has written something"
    for name, token, expected in cells:
        if expected < 400:
            response = call(api, world, method, path, token)
            assert response.status_code == expected, (name, token, response.text)


def test_a_body_that_is_wrong_does_not_hide_who_is_refused(api: Api, world: World) -> None:
    for method, path in ROWS:
        if "json" in world.body(method, path) and ROWS[method, path]["tenant"] != ROWS[method, path]["none"]:
            for name in ("none", "broken", "gone"):
                for token in world.tokens[name]:
                    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
                    response = api.call(
                        method, path.format_map(world.ids | NAMES), headers=headers, json={"listing_id": "no"}
                    )
                    assert response.status_code == 401, (method, path, name)


def test_the_table_has_every_endpoint() -> None:
    def plain(path: str) -> str:
        return "/".join("*" if part[:1] in "{<" or part == "page.js" else part for part in path.split("/"))

    built = {
        (method, plain(rule.rule))
        for name in HTTP_FUNCTIONS
        for rule in import_module(f"functions.{name}").api.app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert built == {(method, plain(path)) for method, path in ROWS}


def test_nobody_finds_what_is_another_users(api: Api, world: World) -> None:
    """The lists answer everybody, so their status says nothing: it is what is in them that counts."""
    token = {name: tokens[0] for name, tokens in world.tokens.items()}
    api.ok("POST", "/favorites", token["tenant"], json={"listing_id": world.ids["listing"]})
    api.ok("POST", "/preferences", token["tenant"], json={"city": "Secret city"})
    private = ("/listings/my", "/favorites", "/leads/my", "/preferences", "/notifications", "/searches")
    assert [len(api.ok("GET", path, token["owner"])) for path in ("/listings/my", "/leads/for-me")] == [2, 1]
    assert [len(api.ok("GET", path, token["tenant"])) for path in ("/favorites", "/leads/my")] == [1, 1]
    for name in ("stranger", "landlord", "agent", "admin", "demoted", "promoted"):
        assert not any(api.ok("GET", path, token[name]) for path in private), name
        me = api.ok("GET", "/auth/me", token[name])
        assert me["email"] == f"{name}@example.kz"
    for name in ("landlord", "agent", "admin", "promoted"):
        assert api.ok("GET", "/leads/for-me", token[name]) == []


def test_ids_in_a_body_do_not_make_somebody_else_of_the_caller(api: Api, world: World) -> None:
    mine, other = world.tokens["stranger"][0], world.ids["tenant"]
    forged = {"id": other, "user_id": other, "owner_id": other, "tenant_id": other, "role": "admin", "is_admin": True}
    before = {path: data for path, data in dump().items() if str(other) in path}
    listing = api.ok("POST", "/listings", mine, json=forged | FLAT)
    assert listing["owner_id"] == world.ids["stranger"]
    assert listing["id"] != other
    wish = {"listing_id": world.ids["listing"], "action": "dislike"}
    api.ok("POST", "/feed/action", mine, json=forged | wish)
    api.ok("POST", "/preferences", mine, json=forged | {"city": "Almaty"})
    api.ok("POST", "/favorites", mine, json=forged | wish)
    lead = api.ok("POST", "/leads", mine, json=forged | wish | {"owner_id": world.ids["owner"]})
    assert lead["tenant_id"] == world.ids["stranger"]
    assert api.ok("GET", "/auth/me", mine)["role"] == "tenant"
    assert {path: data for path, data in dump().items() if str(other) in path} == before


def test_contacts_are_shown_only_to_the_two_sides_of_a_lead(api: Api, world: World) -> None:
    private = {"email", "phone", "telegram_id", "password_hash", "contact"}

    def keys(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {key for each in value.values() for key in keys(each)}
        return {key for each in value for key in keys(each)} if isinstance(value, list) else set()

    seen = {
        path
        for method, path in ROWS
        if method == "GET" and not path.startswith(("/docs", "/openapi")) and "{file}" not in path
    }
    own = {"/auth/me", "/auth/me/export", "/admin/users", "/notifications/settings"}
    for path in seen - own - {"/leads/{lead}"}:
        for name in ("tenant", "stranger", "owner", "admin"):
            answer = call(api, world, "GET", path, world.tokens[name][0]).get_json()
            assert not keys(answer) & private, (name, path)
    for name, other in (("tenant", "owner"), ("owner", "tenant")):
        lead = api.ok("GET", f"/leads/{world.ids['lead']}", world.tokens[name][0])
        assert lead["contact"]["email"] == f"{other}@example.kz"
    assert "password_hash" not in keys(api.ok("GET", "/admin/users", world.tokens["admin"][0]))
