"""The demo's listings: what a title says, the details say too."""

import re
from itertools import islice

from infra.local import demo_pictures
from infra.local.demo_listings import listings
from shared.enums import PropertyType
from shared.models.details import DetailsWrite


def test_titles_and_details_agree() -> None:
    for listing in islice(listings(), 1000):
        details = listing.details
        assert isinstance(details, DetailsWrite)
        assert f"{details.area} м²" in listing.title
        assert (details.district or details.address or "?") in listing.title
        if told := re.match(r"(\d+)-комнат", listing.title):
            assert details.rooms == int(told[1])
        if told := re.search(r"(\d+)/(\d+) этаж", listing.title):
            assert (details.floor, details.floors) == (int(told[1]), int(told[2]))


def test_pictures_exist_and_agree_with_the_kind_of_home() -> None:
    kinds: dict[PropertyType, set[str]] = {kind: set() for kind in PropertyType}
    without = 0
    for number, listing in enumerate(islice(listings(), 360)):
        names = demo_pictures.of(listing, number)
        assert len(names) == len(set(names)) <= 4
        assert all((demo_pictures.FOLDER / f"{name}.webp").exists() for name in names)
        kinds[listing.property_type] |= {name.split("-")[0] for name in names}
        without += not names
    assert kinds == {
        PropertyType.FLAT: {"living", "kitchen", "bedroom", "bathroom"},
        PropertyType.HOUSE: {"house", "living", "kitchen", "bedroom"},
        PropertyType.ROOM: {"room", "kitchen", "bathroom"},
        PropertyType.COMMERCIAL: {"office"},
    }
    assert 0 < without < 60
