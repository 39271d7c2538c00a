"""The demo's listings: what a title says, the details say too."""

import re
from itertools import islice

from infra.local.demo_listings import listings
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
