"""Photos of the demo's listings: which of the drawn pictures go together, and with which listing."""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from shared.data import bucket, store
from shared.data.stored_photos import Photo, object_names
from shared.enums import PropertyType
from shared.images import Picture, to_picture
from shared.models.details import DetailsWrite
from shared.models.listings import ListingWrite

FOLDER = Path(__file__).parent / "pictures"

FLATS = (
    ("living-06", "kitchen-02", "bedroom-01", "bathroom-01"),
    ("living-03", "kitchen-03", "bedroom-04", "bathroom-04"),
    ("living-01", "kitchen-04", "bedroom-03", "bathroom-03"),
    ("living-02", "kitchen-01", "bedroom-07", "bathroom-02"),
    ("living-05", "kitchen-05", "bedroom-05"),
    ("living-07", "kitchen-04", "bedroom-06"),
    ("living-08", "kitchen-06", "bedroom-02", "bathroom-02"),
    ("living-04", "kitchen-04", "bedroom-02", "bathroom-03"),
)
"""Rooms in the colours of one flat."""

HOUSES = ("house-01", "house-02", "house-03", "house-04", "house-05", "house-06")
ROOMS = (("room-01", "kitchen-04"), ("room-02", "kitchen-02"), ("room-03", "bathroom-03"), ("room-04", "kitchen-06"))
TRADES = {
    "Офис": (("office-01",), ("office-02", "office-04")),
    "Магазин": (("office-03",),),
    "Помещение под кафе": (("office-05",),),
    "Помещение свободного назначения": (("office-04",), ("office-02",)),
}
"""By how the title begins. Of others, such as stores, there are no pictures, as not every owner has some."""


def of(listing: ListingWrite, number: int) -> Sequence[str]:
    """The names of the pictures that a listing has; each number is another home."""
    rooms = listing.details.rooms if isinstance(listing.details, DetailsWrite) else None
    flat = FLATS[number % len(FLATS)]
    if listing.property_type is PropertyType.FLAT:
        return tuple(name for name in flat if rooms != 1 or not name.startswith("bedroom"))
    if listing.property_type is PropertyType.HOUSE:
        return (HOUSES[number % len(HOUSES)], *flat[:3])
    if listing.property_type is PropertyType.ROOM:
        return ROOMS[number % len(ROOMS)]
    chosen = next((some for trade, some in TRADES.items() if listing.title.startswith(trade)), ((),))
    return chosen[number % len(chosen)]


def upload(listing_id: int, names: Sequence[str]) -> list[Photo]:
    """Puts pictures into the bucket, as an upload would. The listing's document is still to be written."""
    photos: list[Photo] = []
    files: dict[str, bytes] = {}
    for name in names:
        digest, picture = _picture(name)
        photos.append(Photo(store.new_id(), picture.width, picture.height, digest))
        files |= dict(zip(object_names(listing_id, photos[-1].id), picture.files.values(), strict=True))
    if files:
        bucket.put(files, "image/webp")
    return photos


@cache
def _picture(name: str) -> tuple[str, Picture]:
    image = (FOLDER / f"{name}.webp").read_bytes()
    return hashlib.sha256(image).hexdigest()[:32], to_picture(image)
