"""Photos of listings: their objects in the bucket, and the listing's document, which says which of them there are.

Objects come first and go last. A request that ends anywhere in between leaves objects that no document knows, never a
document that knows what is not there; such orphans are swept. A photo has a new random id with every upload, so nothing
that is deleted late can be what was uploaded again.
"""

import hashlib
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import count, groupby, islice

from shared import clock
from shared.data import bucket, listings, store
from shared.data.bucket import Object
from shared.data.stored_photos import FILES, Photo, object_names, photos_of, to_models
from shared.data.users import User
from shared.enums import Role
from shared.errors import Conflict, Invalid, NotFound
from shared.models.photos import PhotoRead

MOST = 20
"""Photos of one listing."""

GRACE = timedelta(hours=3)
"""A younger object may belong to an upload that is not finished; a request ends within a minute."""

SWEEP_SECONDS = 200.0
"""How long one sweep goes on; the next one goes on where it has stopped."""

PAGE = 200
"""Listings whose objects are looked at together."""


def add(listing_doc: listings.Snapshot, user: User, image: bytes) -> PhotoRead:
    """Adds a photo at the end. If the listing has the same image already, that photo is answered.

    Args:
        listing_doc: The listing.
        user: Its owner or an admin.
        image: The image as it was sent.

    Raises:
        Conflict: The listing has as many photos as it can have.
        UnsupportedMedia: It is none of the formats that are taken.
        Invalid: It is broken, cut off, or too large.
        Unavailable: The storage cannot be reached, or too many images wait for their turn.
    """
    from shared.images import to_picture  # Takes time and memory, and nothing but an upload needs it.

    listing = listings.editable(listing_doc, user)
    digest = hashlib.sha256(image).hexdigest()[:32]
    if same := _find(photos_of(listing), digest):
        return same.to_model(listing["id"])
    _check_room(photos_of(listing))
    picture = to_picture(image)
    store.restart_clock()

    def stored() -> Photo:
        photo = Photo(store.new_id(), picture.width, picture.height, digest)
        bucket.put(dict(zip(object_names(listing["id"], photo.id), picture.files.values(), strict=True)), "image/webp")
        return photo

    photo = stored()
    tries = count()

    def with_photo(photos: list[Photo]) -> list[Photo]:
        nonlocal photo
        if _find(photos, digest):
            return photos  # The same upload at the same time, or this one, whose acknowledgement was lost.
        _check_room(photos)
        if next(tries):  # Perhaps it was there already, and has been deleted since, with its objects.
            photo = stored()
        return [*photos, photo]

    photos = listings.change_photos(listing_doc, with_photo, user)
    return (_find(photos, digest) or photo).to_model(listing["id"])


def _find(photos: Iterable[Photo], digest: str) -> Photo | None:
    return next((photo for photo in photos if photo.digest == digest), None)


def _check_room(photos: list[Photo]) -> None:
    if len(photos) >= MOST:
        raise Conflict(f"A listing has at most {MOST} photos", code="too_many_photos")


def list_visible(listing_doc: listings.Snapshot, user: User | None) -> list[PhotoRead]:
    """The photos of a listing, the cover first; those of an inactive one for its owner and admins.

    Raises:
        NotFound: There is no such listing, or it is inactive and of somebody else.
    """
    listing = listing_doc.to_dict()
    if not listing or not (
        listings.is_visible(listing) or (user and (user.role is Role.ADMIN or user.id == listing["owner_id"]))
    ):
        raise NotFound("Listing not found")
    return to_models(listing)


def reorder(listing_doc: listings.Snapshot, user: User, order: list[int]) -> list[PhotoRead]:
    """Puts the photos into another order.

    Raises:
        Invalid: The ids are not exactly those of the photos that are there.
    """

    def in_order(photos: list[Photo]) -> list[Photo]:
        by_id = {photo.id: photo for photo in photos}
        if sorted(order) != sorted(by_id):
            raise Invalid.at(("body", "order"), "must name every photo of the listing once")
        return [by_id[key] for key in order]

    photos = listings.change_photos(listing_doc, in_order, user)
    listing_id = int(listing_doc.reference.id)
    return [photo.to_model(listing_id) for photo in photos]


def remove(listing_doc: listings.Snapshot, user: User, photo_id: int) -> None:
    """Deletes a photo. Repeating it is harmless, and finishes what an interrupted one has left.

    Raises:
        Unavailable: The storage cannot be reached; the photo may already be gone from the listing.
    """
    listings.change_photos(listing_doc, lambda photos: [each for each in photos if each.id != photo_id], user)
    bucket.delete(object_names(int(listing_doc.reference.id), photo_id))


def delete_all(listing_id: int) -> None:
    """Deletes all photos of a listing, whoever owns it; its function needs the bucket. Repeating it is harmless.

    What an interrupted one leaves in the bucket, the sweep takes.

    Raises:
        Unavailable: The storage cannot be reached; the photos may already be gone from the listing.
    """
    (listing_doc,) = store.get(listings.ref(listing_id))
    photos = photos_of(listing_doc.to_dict() or {})
    gone = {photo.id for photo in photos}
    listings.change_photos(listing_doc, lambda photos: [each for each in photos if each.id not in gone])
    bucket.delete([name for photo in photos for name in object_names(listing_id, photo.id)])


def forget_owner(user_id: int) -> None:
    """Deletes the photos of all listings of a person; its function needs the bucket. Repeating it is harmless.

    Raises:
        Unavailable: As above.
    """
    for page in listings.pages_of(user_id):
        for listing_doc in page:
            if photos_of(listing_doc.to_dict() or {}):
                delete_all(int(listing_doc.reference.id))


def get_file(listing_id: int, photo_id: int, file: str) -> bytes:
    """One of a photo's files, such as ``large.webp``.

    Raises:
        NotFound: There is none of this name.
    """
    if file not in FILES:
        raise NotFound
    return bucket.get(f"{listing_id}/{photo_id}/{file}")


def sweep() -> int:
    """Deletes the objects that no listing knows and that are old enough; how many.

    It may run at any time, also twice at once. It looks at every object, in the order of their names, as far as the
    time allows, and begins where the last one has stopped.
    """
    cursor_ref = store.document("schedules", "sweep_photos")
    begin = (store.get(cursor_ref)[0].to_dict() or {}).get("swept_to", "")
    ends, swept = time.monotonic() + SWEEP_SECONDS, 0
    by_listing = _by_listing(bucket.list_objects(begin))
    while page := list(islice(by_listing, PAGE)):
        with store.bounded():
            swept += _sweep(dict(page))
        if out_of_time := time.monotonic() > ends:
            break
    batch = store.Batch()
    batch.set(cursor_ref, {"swept_to": page[-1][1][-1].name if page and out_of_time else ""})
    batch.commit()
    return swept


def _by_listing(objects: Iterator[Object]) -> Iterator[tuple[str, list[Object]]]:
    """The objects of each listing, whose id begins their names."""
    for listing_id, some in groupby(objects, lambda each: each.name.partition("/")[0]):
        yield listing_id, list(some)


def _sweep(objects: dict[str, list[Object]]) -> int:
    """Deletes the orphans among the objects of some listings."""
    found = store.get(*(store.document(listings.COLLECTION, listing_id) for listing_id in objects))
    known = {
        name
        for listing_doc in found
        for photo in photos_of(listing_doc.to_dict() or {})
        for name in object_names(int(listing_doc.reference.id), photo.id)
    }
    oldest = clock.now() - GRACE
    orphans = [
        each.name for some in objects.values() for each in some if each.name not in known and each.written_at < oldest
    ]
    bucket.delete(orphans)
    return len(orphans)
