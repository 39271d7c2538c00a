"""Data of before: swipes that are likes and have no like's document."""

from infra.migrate import migrate
from shared.data import likes, store, swipes
from tests.instruments.api import Api
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
    assert migrate() == 1
    (made,) = dump().keys() - before.keys()
    assert made == f"likes/{tenant.id}_{liked['id']}"
    fields = store.get(likes.ref(tenant.id, liked["id"]))[0].to_dict() or {}
    assert (fields["user_id"], fields["listing_id"], fields["owner_id"]) == (tenant.id, liked["id"], owner.id)
    after = dump()
    assert migrate() == 0
    assert dump() == after
