"""Data of before: swipes that are likes and have no like's document, preferences that are documents."""

from infra.migrate import copy_preferences, make_likes
from shared.data import likes, store, swipes, users
from tests.instruments.api import PASSWORD, Api
from tests.security.database import dump


def test_likes_of_before_become_documents_once(api: Api) -> None:
    owner, tenant = api.person("landlord"), api.person()
    liked, disliked, known = (owner.listing() for _ in range(3))
    batch = store.Batch()
    for listing, action in ((liked, "like"), (disliked, "dislike")):
        swipe = {"user_id": tenant.id, "listing_id": listing["id"], "owner_id": owner.id, "action": action}
        batch.set(swipes.ref(tenant.id, listing["id"]), swipe)
    batch.commit()
    tenant.act(known, "like")
    before = dump()
    assert make_likes() == 1
    (made,) = dump().keys() - before.keys()
    assert made == f"likes/{tenant.id}_{liked['id']}"
    fields = store.get(likes.ref(tenant.id, liked["id"]))[0].to_dict() or {}
    assert (fields["user_id"], fields["listing_id"], fields["owner_id"]) == (tenant.id, liked["id"], owner.id)
    after = dump()
    assert make_likes() == 0
    assert dump() == after


def test_preferences_of_before_are_copied_to_their_user_once(api: Api) -> None:
    tenant, later, gone = api.person(), api.person(), api.person()
    filters = {"rooms_min": 2, "rooms_max": None, "area_min": 4025, "area_max": None, "with_photos": None}
    old = {"city": "Astana", "deal_type": "rent", "property_type": None, "price_min": None, "price_max": 5000}
    batch = store.Batch()
    for person in (tenant, later, gone):
        document = old | {"id": person.id, "user_id": person.id} | ({"filters": filters} if person is tenant else {})
        batch.set(store.document("preferences", person.id), document)
    batch.delete(users.ref(gone.id))
    batch.commit()
    newer = later.ok("POST", "/preferences", json={"city": "Almaty"})
    assert copy_preferences() == 1
    asked = tenant.ok("GET", "/preferences?include=filters")
    assert asked == old | {"id": tenant.id, "user_id": tenant.id, "price_max": 50} | {
        "filters": filters | {"area_min": 40.25}
    }
    assert later.ok("GET", "/preferences") == newer
    assert f"users/{gone.id}" not in dump()
    after = dump()
    assert copy_preferences() == 0
    assert dump() == after


def test_preferences_of_before_that_had_no_filters_are_shown(api: Api) -> None:
    tenant = api.person()
    old = {"city": None, "deal_type": None, "property_type": None, "price_min": 100, "price_max": None}
    batch = store.Batch()
    batch.set(store.document("preferences", tenant.id), old | {"id": tenant.id, "user_id": tenant.id})
    batch.commit()
    copy_preferences()
    assert tenant.ok("GET", "/preferences?include=filters")["filters"]["rooms_min"] is None
    owner = api.person("landlord")
    owner.listing(price=0.5)
    assert tenant.ok("GET", "/feed/next") is None


def test_preferences_of_before_go_with_their_user(api: Api) -> None:
    person = api.person()
    batch = store.Batch()
    batch.set(store.document("preferences", person.id), {"id": person.id, "user_id": person.id, "city": "Astana"})
    batch.commit()
    assert person.ok("GET", "/auth/me/export")["data"]["preferences"][0]["city"] == "Astana"
    person.ok("DELETE", "/auth/me", json={"current_password": PASSWORD})
    assert not [path for path in dump() if path.startswith("preferences/")]
