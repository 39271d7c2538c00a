"""A person who has done everything that the product lets one do, to be found again in every document."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.data import leads, listings, matches, notification_settings, notifications, outbox, preferences, store
from shared.data.notifications import Stream
from shared.delivery.channels import Channel
from tests.instruments.api import PASSWORD, Api, Person
from tests.instruments.pictures import image
from tests.security.database import Dump

MARK = "Zhuldyz"
"""Part of every text that the person has written."""
EMAIL, PHONE, TELEGRAM_ID = "zhuldyz@example.kz", "+77015550101", "90155501"
TOKEN = "push-token-of-Zhuldyz"
AGENT = "Zhuldyz's phone"
OTHER_MARK = "Somebody-else"


@dataclass
class Life:
    """The person, and the others whom they have met."""

    person: Person
    owner: Person
    tenant: Person
    admin: Person
    own_listing: int
    lead: int
    """In which the person is the tenant."""
    own_lead: int
    """Of the person's own listing."""
    refresh_token: str


def details(text: str) -> dict[str, Any]:
    return {"rooms": 2, "area": 50, "address": text, "description": text, "deposit": 100}


def live(api: Api) -> Life:
    """Needs mail and Telegram configured."""
    admin = api.person("admin")
    owner, tenant = api.person("landlord", name=OTHER_MARK), api.person("tenant", name=OTHER_MARK)
    person = api.person("agent", name=MARK, email=EMAIL, phone=PHONE)
    theirs = [owner.listing(title=f"{OTHER_MARK} {number}") for number in range(6)]

    # The account. Telegram comes last: it ends password and devices of an account whose email is not verified.
    form = {"grant_type": "password", "username": EMAIL, "password": PASSWORD}
    api.call("POST", "/auth/login", data=form | {"password": "wrong"})
    session = api.ok("POST", "/auth/token", data=form, headers={"User-Agent": AGENT})
    renewal = {"grant_type": "refresh_token", "refresh_token": session["refresh_token"]}
    session = api.ok("POST", "/auth/token", data=renewal)

    # A tenant's life.
    wanted = {"city": MARK, "price_min": 1, "price_max": 10**6}
    person.ok("POST", "/preferences", json=wanted | {"filters": {"rooms_min": 1}})
    person.ok("POST", "/preferences", json={"city": "Astana"})
    batch = store.Batch()
    of_before: dict[str, Any] = {"id": person.id, "user_id": person.id, "deal_type": None, "property_type": None}
    of_before |= wanted | {"city": "Astana", "filters": None}
    batch.set(store.document(preferences.DOCUMENTS_OF_BEFORE, person.id), of_before)
    batch.commit()
    for listing, action in zip(theirs, ("like", "dislike", "favorite", "dislike", "like"), strict=False):
        person.act(listing, action)
    person.ok("POST", "/feed/undo")
    person.ok("GET", "/feed/next")
    person.ok("POST", "/favorites", json={"listing_id": theirs[5]["id"]})
    lead = person.ok("POST", "/leads", json={"listing_id": theirs[0]["id"], "message": f"I am {MARK}"})["id"]
    leads.ensure(person.id, theirs[4]["id"], owner.id)
    owner.ok("POST", f"/leads/{lead}/messages", json={"text": OTHER_MARK})
    person.ok("POST", f"/leads/{lead}/messages", json={"text": f"Call {PHONE}, {MARK}"})
    owner.ok("PATCH", f"/leads/{lead}", json={"status": "in_progress"})
    for frequency in ("instant", "daily"):
        person.ok("POST", "/searches", json={"name": MARK, "city": "Astana", "frequency": frequency})
    matched = store.get(listings.ref(theirs[1]["id"]))[0].to_dict()
    matches.tell(None, matched)

    # An owner's life.
    own = person.listing(title=f"{MARK}'s flat", details=details(f"{MARK} street"))["id"]
    keyed = {"title": MARK, "city": "Almaty", "price": "2.50"}
    person.ok("POST", "/listings", json=keyed, headers={"Idempotency-Key": "k"})
    person.ok("POST", f"/photos/{own}", data=image(1))
    tenant.act(own, "like")
    tenant.ok("POST", "/favorites", json={"listing_id": own})
    own_lead = tenant.ok("POST", "/leads", json={"listing_id": own, "message": OTHER_MARK})["id"]
    person.ok("POST", f"/leads/{own_lead}/messages", json={"text": MARK})
    for side in (person, tenant):
        side.ok("POST", f"/leads/{own_lead}/read")
    tenant.ok("POST", "/searches", json={"name": OTHER_MARK, "city": "Astana"})
    stored = store.get(listings.ref(own))[0].to_dict() or {}
    matches.tell(None, stored)
    matches.tell(stored | {"price": stored["price"] * 2}, stored)

    # What others have done to it.
    admin.ok("PUT", f"/listings/{own}/details", json=details(f"{MARK} avenue"))
    admin.ok("PATCH", f"/leads/{own_lead}", json={"status": "in_progress"})
    admin.ok("PATCH", f"/admin/users/{person.id}", json={"role": "landlord"})

    # How they are told.
    quiet = {"quiet_hours": {"from": "00:00", "to": "23:59"}, "timezone": "Asia/Almaty", "locale": "kk"}
    person.ok("PUT", "/notifications/settings", json=quiet)
    notification_settings.note_gone(person.id, Channel.PUSH, "another-token")
    for channel in ("reset", "email"):
        if channel == "reset":
            api.ok("POST", "/auth/password/reset", json={"username": EMAIL})
        else:
            person.ok("POST", "/auth/verify", json={"channel": channel})
    entered = api.ok("POST", "/auth/telegram/login-or-register", json={"telegram_id": TELEGRAM_ID, "phone": PHONE})
    person = Person(api, person.id, EMAIL, entered["access_token"])
    person.ok("PUT", "/notifications/devices/phone", json={"token": TOKEN})
    person.ok("POST", "/auth/verify", json={"channel": "telegram"})
    for told in store.run(store.collection(notifications.COLLECTION)):
        data = told.to_dict() or {}
        if data["user_id"] == person.id:
            outbox.deliver(person.id, Stream(data["open"]), data["id"])
    return Life(person, owner, tenant, admin, own, lead, own_lead, session["refresh_token"])


def naming(dumped: Dump, life: Life) -> Dump:
    """The documents that name the person, by id or by what they have written."""
    return {path: data for path, data in dumped.items() if is_named(life, path, data)}


def is_named(life: Life, path: str, data: Any) -> bool:
    texts = (MARK, EMAIL, PHONE, TELEGRAM_ID, TOKEN, str(life.person.id))
    return any(text in str(each) for each in (path, *_values(data)) for text in texts)


def _values(data: Any) -> Iterator[Any]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield name
            yield from _values(value)
    elif isinstance(data, list):
        for value in data:
            yield from _values(value)
    else:
        yield data
