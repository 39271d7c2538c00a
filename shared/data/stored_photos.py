"""How photos stand in the document of their listing, and what their objects in the bucket are called.

The field ``photos`` is a list of short texts, the cover first. Texts, because a list of a hundred listings is read more
often than their photos are asked for: taking apart twenty maps in each would cost more than all the rest.
"""

from typing import Any, NamedTuple, Self

from shared.models.photos import PhotoRead, PhotoUrls

FIELD = "photos"
FILES = tuple(f"{size}.webp" for size in PhotoUrls.model_fields)
"""What each photo has in the bucket."""


class Photo(NamedTuple):
    """One photo of a listing.

    Attributes:
        id: Random, and new with every upload: what is deleted never has the name of what is there.
        width: In pixels, of its large picture.
        height: Likewise.
        digest: Of the image as it was sent, by which its repetition is known.
    """

    id: int
    width: int
    height: int
    digest: str

    @classmethod
    def from_stored(cls, text: str) -> Self:
        key, width, height, digest = text.split()
        return cls(int(key), int(width), int(height), digest)

    def to_stored(self) -> str:
        return " ".join(map(str, self))

    def to_model(self, listing_id: int) -> PhotoRead:
        urls = {size: f"/photos/{listing_id}/{self.id}/{size}.webp" for size in PhotoUrls.model_fields}
        return PhotoRead(id=self.id, width=self.width, height=self.height, urls=PhotoUrls(**urls))


def photos_of(listing: dict[str, Any]) -> list[Photo]:
    """The photos in a listing's document; a listing of before has none."""
    return [Photo.from_stored(text) for text in listing.get(FIELD, ())]


def to_models(listing: dict[str, Any]) -> list[PhotoRead]:
    return [photo.to_model(listing["id"]) for photo in photos_of(listing)]


def object_names(listing_id: int, photo_id: int) -> list[str]:
    """The names of a photo's objects in the bucket."""
    return [f"{listing_id}/{photo_id}/{file}" for file in FILES]
