"""What goes in and out of /photos."""

from typing import Annotated

from pydantic import Field, PlainSerializer, SerializationInfo

from shared.models.base import Body, Model
from shared.models.fields import Id


def _absolute(path: str, info: SerializationInfo) -> str:
    base_url = (info.context or {})["base_url"]
    return f"{base_url()}{path}"


PublicUrl = Annotated[str, PlainSerializer(_absolute, return_type=str), Field(json_schema_extra={"format": "uri"})]
"""A path of this API that is answered as an absolute URL. ``base_url`` of the serialization's context says the rest."""


class PhotoUrls(Model):
    """Where a photo is, in three sizes of WebP: at most 1600, 800 and 320 pixels long. Nothing is enlarged."""

    large: PublicUrl
    medium: PublicUrl
    small: PublicUrl


class PhotoRead(Model):
    """A photo of a listing; ``width`` and ``height`` are those of the large one, in pixels."""

    id: Id
    width: Annotated[int, Field(ge=1)]
    height: Annotated[int, Field(ge=1)]
    urls: PhotoUrls


class PhotoOrder(Body):
    """All photos of a listing by their ids, in their new order; the first is the cover."""

    order: Annotated[list[Id], Field(max_length=100)]
