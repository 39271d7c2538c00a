"""What each call may use of Firestore, counted on the wire: sequential round trips, documents read, written, deleted.

The figures are the calls' own, each at or below what the API promises (tests/bench/README.md). A call that needs one
round trip or one document more fails here. Times are measured by the benchmark, never by a test.
"""

import random
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from google.events.cloud.firestore import DocumentEventData

from shared.data import feeds, listings, store
from shared.feed import progress
from shared.feed.progress import MAX_GAPS
from shared.models.listings import ListingWrite
from shared.models.preferences import PreferenceWrite
from shared.settings import settings
from tests.instruments import worlds
from tests.instruments.api import PASSWORD, Api, Person
from tests.instruments.clock import StoppedClock
from tests.instruments.costs import Cost, Meter
from tests.instruments.recorder import Recorder
from tests.instruments.walks import walked

NEXT = Cost(rpcs=2, reads=3)
ACTION = Cost(rpcs=2, reads=4, writes=2)
BETWEEN_SEEN = Cost(rpcs=NEXT.rpcs + 1, reads=NEXT.reads + 4)
"""A card among listings that were seen under other preferences: one query for more."""
CHANGED = Cost(rpcs=BETWEEN_SEEN.rpcs + 1, reads=BETWEEN_SEEN.reads, writes=1)
"""The first such card, which writes down what was passed over."""
FLAT = ListingWrite(title="Flat", city="Astana", price=100)
HOUSE = FLAT.model_copy(update={"city": "Almaty"})


def settle() -> None:
    """Waits until what was just written counts as settled in the feed."""
    time.sleep(settings().feed_settle_seconds + 0.01)


def in_this_order(owner: Person, contents: list[ListingWrite]) -> list[dict[str, Any]]:
    """Listings with timestamps of their own, the newest first: those of one millisecond would be in a random order."""
    documents = []
    for content in contents:
        documents += worlds.add_listings(owner.id, [content])
        time.sleep(0.002)
    return documents[::-1]


# --- One call each ------------------------------------------------------------------------------------------------


def test_calls_about_accounts_cost_no_more_than_promised(api: Api, tenant: Person, meter: Meter) -> None:
    new = {"name": "New", "email": "new@example.kz", "phone": "+77001234567", "password": PASSWORD}
    cost, _ = meter.of(api.ok, "POST", "/auth/register", json=new)
    assert cost <= Cost(rpcs=1, reads=0, writes=3)
    cost, _ = meter.of(api.login, "+7 700 123 45 67")
    assert cost <= Cost(rpcs=2, reads=3)
    cost, _ = meter.of(tenant.ok, "GET", "/auth/me")
    assert cost <= Cost(rpcs=1, reads=1)
    cost, _ = meter.of(api.ok, "POST", "/auth/telegram/login-or-register", json={"telegram_id": 5})
    assert cost <= Cost(rpcs=2, reads=1, writes=2)
    cost, _ = meter.of(api.ok, "POST", "/auth/telegram/login-or-register", json={"telegram_id": 5})
    assert cost <= Cost(rpcs=2, reads=2)


def test_a_limit_on_registrations_costs_one_read_and_one_write(
    api: Api, meter: Meter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTRATIONS_PER_ADDRESS", "100")
    settings.cache_clear()
    new = {"name": "New", "email": "new@example.kz", "password": PASSWORD}
    cost, _ = meter.of(api.ok, "POST", "/auth/register", json=new)
    assert cost <= Cost(rpcs=2, reads=1, writes=3)
    cost, _ = meter.of(api.ok, "POST", "/auth/register", json=new | {"email": "b@example.kz", "phone": "87001234567"})
    assert cost <= Cost(rpcs=2, reads=1, writes=4)
    monkeypatch.undo()
    settings.cache_clear()


def test_calls_about_listings_cost_no_more_than_promised(api: Api, owner: Person, meter: Meter) -> None:
    cost, listing = meter.of(owner.listing)
    assert cost <= Cost(rpcs=2, reads=1, writes=1)
    path = f"/listings/{listing['id']}"
    cost, _ = meter.of(api.ok, "GET", path)
    assert cost <= Cost(rpcs=1, reads=1)
    cost, _ = meter.of(owner.ok, "PUT", path, json={"title": "Flat", "city": "Astana", "price": 1})
    assert cost <= Cost(rpcs=2, reads=2, writes=1)
    for writes in (1, 0):
        cost, _ = meter.of(owner.ok, "DELETE", path)
        assert cost <= Cost(rpcs=1 + writes, reads=2, writes=writes)


def test_calls_about_preferences_cost_no_more_than_promised(tenant: Person, meter: Meter) -> None:
    for _ in range(2):
        cost, _ = meter.of(tenant.ok, "GET", "/preferences")
        assert cost <= Cost(rpcs=1, reads=1)
        cost, _ = meter.of(tenant.ok, "POST", "/preferences", json={"city": "Astana"})
        assert cost <= Cost(rpcs=2, reads=1, writes=1)


def test_calls_about_favorites_cost_no_more_than_promised(owner: Person, tenant: Person, meter: Meter) -> None:
    listing = owner.listing()
    for writes in (1, 0):
        cost, _ = meter.of(tenant.ok, "POST", "/favorites", json={"listing_id": listing["id"]})
        assert cost <= Cost(rpcs=1 + writes, reads=3, writes=writes)
    cost, _ = meter.of(tenant.ok, "DELETE", f"/favorites/{listing['id']}")
    assert cost <= Cost(rpcs=2, reads=1, deletes=1)


def test_calls_about_leads_cost_no_more_than_promised(owner: Person, tenant: Person, meter: Meter) -> None:
    listing = owner.listing()
    for new in (1, 0):  # The lead, and its owner's notification.
        cost, lead = meter.of(tenant.ok, "POST", "/leads", json={"listing_id": listing["id"]})
        assert cost <= Cost(rpcs=1 + new, reads=3, writes=2 * new)
    cost, _ = meter.of(tenant.ok, "GET", f"/leads/{lead['id']}")
    assert cost <= Cost(rpcs=3, reads=4)
    cost, _ = meter.of(owner.ok, "PATCH", f"/leads/{lead['id']}", json={"status": "closed"})
    assert cost <= Cost(rpcs=3, reads=2, writes=2)


def test_calls_about_messages_cost_no_more_than_promised(owner: Person, tenant: Person, meter: Meter) -> None:
    body = {"listing_id": owner.listing()["id"], "message": "First"}
    cost, lead = meter.of(tenant.ok, "POST", "/leads", json=body)
    assert cost <= Cost(rpcs=3, reads=4, writes=3)
    for sender in (owner, tenant, tenant):
        cost, _ = meter.of(sender.ok, "POST", f"/leads/{lead['id']}/messages", json={"text": "Hello"})
        assert cost <= Cost(rpcs=3, reads=3, writes=3)
    cost, _ = meter.of(tenant.ok, "GET", f"/leads/{lead['id']}/messages")
    assert cost <= Cost(rpcs=3, reads=2 + 4)
    for writes in (1, 0):
        cost, _ = meter.of(owner.ok, "POST", f"/leads/{lead['id']}/read")
        assert cost <= Cost(rpcs=2 + writes, reads=2, writes=writes)


def test_calls_about_notifications_cost_no_more_than_promised(owner: Person, tenant: Person, meter: Meter) -> None:
    for _ in range(3):
        tenant.ok("POST", "/leads", json={"listing_id": owner.listing()["id"]})
    cost, told = meter.of(owner.ok, "GET", "/notifications", query_string={"unread": "true"})
    assert cost <= Cost(rpcs=2, reads=1 + 3)
    for writes in (1, 0):
        cost, _ = meter.of(owner.ok, "POST", "/notifications/read", json={"ids": [told[0]["id"]]})
        assert cost <= Cost(rpcs=2 + writes, reads=2, writes=writes)
    cost, _ = meter.of(owner.ok, "POST", "/notifications/read", json={"all": True})
    assert cost <= Cost(rpcs=3, reads=1 + 2, writes=2)
    cost, _ = meter.of(owner.ok, "PUT", "/notifications/settings", json={"locale": "kk"})
    assert cost <= Cost(rpcs=2, reads=3, writes=1)  # With the outbox, which may wait by the settings of before.
    cost, _ = meter.of(owner.ok, "PUT", "/notifications/devices/phone", json={"token": "one"})
    assert cost <= Cost(rpcs=2, reads=3, writes=2)
    cost, _ = meter.of(owner.ok, "DELETE", "/notifications/devices/phone")
    assert cost <= Cost(rpcs=2, reads=2, writes=1, deletes=1)


def test_calls_about_admin_cost_no_more_than_promised(api: Api, tenant: Person, meter: Meter) -> None:
    admin, other = api.person("admin"), api.person("admin")
    cost, _ = meter.of(admin.ok, "PATCH", f"/admin/users/{tenant.id}", json={"role": "agent"})
    assert cost <= Cost(rpcs=2, reads=3, writes=2)  # The user, and the audit's entry.
    cost, _ = meter.of(admin.ok, "PATCH", f"/admin/users/{other.id}", json={"role": "agent"})
    assert cost <= Cost(rpcs=3, reads=5, writes=3)
    listing = tenant.listing()["id"]
    for method, body in (("PUT", {"title": "Flat", "city": "Astana", "price": 1}), ("DELETE", None)):
        cost, _ = meter.of(admin.ok, method, f"/listings/{listing}", **({"json": body} if body else {}))
        assert cost <= Cost(rpcs=2, reads=2, writes=2)


def test_calls_without_data_use_none(api: Api, meter: Meter) -> None:
    for path in ("/health", "/docs", "/openapi.json"):
        cost, _ = meter.of(api.ok if path != "/docs" else api.call, "GET", path)
        assert cost == Cost(rpcs=0, reads=0)


def test_a_refused_call_reads_no_more_than_the_caller(api: Api, tenant: Person, meter: Meter) -> None:
    cost, _ = meter.of(api.call, "GET", "/feed/next")
    assert cost == Cost(rpcs=0, reads=0)
    cost, response = meter.of(tenant.call, "POST", "/feed/action", json={"listing_id": "no"})
    assert (response.status_code, cost) == (422, Cost(rpcs=1, reads=1))
    for path in ("/leads/for-me", "/admin/users", "/admin/listings"):
        cost, response = meter.of(tenant.call, "GET", path)
        assert (response.status_code, cost) == (403, Cost(rpcs=1, reads=1))


# --- Lists: a page reads the page, and one more to know whether there is a next -----------------------------------


@pytest.mark.parametrize(
    ("path", "query", "rpcs", "others", "per_item"),
    [
        ("/listings", {}, 1, 0, 1),
        ("/listings", {"city": "astana", "deal_type": "rent", "price_min": 1, "price_max": 500}, 1, 0, 1),
        ("/listings", {"include": "details,photos"}, 1, 0, 1),
        ("/listings/my", {}, 2, 1, 1),
        ("/listings/my", {"include": "details,photos"}, 2, 1, 1),
        ("/leads/my", {}, 2, 1, 1),
        ("/leads/my", {"status": "new"}, 2, 1, 1),
        ("/leads/for-me", {}, 2, 1, 1),
        ("/leads/my", {"include": "conversation"}, 2, 1, 1),
        ("/leads/my", {"include": "listing,contact,conversation"}, 3, 1, 3),
        ("/leads/for-me", {"include": "listing,contact,conversation"}, 3, 1, 3),
        ("/leads/for-me", {"include": "listing,contact,conversation,details,photos"}, 3, 1, 3),
        ("/favorites", {}, 3, 1, 2),
        ("/favorites", {"include": "details,photos"}, 3, 1, 2),
        ("/admin/users", {}, 2, 1, 1),
        ("/admin/audit", {}, 2, 1, 1),
        ("/admin/listings", {}, 2, 1, 1),
        ("/admin/listings", {"city": "astana", "is_active": "true"}, 2, 1, 1),
    ],
)
def test_a_page_reads_what_it_shows_and_one_more(
    api: Api, meter: Meter, path: str, query: dict[str, Any], rpcs: int, others: int, per_item: int
) -> None:
    somebody = api.person("admin")  # May call everything; owns, likes and keeps all the listings here.
    for _ in range(5):
        another = api.person().id
    documents = worlds.add_listings(somebody.id, [FLAT] * 7 + [HOUSE] * 2)
    worlds.add_leads(somebody.id, documents[:6])
    for number in range(8):
        somebody.ok("PATCH", f"/admin/users/{another}", json={"is_active": bool(number % 2)})
    worlds.add_favorites(somebody.id, documents[:6])
    for size in (1, 3):
        cost, page = meter.of(somebody.ok, "GET", path, query_string=query | {"limit": size})
        assert len(page) == size
        assert cost <= Cost(rpcs=rpcs, reads=others + per_item * size + 1)
    cost, page = meter.of(somebody.ok, "GET", path, query_string=query)
    assert len(page) >= 6
    assert cost <= Cost(rpcs=rpcs, reads=others + per_item * len(page))


# --- The feed -----------------------------------------------------------------------------------------------------


class Swiping:
    """A tenant who swipes, while somebody counts."""

    def __init__(self, tenant: Person, meter: Meter) -> None:
        self._tenant, self._meter = tenant, meter

    def next(self) -> tuple[Cost, dict[str, Any] | None]:
        return self._meter.of(self._tenant.ok, "GET", "/feed/next")

    def act(self, listing: dict[str, Any], action: str = "dislike") -> Cost:
        cost, response = self._meter.of(self._tenant.act, listing, action)
        assert response.status_code == 200
        return cost

    def step(self, expected: int | None = None, limit: Cost = NEXT) -> None:
        """One card: asked for, asked for again, acted on; each within its limits."""
        for _ in range(2):
            cost, listing = self.next()
            assert cost <= limit
            assert listing is not None
            assert expected in (None, listing["id"])
        assert listing
        assert self.act(listing) <= ACTION

    def nothing_left(self) -> None:
        for _ in range(3):
            cost, listing = self.next()
            assert listing is None
            assert cost <= NEXT


@pytest.fixture
def swiping(tenant: Person, meter: Meter) -> Swiping:
    return Swiping(tenant, meter)


@pytest.mark.parametrize("history", [0, 100, 2_000])
def test_a_card_costs_the_same_after_any_history(owner: Person, tenant: Person, swiping: Swiping, history: int) -> None:
    documents = worlds.add_listings(owner.id, [FLAT] * (history + 5))
    settle()
    worlds.swipe(tenant.id, documents[:history])
    for document in documents[history:]:
        swiping.step(expected=document["id"])
    swiping.nothing_left()


def test_a_seeded_history_is_what_swiping_leaves(api: Api, owner: Person, meter: Meter) -> None:
    documents = worlds.add_listings(owner.id, [FLAT] * 30, per_commit=4)
    settle()
    slow, fast = api.person(), api.person()
    for document in documents[:20]:
        Swiping(slow, meter).step(expected=document["id"])
    worlds.swipe(fast.id, documents[:20])
    one, other = (feeds.progress_of(store.get(feeds.ref(each.id))[0]) for each in (slow, fast))
    assert one.seen == other.seen
    (slowly,), (fastly,) = one.covered, other.covered
    assert slowly.criteria == fastly.criteria
    assert [done.listing_id for done in one.history] == [done.listing_id for done in other.history]
    assert [interval.low for interval in slowly.coverage.intervals] == [
        interval.low for interval in fastly.coverage.intervals
    ]


def test_nothing_to_show_costs_no_more_than_a_card(owner: Person, tenant: Person, swiping: Swiping) -> None:
    worlds.add_listings(owner.id, [FLAT] * 50)
    tenant.ok("POST", "/preferences", json={"city": "Nowhere"})
    swiping.nothing_left()


def entries_walked(recorder: Recorder, tenant: Person, path: str = "/feed/next") -> int:
    """The entries of the feed's index that a call walks."""
    with recorder.recording() as calls:
        tenant.ok("GET", path)
    documents = [snapshot.to_dict() or {} for snapshot in store.run(store.collection(listings.COLLECTION))]
    return sum(walked(query, documents) for query in calls.queries)


@pytest.fixture(params=["one process", "another process for each call"])
def next_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Goes to another process, in which nothing is remembered."""

    def go() -> None:
        if request.param != "one process":
            monkeypatch.setattr(feeds, "recent_clearings", feeds.RecentClearings(size=1))

    return go


@pytest.mark.parametrize("count", [20, 400])
def test_nothing_to_show_is_written_down_once_and_then_walks_nothing(
    owner: Person,
    tenant: Person,
    meter: Meter,
    recorder: Recorder,
    swiping: Swiping,
    count: int,
    next_process: Callable[[], None],
) -> None:
    worlds.add_listings(owner.id, [FLAT] * count)
    settle()
    tenant.ok("POST", "/preferences", json={"city": "Astana", "price_min": 10_000})
    cost, listing = swiping.next()
    assert listing is None
    assert cost <= Cost(rpcs=NEXT.rpcs + 1, reads=NEXT.reads, writes=1)
    for _ in range(3):
        next_process()
        swiping.nothing_left()
        assert entries_walked(recorder, tenant) == 0
    new = owner.listing(price=20_000)
    next_process()
    swiping.step(expected=new["id"])
    settle()
    swiping.nothing_left()
    assert entries_walked(recorder, tenant) <= 4


@pytest.mark.parametrize("count", [20, 400])
def test_the_last_match_swiped_leaves_nothing_to_walk(
    owner: Person,
    tenant: Person,
    recorder: Recorder,
    swiping: Swiping,
    count: int,
    next_process: Callable[[], None],
) -> None:
    expensive = FLAT.model_copy(update={"price": Decimal(20_000)})
    documents = in_this_order(owner, [expensive])
    worlds.add_listings(owner.id, [FLAT] * count)
    settle()
    tenant.ok("POST", "/preferences", json={"city": "Astana", "price_min": 10_000})
    _, listing = swiping.next()
    assert listing
    assert listing["id"] == documents[0]["id"]
    assert swiping.act(listing) <= ACTION
    next_process()
    swiping.next()
    for _ in range(2):
        next_process()
        swiping.nothing_left()
        assert entries_walked(recorder, tenant) == 0


def test_a_card_that_is_asked_for_again_walks_nothing_again(
    owner: Person, tenant: Person, recorder: Recorder, swiping: Swiping
) -> None:
    in_this_order(owner, [FLAT.model_copy(update={"price": Decimal(20_000)})])
    worlds.add_listings(owner.id, [FLAT] * 100)
    settle()
    tenant.ok("POST", "/preferences", json={"city": "Astana", "price_min": 10_000})
    assert entries_walked(recorder, tenant) == 2 * 101  # Those of owners before and after the tenant.
    assert entries_walked(recorder, tenant) <= 4


@pytest.mark.parametrize("way", ["card by card", "a deck in any order"])
def test_after_fifty_undos_the_feed_costs_what_it_did_before(
    owner: Person, tenant: Person, meter: Meter, swiping: Swiping, way: str
) -> None:
    documents = in_this_order(owner, [FLAT] * 60)
    settle()
    worlds.swipe(tenant.id, documents[:5])
    if way == "card by card":
        for document in documents[5:55]:
            swiping.step(expected=document["id"])
    else:
        deck = tenant.ok("GET", "/feed?limit=50")
        for listing in random.Random(1).sample(deck, 50):
            assert swiping.act(listing) <= ACTION
    for _ in range(50):
        cost, _ = meter.of(tenant.ok, "POST", "/feed/undo")
        assert cost <= Cost(rpcs=3, reads=5, writes=1, deletes=1)
    for size in (50, 10, 1):
        cost, deck = meter.of(tenant.ok, "GET", f"/feed?limit={size}")
        assert [listing["id"] for listing in deck] == [document["id"] for document in documents[5 : 5 + size]]
        assert cost <= Cost(rpcs=2, reads=2 + size)
    for document in documents[5:]:
        swiping.step(expected=document["id"])
    swiping.nothing_left()


@pytest.mark.parametrize("size", [1, 10])
def test_own_listings_on_top_cost_nothing(
    owner: Person, tenant: Person, meter: Meter, swiping: Swiping, size: int
) -> None:
    documents = in_this_order(owner, [FLAT] * 12)
    worlds.add_listings(tenant.id, [FLAT] * 20)
    cost, deck = meter.of(tenant.ok, "GET", f"/feed?limit={size}")
    assert [listing["id"] for listing in deck] == [document["id"] for document in documents[:size]]
    assert cost <= Cost(rpcs=2, reads=2 + size)
    for document in documents:
        swiping.step(expected=document["id"])
    swiping.nothing_left()


def test_a_search_that_takes_longer_than_a_request_goes_on_where_it_stopped(
    owner: Person, tenant: Person, stopped: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request has time for a few pages only: every 503 leaves the next one less to do."""
    worlds.add_listings(owner.id, [HOUSE] * 2)
    documents = worlds.add_listings(owner.id, [FLAT] * 500)
    settle()
    worlds.swipe(tenant.id, documents, PreferenceWrite(city=FLAT.city))
    monkeypatch.setattr(progress, "MAX_PAGE", 64)
    search = listings.list_newest_in

    def slow(*given: Any, **options: Any) -> Any:
        stopped.sleep(1)
        return search(*given, **options)

    monkeypatch.setattr(listings, "list_newest_in", slow)
    statuses: list[int] = []
    while not statuses or statuses[-1] == 503:
        answer = tenant.call("GET", "/feed/next")
        statuses.append(answer.status_code)
        assert len(statuses) <= 10
    assert len(statuses) >= 2
    assert answer.get_json()["city"] == HOUSE.city
    assert tenant.ok("GET", "/feed/next")["id"] == answer.get_json()["id"]


def test_listings_that_share_a_timestamp_cost_what_others_cost(owner: Person, swiping: Swiping) -> None:
    documents = worlds.add_listings(owner.id, [FLAT] * 60)
    assert len({document["position"] for document in documents}) == 1
    settle()
    for document in documents[:30]:
        swiping.step(expected=document["id"])


def test_right_after_an_import_the_feed_costs_one_more_query_every_six_cards(
    owner: Person, swiping: Swiping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it has settled, an import counts as seen only where it was acted on: a gap stays after each card."""
    monkeypatch.setattr(feeds, "settings", lambda: settings().model_copy(update={"feed_settle_seconds": 600}))
    documents = worlds.add_listings(owner.id, [FLAT] * 30, per_commit=3)
    for number, document in enumerate(documents[:20]):
        more = number // MAX_GAPS
        swiping.step(expected=document["id"], limit=Cost(NEXT.rpcs + more, NEXT.reads + more))


def test_many_processes_serve_one_tenant_at_the_cost_of_one_write_every_six_cards(
    owner: Person, swiping: Swiping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ``next`` has proved stays in its process; each call here is in another one."""
    worlds.add_listings(owner.id, [FLAT] * 60, per_commit=3)
    settle()
    total = Cost(rpcs=0, reads=0)
    for _ in range(40):
        cost, listing = swiping.next()
        assert listing
        total += cost
        monkeypatch.setattr(feeds, "recent_clearings", feeds.RecentClearings(size=1))
        assert swiping.act(listing) <= ACTION
    once = Cost(rpcs=4, reads=4, writes=1)  # The new tenant's second card, which makes their preferences known.
    assert total <= once + Cost(rpcs=40 * 2 + 7 * 2, reads=40 * 3 + 7, writes=7)


@pytest.mark.parametrize("narrower", [{"city": "Astana"}, {"price_max": 10_000}])
def test_narrower_preferences_and_the_way_back_cost_next_to_nothing(
    owner: Person, tenant: Person, swiping: Swiping, narrower: dict[str, Any]
) -> None:
    documents = in_this_order(owner, [FLAT, FLAT, HOUSE] * 20)
    settle()
    worlds.swipe(tenant.id, documents[:30])
    for _ in range(2):
        for preferences in (narrower, {}):
            tenant.ok("POST", "/preferences", json=preferences)
            cost, listing = swiping.next()
            assert listing
            assert cost <= CHANGED
            for _ in range(2):
                swiping.step(limit=BETWEEN_SEEN)


def test_wider_preferences_cost_a_query_more_between_what_was_seen_before(
    owner: Person, tenant: Person, swiping: Swiping
) -> None:
    documents = in_this_order(owner, [FLAT, FLAT, HOUSE] * 20)
    settle()
    preferences = PreferenceWrite(city=FLAT.city)
    flats = [document for document in documents if document["city"] == FLAT.city]
    worlds.swipe(tenant.id, flats[:30], preferences)
    houses = documents.index(flats[30]) - 30
    assert houses > 5
    cost, _ = swiping.next()
    assert cost <= CHANGED
    for _ in range(houses):
        swiping.step(limit=BETWEEN_SEEN)
    for _ in range(3):
        swiping.step()


def test_a_run_of_seen_listings_is_passed_over_once(owner: Person, tenant: Person, swiping: Swiping) -> None:
    """One read each, in ever larger pages; then all is as before."""
    worlds.add_listings(owner.id, [HOUSE] * 10)
    documents = worlds.add_listings(owner.id, [FLAT] * 300)
    settle()
    worlds.swipe(tenant.id, documents, PreferenceWrite(city=FLAT.city))
    cost, listing = swiping.next()
    assert listing
    assert cost <= Cost(rpcs=NEXT.rpcs + 5, reads=NEXT.reads + 300 + 10, writes=1)
    for _ in range(3):
        swiping.step()


def test_a_seen_listing_that_was_edited_is_passed_over_until_the_next_action(
    owner: Person, tenant: Person, swiping: Swiping
) -> None:
    """It comes up anew for everybody else; for those who have seen it, one look at their swipe and one query more."""
    documents = worlds.add_listings(owner.id, [FLAT] * 20)
    settle()
    worlds.swipe(tenant.id, documents[:10])
    owner.ok("PUT", f"/listings/{documents[3]['id']}", json={"title": "Cheaper", "city": "Astana", "price": 90})
    settle()
    cost, listing = swiping.next()
    assert listing
    assert cost <= Cost(rpcs=4, reads=8)
    assert swiping.act(listing) <= ACTION
    for _ in range(3):
        swiping.step()


def test_new_listings_between_calls_make_no_card_dearer(owner: Person, swiping: Swiping) -> None:
    worlds.add_listings(owner.id, [FLAT] * 20)
    for number in range(20):
        newest = owner.listing()["id"]
        swiping.step(expected=newest if number % 2 else None)
        if number % 5 == 0:
            settle()


def test_edited_and_reactivated_listings_come_up_at_the_cost_of_a_card(
    owner: Person, tenant: Person, swiping: Swiping
) -> None:
    documents = worlds.add_listings(owner.id, [FLAT] * 120)
    settle()
    worlds.swipe(tenant.id, documents[:100])
    for document in documents[110:115]:
        path = f"/listings/{document['id']}"
        owner.ok("PUT", path, json={"title": "Cheaper", "city": "Astana", "price": 90})
        swiping.step(expected=document["id"])
        owner.ok("DELETE", path)
        swiping.step()
    for document in documents[115:]:
        path = f"/listings/{document['id']}"
        owner.ok("DELETE", path)
        owner.ok("PUT", path, json={"title": "Back", "city": "Astana", "price": 100})
        swiping.step(expected=document["id"])


def test_an_action_costs_the_same_whatever_it_is(owner: Person, tenant: Person, swiping: Swiping, meter: Meter) -> None:
    documents = worlds.add_listings(owner.id, [FLAT] * 4)
    for document in documents[:3]:
        for action, writes in (("like", 3), ("dislike", 2), ("dislike", 0), ("favorite", 3)):
            cost = swiping.act(document, action)
            assert cost <= Cost(rpcs=2 if writes else 1, reads=4, writes=writes)
        assert swiping.act(document, "favorite") <= Cost(rpcs=2, reads=5)
    cost, _ = meter.of(tenant.ok, "POST", "/feed/undo")
    assert cost <= Cost(rpcs=3, reads=5, writes=2, deletes=1)


def test_a_deck_reads_what_it_shows(owner: Person, tenant: Person, meter: Meter) -> None:
    worlds.add_listings(owner.id, [FLAT] * 30)
    for size in (1, 10, 30):
        cost, deck = meter.of(tenant.ok, "GET", f"/feed?limit={size}")
        assert len(deck) == size
        assert cost <= Cost(rpcs=2, reads=2 + size)


# --- The trigger --------------------------------------------------------------------------------------------------


def liked(tenant_id: int, owner_id: int) -> Callable[[Api], Any]:
    """Delivers the event of a new like."""
    numbers = {"user_id": tenant_id, "listing_id": 7, "owner_id": owner_id}
    fields = {name: {"integer_value": value} for name, value in numbers.items()}
    event = DocumentEventData({"value": {"fields": fields}})
    headers = {
        "ce-id": "1",
        "ce-specversion": "1.0",
        "ce-source": "//firestore.googleapis.com/projects/demo/databases/(default)",
        "ce-type": "google.cloud.firestore.document.v1.created",
        "content-type": "application/protobuf",
    }

    def deliver(api: Api) -> Any:
        return api.client("create_lead").post("/", headers=headers, data=DocumentEventData.serialize(event))

    return deliver


def test_the_trigger_writes_the_lead_and_reads_nothing(api: Api, owner: Person, tenant: Person, meter: Meter) -> None:
    cost, response = meter.of(liked(tenant.id, owner.id), api)
    assert response.status_code == 200
    assert cost == Cost(rpcs=1, reads=0, writes=2)
