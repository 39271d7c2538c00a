"""The opt-in ``include``: what it takes, and that an answer without it keeps its keys."""

from typing import Any, Literal

import pytest
from pydantic import MISSING, TypeAdapter, ValidationError

from shared.models.base import Model, Params
from shared.models.include import Include


class Chosen(Params):
    include: Include[Literal["photos", "details"]] = frozenset()


class Item(Model):
    id: int
    photos: list[int] | MISSING = MISSING
    details: int | MISSING | None = MISSING


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, set()),
        ({"include": ""}, set()),
        ({"include": " "}, set()),
        ({"include": "photos"}, {"photos"}),
        ({"include": "details, photos,"}, {"photos", "details"}),
        ({"include": "photos,photos"}, {"photos"}),
    ],
)
def test_names_are_separated_by_commas_and_an_empty_value_counts_as_absent(query: Any, names: set[str]) -> None:
    assert Chosen.model_validate(query).include == names


@pytest.mark.parametrize("value", ["contact", "photos,contact", "Photos", "photos;details"])
def test_an_unknown_name_is_refused(value: str) -> None:
    with pytest.raises(ValidationError):
        Chosen.model_validate({"include": value})


def test_an_answer_has_a_key_only_when_it_was_included() -> None:
    items = [Item(id=1), Item(id=2, photos=[]), Item(id=3, details=None)]
    assert TypeAdapter(list[Item]).dump_json(items) == b'[{"id":1},{"id":2,"photos":[]},{"id":3,"details":null}]'
