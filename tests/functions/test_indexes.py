"""Every query that the API can send has its index in infra/firestore.indexes.json, and every index there has its query.

Production refuses a query without an index; the emulator serves any. So all endpoints run here with all combinations
of their filters, the queries that go out are recorded, and tests/indexing.py says which index would serve each.
"""

import inspect
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest
from google.cloud.firestore_v1 import And, FieldFilter, Or
from google.cloud.firestore_v1.base_query import BaseFilter
from google.cloud.firestore_v1.query import Query
from google.cloud.firestore_v1.types import StructuredQuery

from functions import HTTP_FUNCTIONS
from shared.data import deletion, listings, lost_leads, matches, outbox, store
from shared.data.notifications import Stream
from shared.data.pages import encode_cursor
from shared.feed.coverage import Gap
from shared.feed.criteria import Criteria
from shared.feed.positions import micros
from shared.models.base import Body, Form, Params
from shared.models.details import DetailsWrite
from shared.models.filters import FiltersWrite
from shared.models.listings import ListingWrite
from shared.models.preferences import PreferenceWrite
from shared.web.group import Group, Operation
from shared.web.parameters import Upload
from tests.instruments.api import PASSWORD, Api, Person
from tests.instruments.indexes import ASCENDING, CONTAINS, DESCENDING, NAME, Index, Indexes, Part, normal_form
from tests.instruments.pictures import image
from tests.instruments.recorder import Recorder

SPEC = json.loads((Path(__file__).parents[2] / "infra/firestore.indexes.json").read_text())
DECLARED = Indexes.of(SPEC)
CURSOR = encode_cursor((micros(datetime.now(UTC)), 1))
FILTERS = {
    "city": "Astana",
    "deal_type": "rent",
    "property_type": "flat",
    "price_min": 1,
    "price_max": 10**9,
    **{"rooms_min": 1, "rooms_max": 5, "area_min": 1, "area_max": 900, "with_photos": "true"},
    "owner_id": 1,
    "is_active": "true",
    "status": "new",
    "role": "admin",
    "user_id": 1,
    "admin_id": 1,
    "email": "somebody@example.kz",
    "phone": "+77001234567",
    "unread": "true",
    "cursor": CURSOR,
}
TOLD = tuple(FiltersWrite.model_fields)
NEED_MAIL = ("/auth/password/reset", "/auth/verify", "/auth/telegram")
"""They query what others do, if anything."""
NEW_LISTING = {"title": "Flat", "city": "Astana", "price": 100}


def bodies(listing_id: int, someone: Person) -> dict[str, dict[str, Any]]:
    """What to send where a body is wanted."""
    return {
        "POST /auth/register": {"json": {"name": "Somebody", "phone": "+77001234567", "password": PASSWORD}},
        "POST /auth/login": {"data": {"username": someone.email, "password": PASSWORD}},
        "POST /auth/telegram/login-or-register": {"json": {"telegram_id": 1, "phone": "+77001234568"}},
        "POST /listings": {"json": NEW_LISTING},
        "PUT /listings/{listing_id}": {"json": NEW_LISTING},
        "PUT /listings/{listing_id}/details": {"json": {}},
        "POST /preferences": {"json": {}},
        "POST /feed/action": {"json": {"listing_id": listing_id, "action": "favorite"}},
        "POST /favorites": {"json": {"listing_id": listing_id}},
        "POST /leads": {"json": {"listing_id": listing_id}},
        "PATCH /leads/{lead_id}": {"json": {"status": "closed"}},
        "POST /leads/{lead_id}/messages": {"json": {"text": "Hello"}},
        "POST /auth/token": {"data": {"grant_type": "password", "username": someone.email, "password": PASSWORD}},
        "POST /auth/logout": {"json": {"refresh_token": "1.2.3"}},
        "PATCH /auth/me": {"json": {"name": "New name"}},
        "DELETE /auth/me": {"json": {"current_password": PASSWORD}},
        "POST /auth/password": {"json": {"current_password": PASSWORD, "new_password": PASSWORD}},
        "POST /notifications/read": {"json": {"all": True}},
        "PUT /notifications/settings": {"json": {}},
        "PUT /notifications/devices/{device_id}": {"json": {"token": "a-token"}},
        "POST /searches": {"json": {"name": "Mine"}},
        "PUT /searches/{search_id}": {"json": {"name": "Mine"}},
        "PATCH /admin/users/{user_id}": {"json": {"role": "agent"}},
    }


def operations() -> Iterator[Operation]:
    for name in HTTP_FUNCTIONS:
        group: Group = getattr(__import__(f"functions.{name}"), name).api
        yield from (each for each in group.operations if not each.path.startswith(NEED_MAIL))


def subsets(names: list[str]) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(names, size) for size in range(len(names) + 1))


def call_with_all_filters(operation: Operation, admin: Person, owner: Person, tenant: Person) -> None:
    """Sends an operation with every combination of its query parameters, to listings and a lead of its own."""
    listing_id = owner.listing()["id"]
    tenant.act(owner.listing(), "favorite")
    tenant.ok("POST", "/favorites", json={"listing_id": listing_id})
    other = owner.listing()["id"]
    lead = tenant.ok("POST", "/leads", json={"listing_id": other})
    ids: dict[str, Any] = {
        "listing_id": listing_id,
        "lead_id": lead["id"],
        "user_id": owner.id,
        "session_id": 1,
        "device_id": "phone",
    }
    if "{search_id}" in operation.path:
        ids["search_id"] = admin.ok("POST", "/searches", json={"name": "Mine"})["id"]
    if "/photos" in operation.path:
        ids["photo_id"] = owner.ok("POST", f"/photos/{listing_id}", data=image())["id"]
        ids["file"] = "small.webp"
    name = f"{operation.method} {operation.path.rstrip('/')}"
    models = [each for each in operation.parameters.values() if inspect.isclass(each) and issubclass(each, Params)]
    wants_body = any(inspect.isclass(each) and issubclass(each, Body | Form) for each in operation.parameters.values())
    given = bodies(other, tenant) | {"PUT /photos/{listing_id}": {"json": {"order": [ids.get("photo_id")]}}}
    options = given[name] if wants_body else {"data": image(1)} if Upload in operation.parameters.values() else {}
    callers = {"undo": tenant, "list_leads_for_me": owner}
    callers |= dict.fromkeys(("list_messages", "send_message", "read_messages"), tenant)
    # Their tokens end.
    callers |= {name: admin.api.person() for name in ("change_password", "delete_me")}
    caller = callers.get(operation.handler.__name__, admin)
    filters = [field for model in models for field in model.model_fields if field in FILTERS]
    path = re.sub(r"{(\w+)}", lambda match: str(ids[match[1]]), operation.path)
    # Of what listings tell, none, one of it and all of it; each has its bound in the query whatever is chosen.
    told = [(), *((name,) for name in TOLD), TOLD] if set(TOLD) <= set(filters) else [()]
    plain = [name for name in filters if name not in TOLD]
    for chosen in (some + more for some in subsets(plain) for more in told):
        caller.ok(operation.method, path, query_string={field: FILTERS[field] for field in chosen}, **options)


def many_listings(owner: Person) -> None:
    """Twelve listings that match everything, in commits of three: those share their position's timestamp."""
    content = ListingWrite(title="Flat", city="Astana", price=100, details=DetailsWrite(rooms=2))
    for _ in range(4):
        batch = store.Batch()
        for _ in range(3):
            key = store.new_id()
            batch.create(listings.ref(key), listings.document(key, owner.id, content))
        batch.commit()


def swipe_in_all_states(api: Api, preferences: dict[str, Any]) -> None:
    """A new tenant with these preferences: before the first action, after it, and with gaps everywhere."""
    tenant = api.person()
    tenant.ok("POST", "/preferences", json=preferences)
    tenant.ok("GET", "/feed/next")
    deck = tenant.ok("GET", "/feed?limit=12")
    assert len(deck) == 12
    for listing in (deck[0], deck[2], deck[4], deck[9]):
        tenant.act(listing)
    assert tenant.ok("GET", "/feed/next")["id"] == deck[1]["id"]


@pytest.fixture
def queries(api: Api, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> list[StructuredQuery]:
    """One of each shape of query that the API sends."""
    admin, owner, tenant = api.person("admin"), api.person("admin"), api.person()
    with recorder.recording() as calls:
        for operation in operations():
            call_with_all_filters(operation, admin, owner, tenant)
        outbox.deliver_due()
        monkeypatch.setattr(lost_leads, "GRACE", timedelta(0))
        tenant.act(owner.listing(), "like")
        for _ in range(2):  # From the beginning, and from where the first one ended.
            lost_leads.make_up_for()
        outbox.list_open(owner.id, Stream.INSTANT)
        deletion.begin(tenant.id)
        deletion.begin(owner.id)
        deletion.finish_due()
        listing = store.get(listings.ref(api.person("landlord").listing()["id"]))[0].to_dict() or {}
        matches.tell(listing | {"price": listing["price"] + 1}, listing)
    sent = calls.queries
    many_listings(api.person("landlord"))
    with recorder.recording() as calls:
        plain = [field for field in PreferenceWrite.model_fields if field in FILTERS]
        for chosen in subsets(plain):
            swipe_in_all_states(api, {field: FILTERS[field] for field in chosen})
            swipe_in_all_states(api, {field: FILTERS[field] for field in chosen} | {"filters": {"rooms_max": 5}})
    sent += calls.queries
    return list({shape(query): query for query in sent}.values())


def shape(query: StructuredQuery) -> str:
    """A query without its values."""
    orders = [(order.field.field_path, order.direction) for order in query.order_by]
    return repr((query.from_[0].collection_id, normal_form(query.where), orders))


def test_every_query_has_its_index_and_every_index_its_query(queries: list[StructuredQuery], database: str) -> None:
    used = set().union(*(DECLARED.serving(query) for query in queries))
    own = {index for (collection, field) in DECLARED.overrides for index in singles(collection, field)}
    assert used == {*DECLARED.composite, *own}

    for index in DECLARED.composite:
        others = Indexes(tuple(each for each in DECLARED.composite if each != index), DECLARED.overrides)
        assert not all(is_served(query, others) for query in queries), f"could go: {index}"

    collections = {collection.id for collection in store.client().collections()}
    assert collections <= {collection for collection, field in DECLARED.overrides if field == "*"}


def singles(collection: str, field: str) -> list[Index]:
    return [] if field == "*" else DECLARED.single(collection, field)


def is_served(query: StructuredQuery, indexes: Indexes) -> bool:
    try:
        indexes.serving(query)
    except LookupError:
        return False
    return True


@pytest.mark.parametrize("gaps", [1, 2, 3, 4, 6, 20])
@pytest.mark.parametrize(
    "filters", [{}, {"rooms_max": 5}, {name: FILTERS[name] for name in TOLD} | {"with_photos": True}]
)
@pytest.mark.parametrize("wanted", list(subsets(["city", "price_min", "price_max"])))
def test_the_widest_queries_of_the_feed_are_within_the_limits(
    recorder: Recorder, gaps: int, wanted: tuple[str, ...], filters: dict[str, Any]
) -> None:
    between = [Gap(upper=(1_000 - 2 * n, 5), lower=(999 - 2 * n, 5)) for n in range(gaps)]
    told = {field: FILTERS[field] for field in wanted}
    preferences = PreferenceWrite.model_validate(told | {"filters": filters})
    with recorder.recording() as calls:
        _, searched = listings.list_newest_in(between, Criteria.of(preferences, preferences.filters), 1, not_by=7)
    assert min(gaps, 2 if filters else 5) <= searched <= gaps
    DECLARED.serving(calls.queries[0])
    alternatives = len(normal_form(calls.queries[0].where))
    assert alternatives == 3 * searched * (2 if gaps <= 2 and not filters else alternatives // (3 * searched))


def test_what_is_over_expires() -> None:
    assert [(each["collectionGroup"], each["fieldPath"]) for each in SPEC["fieldOverrides"] if each.get("ttl")] == [
        ("leads", "expires_at"),
        ("codes", "expires_at"),
        ("sessions", "expires_at"),
        ("matches", "expires_at"),
        ("notifications", "expires_at"),
        ("throttle", "expires_at"),
    ]


# --- The rules themselves, on the examples of Firestore's documentation -------------------------------------------


def query(*filters: Any, order: str = "") -> StructuredQuery:
    built = Query(store.client().collection("cities"))
    for each in filters:
        built = built.where(filter=FieldFilter(*each) if isinstance(each, tuple) else each)
    for name in order.split():
        built = built.order_by(name.strip("-"), direction=DESCENDING if name[0] == "-" else ASCENDING)
    return built._to_protobuf()


def indexes(*lines: str, exempt: tuple[str, ...] = ()) -> Indexes:
    """Indexes written as "country -population", with ``[]`` after an array's field."""

    def part(word: str) -> Part:
        mode = CONTAINS if word.endswith("[]") else DESCENDING if word[0] == "-" else ASCENDING
        return Part(word.strip("-[]"), mode)

    composite = tuple(Index("cities", tuple(map(part, line.split()))) for line in lines)
    return Indexes(composite, {("cities", field): () for field in exempt})


USA = ("country", "==", "USA")
CAPITAL = ("capital", "==", True)
BIG = ("population", ">", 690_000)
DENSE = ("density", "<", 10_000)
COAST = ("regions", "array_contains", "west_coast")


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        (query(), indexes(exempt=("*",))),
        (query(USA), indexes()),
        (query(USA), indexes(exempt=("population",))),
        (query(USA, CAPITAL), indexes()),
        (query(BIG), indexes()),
        (query(BIG, order="-population"), indexes()),
        (query(order="-population"), indexes()),
        (query(COAST), indexes()),
        (query(("country", "in", ["USA", "Japan"])), indexes()),
        (query(USA, order="population"), indexes("country population")),
        (query(USA, BIG), indexes("country population")),
        (query(USA, BIG), indexes("-country population")),
        (query(("country", "in", ["USA", "Japan"]), BIG), indexes("country population")),
        (query(USA, BIG, order="-population"), indexes("country -population")),
        (query(COAST, CAPITAL), indexes("regions[] capital")),
        (query(COAST, order="-population"), indexes("regions[] -population")),
        (query(BIG, DENSE), indexes("density population")),
        (query(BIG, DENSE, order="population"), indexes("population density")),
        (query(BIG, DENSE, order="-population -name"), indexes("-population -name -density")),
        (query(USA, CAPITAL, order="name"), indexes("country name", "capital name")),
        (query(USA, CAPITAL, order="-name -id"), indexes("country -name -id", "capital -name -id")),
        (query(Or([FieldFilter(*USA), FieldFilter(*BIG)])), indexes("country population")),
    ],
)
def test_a_query_is_served(asked: StructuredQuery, there: Indexes) -> None:
    there.serving(asked)


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        (query(USA), indexes(exempt=("country",))),
        (query(USA), indexes("country population", exempt=("*",))),
        (query(BIG), indexes(exempt=("*",))),
        (query(COAST), indexes(exempt=("regions",))),
        (query(order="-population"), indexes("country -population", exempt=("population",))),
        (query(USA, CAPITAL), indexes(exempt=("capital",))),
        (query(USA, order="population"), indexes()),
        (query(USA, BIG), indexes()),
        (query(USA, BIG), indexes("population country")),
        (query(USA, BIG), indexes("country capital population")),
        (query(USA, BIG), indexes("country -population")),
        (query(USA, BIG, order="-population"), indexes("country population")),
        (query(USA, BIG, order="-population"), indexes(f"country -population {NAME}")),
        (query(COAST, CAPITAL), indexes()),
        (query(COAST, BIG), indexes("regions population")),
        (query(BIG, DENSE), indexes()),
        (query(BIG, DENSE), indexes("population density")),
        (query(BIG, DENSE, order="population"), indexes("density population")),
        (query(BIG, DENSE, order="-population -name"), indexes("-population -name density")),
        (query(BIG, DENSE, order="-population -name"), indexes("-population -density -name")),
        (query(order="-population -name"), indexes()),
        (query(order="-population -name"), indexes("-population name")),
        (query(USA, CAPITAL, order="name"), indexes("country name")),
        (query(USA, CAPITAL, order="name"), indexes("country name", "capital -name")),
        (query(USA, CAPITAL, BIG), indexes("country population", "capital population")),
        (query(COAST, CAPITAL, order="name"), indexes("regions[] name", "capital name")),
        (query(Or([FieldFilter(*USA), FieldFilter(*BIG)])), indexes()),
    ],
)
def test_a_query_is_refused(asked: StructuredQuery, there: Indexes) -> None:
    with pytest.raises(LookupError):
        there.serving(asked)


def test_an_equality_on_what_a_query_is_ordered_by_is_refused() -> None:
    there = indexes("country -population", "-population -density")
    with pytest.raises(ValueError, match="an equality on population"):
        there.serving(query(USA, ("population", "==", 1), order="-population"))
    one = And([FieldFilter("population", "==", 1), FieldFilter(*DENSE)])
    with pytest.raises(ValueError, match="an equality on population"):
        there.serving(query(Or([one, FieldFilter(*BIG)]), order="-population"))
    same = And([FieldFilter("population", ">=", 1), FieldFilter("population", "<=", 1), FieldFilter(*DENSE)])
    there.serving(query(Or([same, FieldFilter(*BIG)]), order="-population"))


def test_alternatives_are_counted_multiplied_out() -> None:
    six = Or([FieldFilter("population", "==", value) for value in range(6)])
    five = Or([FieldFilter("country", "==", value) for value in range(5)])
    served = indexes("country population")
    served.serving(query(six, five))
    with pytest.raises(ValueError, match="36 alternatives"):
        served.serving(query(six, Or([FieldFilter("country", "==", value) for value in range(6)])))


def test_ranges_on_more_than_ten_fields_are_refused() -> None:
    wide = [(f"field{number}", ">", 1) for number in range(11)]
    with pytest.raises(ValueError, match="ranges on 11 fields"):
        indexes().serving(query(*wide))


def test_a_query_may_be_too_large_for_any_index() -> None:
    wide: list[BaseFilter] = [FieldFilter("population", "==", value) for value in range(31)]
    with pytest.raises(ValueError, match="31 alternatives"):
        indexes().serving(query(Or(wide)))
    long: list[BaseFilter] = [And([FieldFilter("country", "==", value), FieldFilter(*BIG)]) for value in range(25)]
    with pytest.raises(ValueError, match="103 filters"):
        indexes("country population name id").serving(query(CAPITAL, DENSE, Or(long)))
