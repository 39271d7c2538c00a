"""Runs a plan: waits for what is known to pass, stops at once at what is not, and says what a person has to do.

Google's services answer late after something was enabled, created or granted. Each pattern below is an answer that
has been seen or is documented for such a moment. Everything else is a failure and ends the run.
"""

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

from infra.cloud.plan import LINE, NO_QUESTIONS, Check, Command, IsThere, Stage, Word

PARALLEL = 8
WAITS = (10, 20, 40, 60, 60)
"""Seconds before each further attempt."""
UNTIL_SECONDS = 3600
"""How long to repeat a command that waits for an answer, such as an index that is being built."""

PASSES = "|".join(
    (
        # A service was just enabled, or an account of Google's own was just made.
        "enabled this API recently|has not been used in project .* before|may take a few minutes|try again",
        # An account was just created, or a right was just granted.
        "service account .*(does not exist|not found)|or it may not exist|concurrent policy changes",
        "permission denied on secret|access to bucket gcf-v2-|storage.objects.get access",
        # Two changes at one time: indexes, images, operations.
        "please retry|underlying data changed|concurrent access|gcf-artifacts|operation.*in progress|unable to queue",
        # Too many requests in a minute, and moments of weakness.
        "ABORTED|UNAVAILABLE|RESOURCE_EXHAUSTED|rate.?limit|quota exceeded for quota metric|internal error",
    )
)

NEVER_PASSES = {
    r"terms of service": (
        "Accept Firebase's terms once, as the person who deploys: https://console.firebase.google.com/?forceCheckTos=true"
    ),
    r"billing.{0,80}(disabled|not (enabled|found|open|active)|must be enabled)|billing_disabled": (
        "The project needs an active billing account: https://console.cloud.google.com/billing/linkedaccount"
    ),
    r"total allowable cpu|max.?instances must be|cpu.{0,40}quota|quota.{0,60}cpu": (
        "The region's CPU quota is too small for the largest function. Raise the quota (infra/README.md, "
        '"Size and quotas") or lower maxInstances in functions.yaml.'
    ),
    r"bucket name is not available|bucket.{0,40}owned by (another|someone)": (
        "Another project has a bucket of this name. Write another name as PHOTOS_BUCKET=… into .env.PROJECT."
    ),
}
"""What a person has to do, by the error. Waiting does not help, even if the error says "try again"."""

HINTS = {
    r"failed to add firebase": "firebase-debug.log has Google's own answer. Is the project's owner logged in?",
    r"permission|not authorized|forbidden": (
        "Look whether this account may do it: gcloud config get account. The rights that a deploy needs are in "
        'infra/README.md, "Deploying from GitHub".'
    ),
}
"""What to look at, by the error, when waiting did not help."""


class Failed(Exception):
    """A command that ended with an error."""

    def __init__(self, command: Command, error: str) -> None:
        super().__init__(error)
        self.command = command
        self.error = error


def run(plan: list[Stage]) -> None:
    """Executes the plan.

    Raises:
        SystemExit: A command failed; it has been printed with its error and what to do.
    """
    runner = _Runner()
    for number, stage in enumerate(plan, 1):
        print(f"\n{number}. {stage.title}", flush=True)
        runner.run(stage)


def read(command: Command) -> str:
    """What a command prints, asked patiently; nothing if its error is one that it calls fine.

    Raises:
        SystemExit: The command failed.
    """
    try:
        return _Runner().output(command, patient=True)
    except Failed as failure:
        if command.fine and _contains(command.fine, failure.error):
            return ""
        sys.exit(_report(failure))


class _Runner:
    """One run, with the answers that it asks for only once."""

    def __init__(self) -> None:
        self._stop = Event()
        self._answers: dict[Command, str] = {}
        self._lock = Lock()

    def run(self, stage: Stage) -> None:
        with ThreadPoolExecutor(PARALLEL) as pool:
            lanes = [pool.submit(self._run_lane, lane) for lane in stage.lanes]
        for failure in [error for lane in lanes if (error := lane.exception())]:
            if not isinstance(failure, Failed):
                raise failure
            print(_report(failure), file=sys.stderr)
        if self._stop.is_set():
            sys.exit("\nStopped. What came before is done: when the cause is gone, type the same again.")

    def _run_lane(self, lane: list[Command]) -> None:
        for each in lane:
            if self._stop.is_set():
                return
            started = time.monotonic()
            try:
                changed = self._execute(each)
            except BaseException:
                self._stop.set()
                raise
            mark = "" if changed else "nothing to do: "
            print(f"{time.monotonic() - started:5.0f} s  {mark}{each.in_one_line:.{LINE - len(mark) - 9}}", flush=True)

    def _execute(self, each: Command) -> bool:
        """Runs one command; False when there was nothing to do."""
        if each.unless and self._holds(each.unless):
            return False
        try:
            printed = self.output(each, patient=True)
        except Failed as failure:
            if each.fine and _contains(each.fine, failure.error):
                return False
            if each.otherwise and _contains(each.otherwise[0], failure.error):
                return self._execute(each.otherwise[1])
            raise
        if each.until is not None:
            self._repeat(each, printed)
        return True

    def _repeat(self, each: Command, printed: str) -> None:
        deadline = time.monotonic() + UNTIL_SECONDS
        while not re.fullmatch(each.until or "", printed.strip(), re.DOTALL):
            if time.monotonic() > deadline:
                raise Failed(each, f"Still waiting after {UNTIL_SECONDS} s: {printed.strip()}")
            time.sleep(WAITS[0])
            printed = self.output(each, patient=True)

    def _holds(self, check: Check | IsThere) -> bool:
        if isinstance(check, IsThere):
            return bool(self.output(check.command, patient=True).strip())
        try:
            wanted = self._expand(check.prints, patient=False)
            return wanted in self.output(check.command, patient=False)
        except Failed:
            return False

    def output(self, each: Command, patient: bool) -> str:
        """What a command prints. A patient caller waits for what passes."""
        if not each.once:
            return self._patiently(each, patient)
        with self._lock:
            if each not in self._answers:
                self._answers[each] = self._patiently(each, patient)
            return self._answers[each]

    def _patiently(self, each: Command, patient: bool) -> str:
        for wait in WAITS if patient else ():
            try:
                return self._call(each, patient)
            except Failed as failure:
                if not _passes(each, failure.error):
                    raise
                time.sleep(wait)
        return self._call(each, patient)

    def _call(self, each: Command, patient: bool) -> str:
        words = [self._expand(word, patient) for word in each.words]
        piped = self.output(each.stdin, patient) if each.stdin else ""
        try:
            done = start(words, piped)
        except FileNotFoundError:
            raise Failed(each, f"{words[0]} is not installed.") from None
        if done.returncode:
            raise Failed(each, done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}")
        return done.stdout

    def _expand(self, word: Word, patient: bool) -> str:
        if isinstance(word, str):
            return word
        return "".join(each if isinstance(each, str) else self._printed(each, patient) for each in word.parts)

    def _printed(self, each: Command, patient: bool) -> str:
        printed = self.output(each, patient).strip()
        if not printed:
            raise Failed(each, "Not found: it printed nothing.")
        return printed


def start(words: list[str], piped: str) -> subprocess.CompletedProcess[str]:
    """Starts a program, gives it its input and waits for its end."""
    return subprocess.run(
        words, input=piped, capture_output=True, text=True, env=os.environ | NO_QUESTIONS, check=False
    )


def advice(error: str) -> str | None:
    """What a person has to do about an error."""
    return next((told for pattern, told in (NEVER_PASSES | HINTS).items() if _contains(pattern, error)), None)


def _passes(each: Command, error: str) -> bool:
    """Whether waiting helps. An error that the command itself expects is not waited for."""
    expected = [pattern for pattern in (each.fine, each.otherwise and each.otherwise[0]) if pattern]
    return _contains(PASSES, error) and not any(_contains(pattern, error) for pattern in [*expected, *NEVER_PASSES])


def _contains(pattern: str, error: str) -> bool:
    return re.search(pattern, error, re.IGNORECASE | re.DOTALL) is not None


def _report(failure: Failed) -> str:
    told = advice(failure.error)
    to_do = f"\n\nWhat to do: {told}" if told else ""
    return f"\nThis command failed:\n\n{failure.command}\n\n{failure.error}{to_do}"
