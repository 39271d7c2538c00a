"""The function's process dies between any two of its calls: what is left is what one clean request leaves."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.faults.operations import OPERATIONS
from tests.faults.test_faults import clean, start
from tests.instruments.api import Api
from tests.instruments.processes import Served, served
from tests.instruments.proxy import Fault, Proxy, at


@pytest.fixture(scope="module")
def process(_proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Served]]:
    """Functions in processes of their own, each started when it is first asked for."""
    running: dict[str, Served] = {}
    with ExitStack() as stack:

        def get(function: str) -> Served:
            if function not in running:
                folder = Path(tmp_path_factory.mktemp(function))
                running[function] = stack.enter_context(
                    served(function, folder, FIRESTORE_EMULATOR_HOST=_proxy.address)
                )
            return running[function]

        yield get


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_request_may_be_repeated_after_its_process_has_died(
    api: Api, proxy: Proxy, process: Callable[[str], Served], name: str
) -> None:
    operation = OPERATIONS[name]
    function = process(operation.function)
    expected, calls = clean(api, proxy, operation)
    for number in range(len(calls)):
        # Killed after a call's work but before its answer is also killed before the next call.
        for after in (False, True) if number == 0 or calls[number] == "Commit" else (True,):
            world = start(api, proxy, operation)
            with (
                proxy.planned(at(number, Fault("UNAVAILABLE", after=after, then=function.kill_worker))),
                pytest.raises(requests.RequestException),
            ):
                operation.send(world, function)
            again = operation.send(world, function)
            assert again.status_code in operation.done, again.text
            assert world.state() == expected, (number, after)
    operation.then(world)
