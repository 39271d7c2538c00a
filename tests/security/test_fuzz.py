"""A short fuzz run of every operation; the long one is tests/soak."""

from importlib import import_module

import pytest

from functions import HTTP_FUNCTIONS
from tests.instruments.api import Api
from tests.security import fuzzing
from tests.security.database import check_whole, dump

GROUPS = [import_module(f"functions.{name}").api for name in HTTP_FUNCTIONS]


@pytest.mark.filterwarnings("ignore")
def test_every_operation_survives_a_fuzzer(api: Api) -> None:
    world = fuzzing.made(api)
    sent = {name: fuzzing.fuzz(world, each, 20, seeded=True) for name, each in fuzzing.operations(api).items()}
    built = {f"{each.method} {each.path}" for group in GROUPS for each in group.operations}
    assert sent.keys() == built - {"GET /openapi.json"}  # Which the fuzzer takes for its own.
    assert sum(sent.values()) > 10 * len(sent)
    check_whole(dump())
