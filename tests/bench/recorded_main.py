"""main.py with every request's Firestore calls taken down in a file: the benchmark runs this in place of main.py.

Run by functions-framework with ``--source tests/bench/recorded_main.py``; BENCH_RECORD names the file, which gets one
line of JSON for each request.
"""

import json
import os
from collections.abc import Callable
from typing import Any

import flask
import functions_framework

from functions import FUNCTIONS, Kind
from tests.bench import patient_main
from tests.instruments.recorder import Calls, Recorder

RECORDER = Recorder()
INSTALLED = RECORDER.installed()
INSTALLED.__enter__()  # For the life of the process, and as long as somebody holds on to it.


def __getattr__(name: str) -> Any:
    handler = getattr(patient_main, name)
    if FUNCTIONS[name].kind is Kind.EVENT:
        return functions_framework.cloud_event(recorded(name, handler))
    # An endpoint group answers in the place of the framework's application, and not as its function.
    app = flask.current_app
    app.wsgi_app = recorded(name, app.wsgi_app)  # type: ignore[method-assign]
    return handler


def recorded(name: str, answer: Callable[..., Any]) -> Callable[..., Any]:
    def answer_and_report(*given: Any) -> Any:
        with RECORDER.recording() as calls:
            answered = answer(*given)
        _report(calls)
        return answered

    answer_and_report.__name__ = name
    return answer_and_report


def _report(calls: Calls) -> None:
    with open(os.environ["BENCH_RECORD"], "a") as report:
        report.write(json.dumps(calls.figures()) + "\n")
