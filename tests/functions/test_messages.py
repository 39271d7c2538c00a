"""Messages on a lead: in order, none lost or doubled, counts that agree with them, and for its two sides only."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.data import leads, store
from tests.instruments.api import Api, Person

Message = dict[str, Any]


@pytest.fixture
def lead(owner: Person, tenant: Person) -> dict[str, Any]:
    lead: dict[str, Any] = tenant.ok("POST", "/leads", json={"listing_id": owner.listing()["id"]})
    return lead


def send(sender: Person, lead: dict[str, Any], text: str, key: str | None = None) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return sender.call("POST", f"/leads/{lead['id']}/messages", json={"text": text}, headers=headers)


def read_all(reader: Person, lead: dict[str, Any], limit: int = 100) -> Iterator[Message]:
    """All messages of a lead, the newest first, page by page."""
    query: dict[str, Any] = {"limit": limit}
    while True:
        page = reader.call("GET", f"/leads/{lead['id']}/messages", query_string=query)
        yield from page.get_json()
        if "Link" not in page.headers:
            return
        query["cursor"] = page.headers["Link"].partition("cursor=")[2].partition(">")[0].partition("&")[0]


def conversation(reader: Person, path: str) -> dict[str, Any]:
    (lead,) = reader.ok("GET", path, query_string={"include": "conversation"})
    shown: dict[str, Any] = lead["conversation"]
    return shown


def test_a_message_arrives_with_the_other_side(owner: Person, tenant: Person, lead: dict[str, Any]) -> None:
    assert conversation(owner, "/leads/for-me") == {"unread": 0, "last_message": None}
    message = send(tenant, lead, "  <b>Здравствуйте</b>\n& до встречи ").get_json()
    assert message.keys() == {"id", "lead_id", "sender_id", "text", "created_at"}
    assert (message["lead_id"], message["sender_id"]) == (lead["id"], tenant.id)
    assert message["text"] == "<b>Здравствуйте</b>\n& до встречи"
    assert list(read_all(owner, lead)) == list(read_all(tenant, lead)) == [message]
    assert conversation(owner, "/leads/for-me") == {"unread": 1, "last_message": message}
    assert conversation(tenant, "/leads/my") == {"unread": 0, "last_message": message}
    owner.ok("POST", f"/leads/{lead['id']}/read")
    assert conversation(owner, "/leads/for-me") == {"unread": 0, "last_message": message}


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001, "a\x00b", None, 5])
def test_a_text_has_1_to_4000_characters(tenant: Person, lead: dict[str, Any], text: Any) -> None:
    assert send(tenant, lead, text).status_code == 422
    assert send(tenant, lead, "я" * 4000).status_code == 200


def test_on_a_closed_lead_nobody_writes(owner: Person, tenant: Person, lead: dict[str, Any]) -> None:
    sent = send(tenant, lead, "Before", key="k").get_json()
    owner.ok("PATCH", f"/leads/{lead['id']}", json={"status": "closed"})
    for side in (owner, tenant):
        assert send(side, lead, "After").status_code == 409
        assert list(read_all(side, lead)) == [sent]
    assert send(tenant, lead, "Before", key="k").get_json() == sent  # What was sent before is told again.
    owner.ok("PATCH", f"/leads/{lead['id']}", json={"status": "in_progress"})
    assert send(owner, lead, "Again").status_code == 200


@pytest.mark.parametrize("gone", ["owner", "tenant"])
def test_nobody_writes_to_or_as_somebody_deactivated(
    api: Api, owner: Person, tenant: Person, lead: dict[str, Any], gone: str
) -> None:
    left, stays = (owner, tenant) if gone == "owner" else (tenant, owner)
    api.person("admin").ok("PATCH", f"/admin/users/{left.id}", json={"is_active": False})
    assert send(stays, lead, "Hello?").status_code == 409
    assert send(left, lead, "Hello").status_code == 401
    assert list(read_all(stays, lead)) == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("PATCH", "", {"status": "closed"}), ("POST", "/messages", {"text": "Hello"}), ("POST", "/read", None)],
)
def test_a_lead_that_vanishes_meanwhile_is_not_found(
    owner: Person,
    tenant: Person,
    lead: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
    body: Any,
) -> None:
    """Somebody whose other side is gone deletes their account."""

    def vanishing(lead_id: int) -> leads.Snapshot | None:
        if lead_doc := find(lead_id):
            store.delete_all([lead_doc])
        return lead_doc

    send(tenant, lead, "Hello")
    find = leads.find
    monkeypatch.setattr(leads, "find", vanishing)
    assert owner.call(method, f"/leads/{lead['id']}{path}", json=body).status_code == 404


def test_a_key_makes_one_message_whatever_is_repeated(owner: Person, tenant: Person, lead: dict[str, Any]) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: send(tenant, lead, "Hello", key="one"), range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.get_json()["id"] for answer in answers}) == 1
    assert send(tenant, lead, "Something else", key="one").status_code == 422
    assert send(owner, lead, "Hello", key="one").status_code == 200  # Each side has keys of its own.
    assert [message["sender_id"] for message in read_all(owner, lead)] == [owner.id, tenant.id]


def test_many_at_once_are_all_there_in_one_order(owner: Person, tenant: Person, lead: dict[str, Any]) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: send((owner, tenant)[n % 2], lead, f"{n}"), range(16)))
    assert {answer.status_code for answer in answers} == {200}
    shown = list(read_all(owner, lead, limit=5))
    assert shown == list(read_all(tenant, lead, limit=7))
    assert sorted(int(message["text"]) for message in shown) == list(range(16))
    assert conversation(owner, "/leads/for-me") == {"unread": 8, "last_message": shown[0]}
    assert conversation(tenant, "/leads/my")["unread"] == 8


@pytest.mark.parametrize("seed", range(4))
def test_any_history_agrees_with_a_plain_list(owner: Person, tenant: Person, lead: dict[str, Any], seed: int) -> None:
    """Messages, repetitions, reading, closing and opening in any order, held against a list and two counts."""
    dice = random.Random(seed)
    people = {"owner": owner, "tenant": tenant}
    sent: list[Message] = []
    keys: dict[tuple[str, str], Message] = {}
    unread = {"owner": 0, "tenant": 0}
    closed = False
    for step in range(40):
        name = dice.choice(list(people))
        act = dice.choice(["write", "write", "write again", "read", "status"])
        if act == "status" and dice.random() < 0.4:
            closed = not closed
            owner.ok("PATCH", f"/leads/{lead['id']}", json={"status": "closed" if closed else "new"})
        elif act == "read":
            people[name].ok("POST", f"/leads/{lead['id']}/read")
            unread[name] = 0
        elif act == "write again" and keys:
            (name, key), message = dice.choice(list(keys.items()))
            assert send(people[name], lead, message["text"], key).get_json() == message
        elif act.startswith("write"):
            key = f"k{step}"
            answer = send(people[name], lead, f"text {step}", key)
            assert answer.status_code == (409 if closed else 200)
            if not closed:
                keys[name, key] = answer.get_json()
                sent.insert(0, answer.get_json())
                unread["tenant" if name == "owner" else "owner"] += 1
        for reader, path in (("owner", "/leads/for-me"), ("tenant", "/leads/my")):
            shown = conversation(people[reader], path)
            assert shown == {"unread": unread[reader], "last_message": sent[0] if sent else None}
    assert list(read_all(tenant, lead, limit=3)) == sent


def test_a_lead_may_begin_with_a_message(owner: Person, tenant: Person) -> None:
    body = {"listing_id": owner.listing()["id"], "message": "Ещё свободна?"}
    lead = tenant.ok("POST", "/leads", json=body)
    assert tenant.ok("POST", "/leads", json=body) == lead
    assert tenant.ok("POST", "/leads", json=body | {"message": "Another"}) == lead
    assert [message["text"] for message in read_all(owner, lead)] == ["Ещё свободна?"]
    assert conversation(owner, "/leads/for-me")["unread"] == 1


def test_a_first_message_joins_a_lead_that_a_like_has_made(owner: Person, tenant: Person, lead: dict[str, Any]) -> None:
    body = {"listing_id": lead["listing_id"], "message": "Hello"}
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: tenant.ok("POST", "/leads", json=body), range(4))) == [lead] * 4
    assert [message["text"] for message in read_all(owner, lead)] == ["Hello"]


def test_a_refused_first_message_makes_no_lead(owner: Person, tenant: Person) -> None:
    body = {"listing_id": owner.listing()["id"], "message": "Hello", "status": "closed"}
    assert tenant.call("POST", "/leads", json=body).status_code == 409
    assert tenant.ok("GET", "/leads/my") == []


def test_a_list_of_leads_shows_what_is_included_and_nothing_else(owner: Person, tenant: Person) -> None:
    made = [tenant.ok("POST", "/leads", json={"listing_id": owner.listing()["id"]}) for _ in range(2)][::-1]
    for names in ([], ["listing"], ["contact"], ["conversation"], ["contact", "conversation", "listing"]):
        for reader, path in ((tenant, "/leads/my"), (owner, "/leads/for-me")):
            shown = reader.ok("GET", path, query_string={"include": ",".join(names)})
            assert [lead.keys() for lead in shown] == [made[0].keys() | set(names)] * 2
            for lead in shown:
                one = reader.ok("GET", f"/leads/{lead['id']}")
                assert all(lead[name] == one[name] for name in names if name != "conversation")
    assert tenant.call("GET", "/leads/my?include=photos").status_code == 422
