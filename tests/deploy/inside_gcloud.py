"""Runs many gcloud commands in one process of gcloud's own Python: a start each would cost a second of a whole core.

Reads commands from standard input, a JSON list of words a line, and prints of each, as a line of JSON, its exit code
and what it said on standard error. The first argument is gcloud's folder.
"""

import json
import os
import socket
import sys
import tempfile
import traceback

sys.path[:0] = [os.path.join(sys.argv[1], "lib"), os.path.join(sys.argv[1], "lib", "third_party")]

from googlecloudsdk import gcloud_main  # type: ignore[import-not-found]  # noqa: E402

REGION = "europe-west1-"
find = socket.getaddrinfo
# gcloud puts the region in front of Cloud Run's address, the stand-in's too.
socket.getaddrinfo = lambda host, *more, **options: find(str(host).removeprefix(REGION), *more, **options)

ANSWERS = os.fdopen(os.dup(1), "w")


def run(cli: object, words: list[str]) -> tuple[int, str]:
    """Executes one command with its output caught; gcloud holds on to the streams that it started with."""
    with tempfile.TemporaryFile("w+") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
        try:
            cli.Execute(words)  # type: ignore[attr-defined]
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        except Exception:  # What gcloud itself reports as a crash.
            code = 1
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        said.seek(0)
        return code, said.read()


if __name__ == "__main__":
    cli = gcloud_main.CreateCLI([])
    for line in sys.stdin.read().splitlines():  # At once: what is left is the input of the commands themselves.
        print(json.dumps(run(cli, json.loads(line))), file=ANSWERS, flush=True)
