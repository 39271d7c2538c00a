"""Brings stored listings and searches to the keys that their cities have now (shared/cities.py).

It can be stopped and repeated at any time. What people change meanwhile stays as they have changed it.

Without PROJECT the running local system is meant, with it that project's database.

Nothing else needs it: preferences store the city as it was typed, and what a tenant's feed has covered stays true. It
is stored for the city's key of that time. No listing comes under a key without a new position, which no coverage has;
and a listing that a tenant has acted on stays known to their feed wherever it stands.

Listings come first. A listing that gets another key begins to match the searches of that key, which are told of it. A
search that had the listing's old key comes later, so it is seldom told of the listing again.
"""

from typing import NamedTuple

from infra import target
from shared.cities import city_key
from shared.data import listings, searches, store
from shared.data.pages import documents_page

PAGE = 100


class Renewed(NamedTuple):
    """How many documents there are, and how many had another key."""

    seen: int
    renewed: int


def renew() -> tuple[Renewed, Renewed]:
    """Goes through all listings, then through all searches."""
    return _renew_listings(), _renew_searches()


def _renew_listings() -> Renewed:
    seen, renewed, cursor, more = 0, 0, None, True
    query = store.collection(listings.COLLECTION)
    while more:
        page, cursor = documents_page(query, cursor, PAGE)
        stale = [listings.ref(each["id"]) for each in page if each["city_key"] != city_key(each["city"])]
        renewed += sum(map(listings.renew_city_key, store.get(*stale))) if stale else 0
        seen, more = seen + len(page), cursor is not None
    return Renewed(seen, renewed)


def _renew_searches() -> Renewed:
    seen, renewed = 0, 0
    for page in searches.pages_of_all():
        seen, renewed = seen + len(page), renewed + sum(map(searches.renew_city_key, page))
    return Renewed(seen, renewed)


def main() -> None:
    """Renews the keys and says how many."""
    where = target.choose()
    with target.reached(where):
        for name, (seen, renewed) in zip(("listings", "searches"), renew(), strict=True):
            print(f"{renewed:,} of {seen:,} {name} of {where} have a new key of their city.")


if __name__ == "__main__":
    main()
