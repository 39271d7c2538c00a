"""Fixtures that look at what the functions send to Firestore."""

from collections.abc import Iterator

import pytest

from tests.instruments.api import Api
from tests.instruments.costs import Meter
from tests.instruments.recorder import Recorder


@pytest.fixture
def recorder(api: Api) -> Iterator[Recorder]:
    """Takes down what the functions of ``api`` send to Firestore."""
    with Recorder().installed() as recorder:
        yield recorder


@pytest.fixture
def meter(recorder: Recorder) -> Meter:
    """Counts what the functions of ``api`` use of Firestore."""
    return Meter(recorder)
