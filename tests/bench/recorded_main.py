"""main.py with every request's Firestore calls taken down in a file: the benchmark runs this in place of main.py.

Run by functions-framework with ``--source tests/bench/recorded_main.py``; BENCH_RECORD names the file, which gets one
line of JSON for each request.
"""

import json
import os
from typing import Any

import functions_framework

from functions import FUNCTIONS, Kind
from tests.bench import patient_main
from tests.instruments.recorder import Calls, Recorder

RECORDER = Recorder()
INSTALLED = RECORDER.installed()
INSTALLED.__enter__()  # For the life of the process, and as long as somebody holds on to it.


def __getattr__(name: str) -> Any:
    handler = getattr(patient_main, name)

    def recorded(given: Any) -> Any:
        with RECORDER.recording() as calls:
            answer = handler(given)
        _report(calls)
        return answer

    recorded.__name__ = name
    return functions_framework.cloud_event(recorded) if FUNCTIONS[name].kind is Kind.EVENT else recorded


def _report(calls: Calls) -> None:
    with open(os.environ["BENCH_RECORD"], "a") as report:
        report.write(json.dumps(calls.figures()) + "\n")
