"""Brings stored listings to the keys that their cities have now (shared/cities.py); it can be repeated at any time.

Without PROJECT the running local system is meant, with it that project's database.

Nothing else needs it: preferences store the city as it was typed, and what a tenant's feed has covered stays true. It
is stored for the city's key of that time. No listing comes under a key without a new position, which no coverage has;
and a listing that a tenant has acted on stays known to their feed wherever it stands.
"""

from infra import target
from shared.cities import city_key
from shared.data import listings, store
from shared.data.pages import documents_page

PAGE = 100


def renew() -> tuple[int, int]:
    """Goes through all listings. Returns how many there are, and how many had another key."""
    seen, renewed, cursor, more = 0, 0, None, True
    query = store.collection(listings.COLLECTION)
    while more:
        page, cursor = documents_page(query, cursor, PAGE)
        stale = [listings.ref(each["id"]) for each in page if each["city_key"] != city_key(each["city"])]
        renewed += sum(map(listings.renew_city_key, store.get(*stale))) if stale else 0
        seen, more = seen + len(page), cursor is not None
    return seen, renewed


def main() -> None:
    """Renews the keys and says how many."""
    where = target.choose()
    with target.reached(where):
        seen, renewed = renew()
    print(f"{renewed:,} of {seen:,} listings of {where} have a new key of their city.")


if __name__ == "__main__":
    main()
