"""Photos of listings: uploaded, ordered and deleted by their owners, seen by everybody."""

from shared.data import listings, photos, store
from shared.models.base import Status
from shared.models.photos import PhotoOrder, PhotoRead
from shared.web.answers import Picture
from shared.web.caller import Caller
from shared.web.group import Group
from shared.web.parameters import Upload

api = Group("photos", __doc__)


@api.post("/photos/{listing_id}", errors=(403, 404, 409, 415))
def add_photo(caller: Caller, listing_id: int, upload: Upload) -> PhotoRead:
    """Add a photo to a listing, as its last one; for its owner or an admin.

    The body is one JPEG, PNG, WebP, HEIC or AVIF image of at most 12 MiB and 50 megapixels, whatever its content type
    says. It is shown upright and without any metadata. The same image sent again is the photo that is there. A listing
    has at most 20 (409).
    """
    user, listing_doc = caller.load(listings.ref(listing_id))
    listings.editable(listing_doc, user)  # Nobody else's body is read.
    return photos.add(listing_doc, user, upload.read())


@api.get("/photos/{listing_id}", errors=(401,))
def get_photos(listing_id: int) -> list[PhotoRead]:
    """Show the photos of a listing, the cover first; while it is inactive, to its owner and admins only."""
    (listing_doc,) = store.get(listings.ref(listing_id))
    user = None if listings.is_public(listing_doc) else Caller.load_if_given()
    return photos.list_visible(listing_doc, user)


@api.put("/photos/{listing_id}", errors=(403, 404))
def order_photos(caller: Caller, listing_id: int, body: PhotoOrder) -> list[PhotoRead]:
    """Put the photos of a listing into another order; for its owner or an admin. The first is the cover."""
    user, listing_doc = caller.load(listings.ref(listing_id))
    return photos.reorder(listing_doc, user, body.order)


@api.delete("/photos/{listing_id}/{photo_id}", errors=(403, 404))
def delete_photo(caller: Caller, listing_id: int, photo_id: int) -> Status:
    """Delete a photo; for the listing's owner or an admin. Repeating it is harmless."""
    user, listing_doc = caller.load(listings.ref(listing_id))
    photos.remove(listing_doc, user, photo_id)
    return Status()


@api.get("/photos/{listing_id}/{photo_id}/{file}", errors=(404,))
def get_photo_file(listing_id: int, photo_id: int, file: str) -> Picture:
    """Show a photo: large.webp, medium.webp or small.webp. Under one address there is always the same picture."""
    return Picture(photos.get_file(listing_id, photo_id, file))
