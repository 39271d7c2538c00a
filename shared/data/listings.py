"""Listings: their documents, and the two orders in which they are read.

``facets`` is what makes every filter one walk along one index: for each choice of which of deal type, property type
and city are asked for, it has a field with the listing's values of those, so any combination of the three is a single
equality. (One array of all of them would need fewer indexes and as many entries, but Firestore's emulator takes
seconds for an array-contains among 50,000 listings.) An inactive listing has no facets and is found by no filter.

``position`` is where a listing stands in everybody's feed: the server's timestamp of the last write that could make it
match new criteria: created, visible again, or with another city, type, price, number of rooms or area. See
shared/feed/README.md.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import product
from typing import Any, Final, Literal, TypeAlias

from pydantic import MISSING

from shared.cities import city_key
from shared.data import audit, notifications, store, stored_photos
from shared.data.pages import Page, paginate, walk
from shared.data.stored_photos import Photo, photos_of
from shared.data.users import User
from shared.enums import AuditAction, Role
from shared.errors import BadRequest, Forbidden, Invalid, NotFound, Unavailable
from shared.feed.coverage import Gap
from shared.feed.criteria import Criteria
from shared.feed.positions import Position, micros, moment
from shared.models.admin import AdminListingFilter, AdminListingRead
from shared.models.details import DetailsRead, DetailsWrite
from shared.models.listings import ListingFilter, ListingPageParams, ListingRead, ListingWrite
from shared.money import to_minor, to_tenge

COLLECTION: Final = "listings"
Reference: TypeAlias = store.Reference[Literal["listings"]]
Snapshot: TypeAlias = store.Snapshot[Literal["listings"]]
FILTERED = ("rooms", "area", "has_photos")
"""What filters ask of listings, as integers: rooms, hundredths of a square metre, 1 with photos. 0 is not told.

All three stand in every listing that has one of them, because an index knows only documents with all of its fields. A
listing of before, which has none, matches no filter and needs none."""

MATCHING = ("city_key", "deal_type", "property_type", "price", *FILTERED)
"""The stored fields that decide whom a listing matches."""

NOTHING: frozenset[str] = frozenset()
"""An ``include`` of nothing."""

_HUNDREDTHS = ("area", "kitchen_area", "deposit")
"""The details that are stored as integers of hundredths: of a square metre, of a tenge."""

FEED_ORDER = ("position", "id", "owner_id", "price")
"""The feed's order. No two listings have the same id, so what comes after it orders nothing; but each field that may
have a bound stands here, and so one index serves the queries with and without bounds. Where there are filters, what
they are about follows, with indexes of its own: listings of before have no such fields."""

MAX_ALTERNATIVES = 30
MAX_COMPONENTS = 100
"""Of a query multiplied out: its filters, and the orders (Firestore, "Query limitations")."""

Conjunction: TypeAlias = list[store.Condition]
"""Conditions that all must hold."""


def ref(listing_id: int) -> Reference:
    return store.document(COLLECTION, listing_id)


def _facet(deal_type: str | None, property_type: str | None, city: str | None) -> tuple[str, str]:
    """The facet that tells listings with these values from others, None being any: its name and its value."""
    asked = {"deal": deal_type, "property": property_type, "city": city}
    given = {name: value for name, value in asked.items() if value is not None}
    return "_".join(given) or "any", "|".join(given.values())


def _facets(deal_type: str, property_type: str, city: str) -> dict[str, str]:
    """The facets of an active listing with these values."""
    return dict(_facet(*choice) for choice in product((deal_type, None), (property_type, None), (city, None)))


def _details_fields(details: DetailsWrite | None) -> dict[str, Any]:
    """What is stored of a listing's details."""
    if details is None:
        return {"details": None, "rooms": 0, "area": 0}
    stored = details.model_dump(mode="json")
    exact = {name: getattr(details, name) for name in _HUNDREDTHS}
    stored |= {name: None if value is None else to_minor(value) for name, value in exact.items()}
    return {"details": stored, "rooms": stored["rooms"] or 0, "area": stored["area"] or 0}


def _details_model(stored: dict[str, Any]) -> DetailsRead:
    exact = {name: None if stored[name] is None else to_tenge(stored[name]) for name in _HUNDREDTHS}
    return DetailsRead.model_validate(stored | exact)


def details_shown(stored: dict[str, Any] | None) -> dict[str, Any] | None:
    """Stored details as their owner reads them."""
    return stored and _details_model(stored).model_dump(mode="json")


def fields(listing: ListingWrite) -> dict[str, Any]:
    """What is stored of a listing's content; the details only if the client has said anything of them."""
    city = city_key(listing.city)
    facets = _facets(listing.deal_type.value, listing.property_type.value, city)
    return {
        "title": listing.title,
        "city": listing.city,
        "city_key": city,
        "deal_type": listing.deal_type.value,
        "property_type": listing.property_type.value,
        "price": to_minor(listing.price),
        "is_active": listing.is_active,
        "facets": facets if listing.is_active else {},
        **({} if listing.details is MISSING else _details_fields(listing.details)),
    }


def document(listing_id: int, owner_id: int, listing: ListingWrite) -> dict[str, Any]:
    """A new listing's document."""
    stamps = dict.fromkeys(("created_at", "updated_at", "position"), store.SERVER_TIMESTAMP)
    return {"id": listing_id, "owner_id": owner_id} | dict.fromkeys(FILTERED, 0) | fields(listing) | stamps


def to_model(listing: dict[str, Any], include: frozenset[str] = NOTHING) -> ListingRead:
    """The listing as everybody sees it, with what is asked for besides."""
    shown: dict[str, Any] = {"price": to_tenge(listing["price"]), "details": MISSING, "photos": MISSING}
    if "details" in include:
        stored = listing.get("details")  # Listings of before have none.
        shown["details"] = stored and _details_model(stored)
    if "photos" in include:
        shown["photos"] = stored_photos.to_models(listing)
    return ListingRead.model_validate(listing | shown)


def _to_admin_model(listing: dict[str, Any]) -> AdminListingRead:
    return AdminListingRead.model_validate(listing | {"price": to_tenge(listing["price"])})


def position(listing: dict[str, Any]) -> Position:
    """Where the listing stands in the feed."""
    return micros(listing["position"]), listing["id"]


def criteria_of(listing: dict[str, Any]) -> Criteria:
    """The narrowest criteria that the listing matches: exactly its own values."""
    price = listing["price"]
    rooms, area, has_photos = (listing.get(name, 0) for name in FILTERED)
    values = listing["city_key"], listing["deal_type"], listing["property_type"]
    return Criteria(*values, price, price, rooms, rooms, area, area, bool(has_photos))


def is_visible(listing: dict[str, Any]) -> bool:
    """True if others may see the listing: it is active, and its owner is not deactivated."""
    return bool(listing["is_active"] and listing.get("owner_active", True))


def is_public(listing_doc: Snapshot) -> bool:
    """True if the listing exists and others may see it."""
    listing = listing_doc.to_dict()
    return bool(listing and is_visible(listing))


def active(listing_doc: Snapshot) -> dict[str, Any]:
    """The fields of a listing that everybody may see.

    Raises:
        NotFound: It does not exist or is not active.
    """
    listing = listing_doc.to_dict()
    if not listing or not is_visible(listing):
        raise NotFound("Listing not found")
    return listing


def active_of_another(listing_doc: Snapshot, user_id: int) -> dict[str, Any]:
    """The fields of an active listing that a user may act on, because it is not their own.

    Raises:
        NotFound: It does not exist or is not active.
        BadRequest: It is the user's own.
    """
    listing = active(listing_doc)
    if listing["owner_id"] == user_id:
        raise BadRequest("You cannot act on your own listing")
    return listing


def editable(listing_doc: Snapshot, user: User) -> dict[str, Any]:
    """The fields of a listing, active or not, that a user may change.

    Raises:
        NotFound: It does not exist.
        Forbidden: The user is neither its owner nor an admin.
    """
    listing = listing_doc.to_dict()
    if not listing:
        raise NotFound("Listing not found")
    if listing["owner_id"] != user.id and user.role is not Role.ADMIN:
        raise Forbidden("Only the owner or an admin may change a listing")
    return listing


def get_active(listing_id: int, include: frozenset[str]) -> ListingRead:
    """An active listing.

    Raises:
        NotFound: It does not exist or is not active.
    """
    return to_model(active(store.get(ref(listing_id))[0]), include)


def _digest(listing: ListingWrite) -> str:
    """Equal for bodies that make the same listing, however they are written. It outlives later edits."""
    said = {"details": None} | fields(listing)
    for derived in ("city_key", "facets", *FILTERED):  # These follow from the rest.
        said.pop(derived, None)
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def create(
    owner: User, listing: ListingWrite, key: str | None = None, include: frozenset[str] = NOTHING
) -> ListingRead:
    """Makes a listing.

    Args:
        owner: Whose it is.
        listing: Its content.
        key: The client's name for this request. Its repetition answers the listing that it has made.
        include: What the answer shall contain besides.

    Raises:
        Invalid: The key was used for another content.
    """
    for _ in range(3):
        listing_id = store.new_id() if key is None else store.id_of(f"listing:{owner.id}:{key}")
        made_from = {} if key is None else {"made_from": _digest(listing)}
        data = document(listing_id, owner.id, listing) | made_from
        batch = store.Batch()
        batch.create(ref(listing_id), data)
        try:
            time = store.server_time(batch.commit()[0])
        except store.LOST_RACE:
            found = store.get(ref(listing_id))[0].to_dict() or {}
            if found.get("owner_id") == owner.id:
                if made_from and found.get("made_from", made_from["made_from"]) != made_from["made_from"]:
                    raise Invalid.at(("body",), "differs from what was first sent with this Idempotency-Key") from None
                return to_model(found, include)  # Made by an earlier try, whose acknowledgement was lost.
            continue
        return to_model(data | {"created_at": time, "updated_at": time}, include)
    raise Unavailable


def replace(listing_doc: Snapshot, user: User, listing: ListingWrite, include: frozenset[str] = NOTHING) -> ListingRead:
    """Puts new content into a listing, and the listing on top of the feeds that it may match anew.

    Raises:
        NotFound: It does not exist.
        Forbidden: The user is neither its owner nor an admin.
    """
    return to_model(_write(listing_doc, user, fields(listing), AuditAction.LISTING_UPDATE), include)


def replace_details(listing_doc: Snapshot, user: User, details: DetailsWrite) -> DetailsRead:
    """Puts new details into a listing.

    Raises:
        NotFound: It does not exist.
        Forbidden: The user is neither its owner nor an admin.
    """
    written = _write(listing_doc, user, _details_fields(details), AuditAction.LISTING_DETAILS)
    return _details_model(written["details"])


def deactivate(listing_doc: Snapshot, user: User) -> None:
    """Takes a listing out of every list and feed but its owner's. Repeating it is harmless.

    Raises:
        NotFound: It does not exist.
        Forbidden: The user is neither its owner nor an admin.
    """
    if editable(listing_doc, user)["is_active"]:
        _write(listing_doc, user, {"is_active": False, "facets": {}}, AuditAction.LISTING_DELETE)


def photo_fields(photos: Sequence[Photo]) -> dict[str, Any]:
    """What is stored of a listing's photos."""
    return {stored_photos.FIELD: [photo.to_stored() for photo in photos], "has_photos": int(bool(photos))}


def change_photos(
    listing_doc: Snapshot, change: Callable[[list[Photo]], list[Photo]], user: User | None = None
) -> list[Photo]:
    """Changes which photos a listing has, and in which order. Returns those that it has then.

    Args:
        listing_doc: The listing.
        change: Says which they shall be instead of those that are there. It is asked again after a lost race.
        user: Who changes them; None if it is no request of a user.

    Raises:
        NotFound: It does not exist, and a user has asked for the change.
        Forbidden: The user is neither its owner nor an admin.
    """

    def changes(listing: dict[str, Any]) -> dict[str, Any]:
        photos = change(before := photos_of(listing))
        return {} if photos == before else photo_fields(photos)

    return photos_of(_change(listing_doc, user, changes, AuditAction.LISTING_PHOTOS))


def _write(listing_doc: Snapshot, user: User, changes: dict[str, Any], action: AuditAction) -> dict[str, Any]:
    """Writes fields of a listing. Returns all of its fields as they are then."""
    return _change(listing_doc, user, lambda _: changes, action)


def _change(
    listing_doc: Snapshot,
    user: User | None,
    decide: Callable[[dict[str, Any]], dict[str, Any]],
    action: AuditAction,
) -> dict[str, Any]:
    """Changes a listing, which is audited if it is not the user's own. Returns its fields as they are then.

    Args:
        listing_doc: The listing.
        user: Who changes it; None if it is no request of a user.
        decide: Says which fields change, by those that are there. If none does, nothing is written.
        action: What the audit calls it.
    """

    def attempt(listing_doc: Snapshot) -> dict[str, Any]:
        old = editable(listing_doc, user) if user else listing_doc.to_dict() or {}
        changes = decide(old)
        if not changes:
            return old
        new = dict.fromkeys(FILTERED, 0) | old | changes
        told = {name: new[name] for name in FILTERED if name not in old}
        visible = is_visible(new)
        anew = visible and (not is_visible(old) or any(new[name] != old.get(name, 0) for name in MATCHING))
        facets = _facets(new["deal_type"], new["property_type"], new["city_key"]) if visible else {}
        stamps = dict.fromkeys(("updated_at", "position") if anew else ("updated_at",), store.SERVER_TIMESTAMP)
        batch = store.Batch()
        # What was read decides if the position moves. Without the precondition, a write in between could
        # change what the listing matches and leave it where tenants have already looked.
        batch.update(listing_doc.reference, told | changes | {"facets": facets} | stamps, seen=listing_doc)
        changed = audit.changes(_said(old), _said(new)) if user and old["owner_id"] != user.id else ({}, {})
        # Nothing has changed after a try of our own whose acknowledgement was lost, which is audited already.
        entry = (
            audit.add(batch, action, user.id, old["owner_id"], changed, old["id"]) if user and any(changed) else None
        )
        time = store.server_time(batch.commit()[0])
        audit.log(entry)
        return new | {"updated_at": time}

    return store.contend((listing_doc,), attempt)


def _said(listing: dict[str, Any]) -> dict[str, Any]:
    """What a listing says, as its owner reads it."""
    shown = to_model(listing, frozenset({"details"})).model_dump(mode="json")
    names = ("title", "city", "deal_type", "property_type", "price", "is_active")
    photos = {"photos": [photo.id for photo in photos_of(listing)]}
    return (
        {name: shown[name] for name in names} | (shown["details"] or dict.fromkeys(DetailsRead.model_fields)) | photos
    )


def follow_owner(listing_doc: Snapshot, is_active: bool) -> None:
    """Takes a listing out of every list and feed while its owner is deactivated, and puts it on top afterwards."""

    def attempt(listing_doc: Snapshot) -> None:
        old = listing_doc.to_dict()
        if not old or old.get("owner_active", True) == is_active:
            return
        new = old | {"owner_active": is_active}
        changes: dict[str, Any] = {"owner_active": is_active, "facets": {}}
        if is_visible(new):
            changes["facets"] = _facets(new["deal_type"], new["property_type"], new["city_key"])
            changes["position"] = store.SERVER_TIMESTAMP
        batch = store.Batch()
        batch.update(listing_doc.reference, changes, seen=listing_doc)
        batch.commit()

    store.contend((listing_doc,), attempt)


NO_TITLE = "—"


def forget_owner(user_id: int) -> None:
    """Takes everything that a person has written out of their listings, and the listings out of every list.

    What stays is what a lead shows its tenant: the kind of offer, the city and the price.
    """
    for page in pages_of(user_id):
        for listing_doc in page:
            _empty(listing_doc)
            notifications.forget_listing(int(listing_doc.reference.id))


def pages_of(owner_id: int) -> Iterator[list[Snapshot]]:
    """All listings of an owner, newest first."""
    return walk(store.collection(COLLECTION).where(filter=store.Filter("owner_id", "==", owner_id)), size=100)


def _empty(listing_doc: Snapshot) -> None:
    empty: dict[str, Any] = dict.fromkeys(FILTERED, 0)
    empty |= {"title": NO_TITLE, "is_active": False, "owner_active": False, "facets": {}, "made_from": None}
    store.bring_to(listing_doc, empty | _details_fields(None))


def renew_city_key(listing_doc: Snapshot) -> bool:
    """Gives a stored listing the key that its city has now, after cities have got other keys. True if it had another.

    An active listing begins to match tenants who look in the city under its other names, so it also moves to the top
    of the feeds. Tenants who have acted on it do not see it again.
    """

    def attempt(listing_doc: Snapshot) -> bool:
        listing = listing_doc.to_dict()
        if not listing or listing["city_key"] == (city := city_key(listing["city"])):
            return False
        changes: dict[str, Any] = {"city_key": city}
        if is_visible(listing):
            changes["facets"] = _facets(listing["deal_type"], listing["property_type"], city)
            changes["position"] = store.SERVER_TIMESTAMP
        batch = store.Batch()
        batch.update(listing_doc.reference, changes, seen=listing_doc)
        batch.commit()
        return True

    return store.contend((listing_doc,), attempt)


def _matching(criteria: Criteria) -> store.Query:
    """All active listings that match, whatever the order. Prices are inclusive."""
    name, value = _facet(criteria.deal_type, criteria.property_type, criteria.city)
    query = store.collection(COLLECTION).where(filter=store.Filter(f"facets.{name}", "==", value))
    # Always a bound on the price, so that one index serves the queries with and without one.
    query = query.where(filter=store.Filter("price", ">=", criteria.price_min or 0))
    if criteria.price_max is not None:
        query = query.where(filter=store.Filter("price", "<=", criteria.price_max))
    return _with_filters(query, criteria) if criteria.has_filters else query


def _with_filters(query: store.Query, criteria: Criteria) -> store.Query:
    """The query with the criteria's filters: a lower bound on each of them, so that one index serves any choice."""
    for name, low, high in (
        ("rooms", criteria.rooms_min, criteria.rooms_max),
        ("area", criteria.area_min, criteria.area_max),
        ("has_photos", int(criteria.with_photos), None),
    ):
        query = query.where(filter=store.Filter(name, ">=", low or 0))
        if high is not None:
            query = query.where(filter=store.Filter(name, "<=", high))
    return query


def list_public(chosen: ListingFilter) -> Page[ListingRead]:
    """Active listings, newest first."""
    return paginate(_matching(Criteria.of(chosen, chosen)), chosen, lambda listing: to_model(listing, chosen.include))


def list_by_owner(owner_id: int, page: ListingPageParams) -> Page[ListingRead]:
    """An owner's listings, active or not, newest first."""
    query = store.collection(COLLECTION).where(filter=store.Filter("owner_id", "==", owner_id))
    return paginate(query, page, lambda listing: to_model(listing, page.include))


def list_all(chosen: AdminListingFilter) -> Page[AdminListingRead]:
    """All listings, newest first."""
    query = store.collection(COLLECTION)
    if chosen.city is not None:
        query = query.where(filter=store.Filter("city_key", "==", city_key(chosen.city)))
    if chosen.owner_id is not None:
        query = query.where(filter=store.Filter("owner_id", "==", chosen.owner_id))
    if chosen.is_active is not None:
        query = query.where(filter=store.Filter("is_active", "==", chosen.is_active))
    return paginate(query, chosen, _to_admin_model)


def list_newest_in(gaps: Sequence[Gap], criteria: Criteria, limit: int, not_by: int) -> tuple[list[Snapshot], int]:
    """The newest active listings that match and whose position lies in one of the first few gaps, newest first.

    One owner's listings are left out where the query stays small enough with that.

    Args:
        gaps: Where to search, newest first.
        criteria: What must match.
        limit: How many listings at most.
        not_by: The owner to leave out.

    Returns:
        The listings, and how many of the gaps were searched.
    """
    name, value = _facet(criteria.deal_type, criteria.property_type, criteria.city)
    common = [store.Filter(f"facets.{name}", "==", value), *_bounds(criteria)]
    order = (*FEED_ORDER, *FILTERED) if criteria.has_filters else FEED_ORDER
    ranges = [_ranges(gap) for gap in gaps]
    by_others: list[Conjunction] = [[store.Filter("owner_id", "<", not_by)], [store.Filter("owner_id", ">", not_by)]]
    searched = len(ranges)
    if not _fits(ranges, [*common, by_others[0][0]], order, len(by_others)):
        by_others = []
        while not _fits(ranges[:searched], common, order):
            searched -= 1
    query = store.collection(COLLECTION)
    for condition in [*common, *_any(by_others), *_any([each for some in ranges[:searched] for each in some])]:
        query = query.where(filter=condition)
    for field in order:
        query = query.order_by(field, direction="DESCENDING")
    return store.run(query.limit(limit)), searched


def _bounds(criteria: Criteria) -> list[store.Condition]:
    """The bounds that the criteria set. Both ends match."""
    bounds = {
        "price": (criteria.price_min, criteria.price_max),
        "rooms": (criteria.rooms_min, criteria.rooms_max),
        "area": (criteria.area_min, criteria.area_max),
        "has_photos": (1 if criteria.with_photos else None, None),
    }
    least = [store.Filter(name, ">=", low) for name, (low, _) in bounds.items() if low is not None]
    most = [store.Filter(name, "<=", high) for name, (_, high) in bounds.items() if high is not None]
    return [*least, *most]


def _fits(
    ranges: Sequence[Sequence[Conjunction]], common: Sequence[store.Condition], order: Sequence[str], times: int = 1
) -> bool:
    """True if Firestore takes a query of these ranges when all its conditions are multiplied out.

    Args:
        ranges: The alternatives of each gap.
        common: The filters that go with every alternative.
        order: The fields by which the query is ordered.
        times: How many alternatives go with each of those again.
    """
    alternatives = [len(each) + len(common) for some in ranges for each in some]
    components = times * sum(alternatives) + len(order) + 1
    return times * len(alternatives) <= MAX_ALTERNATIVES and components <= MAX_COMPONENTS


def _any(alternatives: Sequence[Conjunction]) -> list[store.Condition]:
    """The condition that one of the alternatives holds; none where one of them asks for nothing."""
    if not all(alternatives) or not alternatives:
        return []
    conditions = [each[0] if len(each) == 1 else store.And(each) for each in alternatives]
    return [conditions[0] if len(conditions) == 1 else store.Or(conditions)]


def _ranges(gap: Gap) -> list[Conjunction]:
    """The pairs strictly between the gap's ends, as alternatives of conditions on single fields.

    At most three, because positions are pairs. A time is fixed by two bounds: Firestore refuses an equality on a field
    that the query is ordered by.
    """
    upper, lower = gap
    alternatives: list[Conjunction] = []
    between: Conjunction = []
    if upper is not None:
        at = _at(moment(upper[0]))
        before: Conjunction = [*at, store.Filter("id", "<", upper[1])]
        if lower is not None and lower[0] == upper[0]:
            return [[*before, store.Filter("id", ">", lower[1])]]
        alternatives.append(before)
        between.append(store.Filter("position", "<", moment(upper[0])))
    if lower is not None:
        time, key = moment(lower[0]), lower[1]
        # A horizon has no id, so all listings of its time come after it.
        between.append(store.Filter("position", ">" if key else ">=", time))
        if key:
            alternatives.append([*_at(time), store.Filter("id", ">", key)])
    return [*alternatives, between]


def _at(time: datetime) -> Conjunction:
    return [store.Filter("position", ">=", time), store.Filter("position", "<=", time)]
