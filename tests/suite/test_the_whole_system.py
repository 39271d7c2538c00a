"""The whole system as a client sees it: Hosting, the functions, Firestore and the trigger, through one base URL."""

import re
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import pytest
import requests

from functions import HTTP_FUNCTIONS
from infra.local import demo, schedules
from infra.local.emulators import ROOT, Ports
from tests.instruments.pictures import image
from tests.instruments.telegram import TOKEN, telegram_server


class Client:
    """One person's calls."""

    def __init__(self, base_url: str, token: str = "") -> None:
        self._base_url = base_url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return requests.request(method, self._base_url + path, headers=self._headers, timeout=300, **options)

    def ok(self, method: str, path: str, **options: Any) -> Any:
        answer = self.call(method, path, **options)
        assert answer.status_code == 200, (method, path, answer.status_code, answer.text)
        return answer.json()


def register(base_url: str, role: str) -> Client:
    anybody, email = Client(base_url), f"{uuid4().hex}@example.kz"
    anybody.ok("POST", "/auth/register", json={"role": role, "name": role, "email": email, "password": "secret123"})
    return login(base_url, email, "secret123")


def login(base_url: str, username: str, password: str) -> Client:
    token = Client(base_url).ok("POST", "/auth/login", data={"username": username, "password": password})
    return Client(base_url, token["access_token"])


def eventually(read: Callable[[], Any], expected: Callable[[Any], bool], seconds: float = 300) -> Any:
    """What ``read`` gives as soon as it is as expected."""
    deadline = time.monotonic() + seconds
    while not expected(value := read()):
        assert time.monotonic() < deadline, value
        time.sleep(0.2)
    return value


def test_a_like_becomes_one_lead_through_the_trigger(suite: str) -> None:
    owner, tenant = register(suite, "landlord"), register(suite, "tenant")
    city = f"Town {uuid4().hex}"
    listings = [owner.ok("POST", "/listings", json={"title": str(n), "city": city, "price": 5}) for n in range(3)]
    tenant.ok("POST", "/preferences", json={"city": city.upper()})
    actions = iter(("like", "dislike", "favorite"))
    while listing := tenant.ok("GET", "/feed/next"):
        body = {"listing_id": listing["id"], "action": next(actions), "source": "web"}
        assert tenant.ok("POST", "/feed/action", json=body) == {"status": "ok"}
    (lead,) = eventually(lambda: tenant.ok("GET", "/leads/my"), bool)
    assert lead["listing_id"] == listings[-1]["id"]
    assert owner.ok("GET", "/leads/for-me") == [lead]
    # A later dislike keeps the lead, another like makes no second one; a dislike that becomes a like makes one.
    for number, action in ((2, "dislike"), (2, "like"), (1, "like"), (1, "like")):
        tenant.ok("POST", "/feed/action", json={"listing_id": listings[number]["id"], "action": action})
    eventually(lambda: tenant.ok("GET", "/leads/my"), lambda leads: len(leads) == 2)
    time.sleep(2)
    assert [each["listing_id"] for each in tenant.ok("GET", "/leads/my")] == [listings[1]["id"], listings[2]["id"]]


def test_many_likes_at_once_become_as_many_leads(suite: str) -> None:
    owner = register(suite, "agent")
    listing = owner.ok("POST", "/listings", json={"title": "Wanted", "city": f"Town {uuid4().hex}", "price": 5})
    tenants = [register(suite, "tenant") for _ in range(6)]
    body = {"listing_id": listing["id"], "action": "like"}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda tenant: tenant.call("POST", "/feed/action", json=body), tenants * 2))
    assert {answer.status_code for answer in answers} == {200}
    leads = eventually(lambda: owner.ok("GET", "/leads/for-me"), lambda leads: len(leads) >= 6)
    time.sleep(2)
    assert len(owner.ok("GET", "/leads/for-me")) == 6
    assert len({lead["tenant_id"] for lead in leads}) == 6


def test_every_group_answers_alike_behind_hosting_and_at_its_own_address(suite: str) -> None:
    ports = Ports.configured()
    tenant = login(suite, demo.PEOPLE[0].email, demo.PASSWORD)
    own = {name: Client(ports.function_url(name)) for name in HTTP_FUNCTIONS}
    for name, path in {
        "auth": "/me",
        "listings": "/?limit=3",
        "preferences": "/",
        "feed": "/next",
        "favorites": "/",
        "leads": "/my",
        "admin": "/users",
        "health": "/",
    }.items():
        own[name]._headers = tenant._headers
        there = own[name].call("GET", path)
        for spelling in (f"/{name}{path}", f"/{name}{path}".rstrip("/")):
            here = tenant.call("GET", spelling)
            assert (here.status_code, here.json()) == (there.status_code, there.json()), spelling


def test_photos_are_uploaded_and_shown_behind_hosting_and_named_alike_at_the_functions_address(suite: str) -> None:
    owner = register(suite, "landlord")
    key = owner.ok("POST", "/listings", json={"title": "T", "city": f"Town {uuid4().hex}", "price": 5})["id"]
    photo = owner.ok("POST", f"/photos/{key}", data=image(width=2000, height=1500))
    assert photo["urls"]["small"] == f"{suite}/photos/{key}/{photo['id']}/small.webp"
    for url in photo["urls"].values():
        answer = requests.get(url, timeout=300)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    own = Client(Ports.configured().function_url("listings"))
    assert own.ok("GET", f"/{key}?include=photos")["photos"] == [photo]
    shown = Client(suite).ok("GET", "/listings?limit=20&include=photos&with_photos=true")
    assert all(listing["photos"] for listing in shown)


def test_a_bot_sends_the_photos_of_the_next_listing(suite: str) -> None:
    owner, anybody, city = register(suite, "landlord"), Client(suite), f"Town {uuid4().hex}"
    key = owner.ok("POST", "/listings", json={"title": "Квартира", "city": city, "price": 5})["id"]
    owner.ok("POST", f"/photos/{key}", data=image())
    entered = anybody.ok("POST", "/auth/telegram/login-or-register", json={"telegram_id": uuid4().int % 10**10})
    bot = Client(suite, entered["access_token"])
    bot.ok("POST", "/preferences", json={"city": city})
    listing = bot.ok("GET", "/feed/next?include=details,photos")
    with telegram_server() as telegram:
        send_photo = f"{telegram.url}/bot{TOKEN}/sendPhoto"
        body = {"chat_id": 5, "photo": listing["photos"][0]["urls"]["large"], "caption": listing["title"]}
        assert requests.post(send_photo, json=body, timeout=300).json()["ok"]
        assert telegram.messages == [body]
        assert not requests.post(send_photo, json=body | {"photo": f"{suite}/health"}, timeout=300).json()["ok"]


def test_a_large_body_that_is_refused_does_no_harm(suite: str) -> None:
    owner, other = register(suite, "landlord"), register(suite, "landlord")
    key = owner.ok("POST", "/listings", json={"title": "T", "city": f"Town {uuid4().hex}", "price": 5})["id"]
    # The answer comes while the body is still being written, at another moment each time.
    for client, status in ((owner, 413), (other, 403), *[(Client(suite), 401)] * 8):
        body = b"x" * (13 if client is owner else 11) * 1024 * 1024
        assert client.call("POST", f"/photos/{key}", data=body).status_code == status
        assert Client(suite).ok("GET", "/health")["status"] == "ok"


def test_lists_are_walked_by_their_links_behind_hosting_and_at_the_functions_address(suite: str) -> None:
    for start in (
        f"{suite}/listings?limit=100&city=Astana",
        Ports.configured().function_url("listings") + "/?limit=90",
    ):
        seen, url = [], start
        while url:
            answer = requests.get(url, timeout=300)
            seen += [listing["id"] for listing in answer.json()]
            url = urljoin(url, answer.links["next"]["url"]) if "next" in answer.links else ""
        assert len(seen) == len(set(seen))
        assert len(seen) > 50


def test_unknown_paths_are_the_apis_own_404(suite: str) -> None:
    for path in ("/nothing", "/authx/login", "/listings/1/2", "/feed//next"):
        answer = requests.get(suite + path, timeout=300)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize(
    "headers",
    [
        {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__"},
        {"Connection": "Upgrade", "Upgrade": "websocket"},
        {"Connection": "keep-alive", "Keep-Alive": "timeout=5"},
        {"Expect": "100-continue"},
        {"TE": "trailers"},
    ],
    ids=lambda headers: next(iter(headers)) + "-" + headers.get("Upgrade", ""),
)
def test_headers_of_the_connection_are_harmless(suite: str, headers: dict[str, str]) -> None:
    answer = requests.get(f"{suite}/health", headers=headers, timeout=300)
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_a_body_may_come_in_chunks(suite: str) -> None:
    parts = iter([b"username=tenant%40example.com", b"&password=demo12345"])
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(f"{suite}/auth/login", data=parts, headers=form, timeout=300)
    assert (answer.status_code, answer.json()["token_type"]) == (200, "bearer")


def test_a_browser_of_another_origin_may_ask(suite: str) -> None:
    headers = {"Origin": "https://front.example", "Access-Control-Request-Method": "PATCH"}
    preflight = requests.options(f"{suite}/leads/1", headers=headers, timeout=300)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert requests.get(f"{suite}/auth/me", headers=headers, timeout=300).headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("role", ["tenant", "landlord", "agent", "admin"])
def test_there_is_a_demo_user_of_every_role(suite: str, role: str) -> None:
    person = next(person for person in demo.PEOPLE if person.role == role)
    me = login(suite, person.email, demo.PASSWORD).ok("GET", "/auth/me")
    assert me["role"] == role


def test_the_readmes_session_works_as_pasted(suite: str) -> None:
    (session,) = re.findall(r"```bash\n(API=.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    session = session.replace("API=http://localhost:8000", f"API={suite}")
    assert "\nsleep 3\n" in session  # Where the machine is busy, the lead takes longer.
    session = session.replace("sleep 3", 'while [ "$(get /leads/my "$TENANT")" = "[]" ]; do sleep 0.2; done')
    done = subprocess.run(["bash", "-e"], input=session, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "detail" not in done.stdout, done.stdout
    assert done.stdout.count("next: {") == 2
    assert '"status":"in_progress"' in done.stdout
    assert '"role":"agent"' in done.stdout.splitlines()[-1]


def test_a_like_reaches_the_owner_in_telegram_and_the_answer_comes_back_by_mail(
    suite: str, sent_to: Callable[[str], list[dict[str, str]]]
) -> None:
    telegram_id, tenant = uuid4().int % 10**12, register(suite, "tenant")
    entered = {"telegram_id": telegram_id, "role": "landlord", "name": "Ерлан"}
    token = Client(suite).ok("POST", "/auth/telegram/login-or-register", json=entered)["access_token"]
    owner = Client(suite, token)
    listing = owner.ok("POST", "/listings", json={"title": "A flat", "city": f"Town {uuid4().hex}", "price": 5})
    email = tenant.ok("GET", "/auth/me")["email"]
    tenant.ok("POST", "/auth/verify", json={"channel": "email"})
    (mail,) = sent_to(email)
    code = re.findall("[0-9]{6}", mail["text"])[0]
    tenant.ok("POST", "/auth/verify/confirm", json={"channel": "email", "code": code})

    tenant.ok("POST", "/feed/action", json={"listing_id": listing["id"], "action": "like"})
    (told,) = eventually(lambda: sent_to(str(telegram_id)), bool)
    assert suite in told["text"]
    (lead,) = owner.ok("GET", "/leads/for-me")
    owner.ok("POST", f"/leads/{lead['id']}/messages", json={"text": "Come on Friday"})
    answered, _ = eventually(lambda: sent_to(email), lambda sent: len(sent) == 2)
    assert "Come on Friday" not in answered["subject"]
    time.sleep(3)
    assert len(sent_to(str(telegram_id))) == 1, "a schedule or a late event has told it twice"


def test_the_local_clock_reaches_the_schedules(suite: str) -> None:
    assert {name: schedules.call(Ports.configured(), name) for name in schedules.intervals()} == dict.fromkeys(
        schedules.intervals(), 200
    )
