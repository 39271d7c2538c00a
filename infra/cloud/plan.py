"""Shell commands as data, so that a dry run prints exactly what a real run executes.

A plan is a list of stages. The lanes of a stage run side by side, the commands of a lane one after another, and
the first failure ends the plan with the command that failed.
"""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event

PARALLEL = 8
LINE = 118
NO_QUESTIONS = {"CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}

# Errors after which there is nothing left to do: the words of the different Google services.
THERE_ALREADY = r"already.exists"
GONE_ALREADY = r"not.?found|(does|do) not exist|no such"

# Google Cloud answers so for a while after a service was enabled, an account created or a policy changed.
NOT_YET = (
    r"enabled this API recently|may take a few minutes|concurrent policy changes"
    r"|service account .*(does not exist|not found)|ABORTED|UNAVAILABLE|RESOURCE_EXHAUSTED|quota exceeded|try again"
)
WAITS = (10, 20, 40, 60)
"""Seconds before each further attempt."""


@dataclass(frozen=True)
class Command:
    """One program call, without a shell in between.

    Attributes:
        words: The program and its arguments.
        stdin: The command whose output is piped in. For secrets, which no argument and no log may show.
        unless: Makes this command needless when it holds.
        fine: A pattern; an error that it is found in means that nothing was left to do.
    """

    words: tuple["str | Output", ...]
    stdin: "Command | None" = None
    unless: "Check | None" = None
    fine: str | None = None

    def __str__(self) -> str:
        line = _wrap(self._shell_words())
        if self.stdin:
            line = f"{self.stdin} |\n  {line}"
        return f"{self.unless} ||\n  {line}" if self.unless else line

    @property
    def bare(self) -> str:
        """The command alone and in one line, however long."""
        return " ".join(self._shell_words())

    def _shell_words(self) -> list[str]:
        return [_quote(word) if isinstance(word, str) else str(word) for word in self.words]


@dataclass(frozen=True)
class Output:
    """What another command prints, as part of a word: ``--flag="$(command)"``."""

    command: Command
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        return f'{self.before}"$({self.command.bare})"{self.after}'


@dataclass(frozen=True)
class Check:
    """Holds when the command succeeds and, if a text is wanted, prints it."""

    command: Command
    prints: str = ""

    def __str__(self) -> str:
        return f"{self.command} | grep -q {_quote(self.prints)}" if self.prints else f"{self.command} &> /dev/null"


@dataclass(frozen=True)
class Stage:
    """A step of a plan: lanes side by side, each a list of commands in order."""

    title: str
    lanes: list[list[Command]]


class Failed(Exception):
    """A command that ended with an error."""

    def __init__(self, command: Command, error: str) -> None:
        super().__init__(error)
        self.command = command
        self.error = error


def command(
    text: str,
    *more: str | Output,
    stdin: Command | None = None,
    unless: Check | None = None,
    fine: str | None = None,
) -> Command:
    """A command as one would type it; words with blanks in them come after the text."""
    return Command((*text.split(), *more), stdin, unless, fine)


def show(plan: list[Stage]) -> None:
    """Prints the plan as a script, to read or to paste."""
    print("# To create what exists, or to delete what does not, is no failure here.")
    for name in ("GOOGLE_CLOUD_QUOTA_PROJECT", "GOOGLE_APPLICATION_CREDENTIALS"):
        if name in os.environ:
            print(f"export {name}={os.environ[name]}")
    print(f"export {' '.join(f'{name}={value}' for name, value in NO_QUESTIONS.items())}")
    for number, stage in enumerate(plan, 1):
        together = f" ({len(stage.lanes)} side by side)" if len(stage.lanes) > 1 else ""
        print(f"\n# {number}. {stage.title}{together}")
        for lane in stage.lanes:
            print(*lane, sep="\n")


def run(plan: list[Stage]) -> None:
    """Executes the plan.

    Raises:
        SystemExit: A command failed; it has been printed with its error.
    """
    for number, stage in enumerate(plan, 1):
        print(f"\n{number}. {stage.title}", flush=True)
        stop = Event()
        with ThreadPoolExecutor(PARALLEL) as pool:
            lanes = [pool.submit(_run_lane, lane, stop) for lane in stage.lanes]
        for failure in [error for lane in lanes if (error := lane.exception())]:
            if not isinstance(failure, Failed):
                raise failure
            print(f"\nThis command failed:\n\n{failure.command}\n\n{failure.error}", file=sys.stderr)
        if stop.is_set():
            sys.exit("\nStopped. What came before is done: when the cause is gone, type the same again.")


def calls(plan: list[Stage]) -> Iterator[Command]:
    """Every program call of a plan, those inside of other ones too."""
    for stage in plan:
        for lane in stage.lanes:
            for each in lane:
                yield from _calls(each)


def _calls(each: Command) -> Iterator[Command]:
    if each.unless:
        yield from _calls(each.unless.command)
    if each.stdin:
        yield from _calls(each.stdin)
    for word in each.words:
        if isinstance(word, Output):
            yield from _calls(word.command)
    yield each


def _run_lane(lane: list[Command], stop: Event) -> None:
    for each in lane:
        if stop.is_set():
            return
        started = time.monotonic()
        try:
            changed = _execute(each)
        except BaseException:
            stop.set()
            raise
        mark = "" if changed else "nothing to do: "
        print(f"{time.monotonic() - started:5.0f} s  {mark}{each.bare:.{LINE - len(mark) - 9}}", flush=True)


def _execute(each: Command) -> bool:
    """Runs one command, patiently; False when there was nothing to do."""
    if each.unless and _holds(each.unless):
        return False
    for wait in (*WAITS, None):
        try:
            _output(each)
        except Failed as failure:
            if each.fine and re.search(each.fine, failure.error, re.IGNORECASE):
                return False
            if wait is None or not re.search(NOT_YET, failure.error, re.IGNORECASE):
                raise
            time.sleep(wait)
        else:
            break
    return True


def _holds(check: Check) -> bool:
    try:
        return check.prints in _output(check.command)
    except Failed:
        return False


def _output(each: Command) -> str:
    """Runs one command once and returns what it prints."""
    words = [word if isinstance(word, str) else _expand(word) for word in each.words]
    piped = _output(each.stdin) if each.stdin else ""
    try:
        done = subprocess.run(
            words, input=piped, capture_output=True, text=True, env=os.environ | NO_QUESTIONS, check=False
        )
    except FileNotFoundError:
        raise Failed(each, f"{words[0]} is not installed.") from None
    if done.returncode:
        raise Failed(each, done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}")
    return done.stdout


def _expand(part: Output) -> str:
    printed = _output(part.command).strip()
    if not printed:
        raise Failed(part.command, "Not found: it printed nothing.")
    return f"{part.before}{printed}{part.after}"


def _quote(word: str) -> str:
    """Like ``shlex.quote``, but ``--flag='value'`` as one types it and not ``'--flag=value'``."""
    flag, equals, value = word.partition("=")
    return f"{flag}={shlex.quote(value)}" if equals and re.fullmatch(r"--[a-z-]+", flag) else shlex.quote(word)


def _wrap(words: list[str]) -> str:
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) + 3 > LINE:
            lines.append(f"    {word}")
        else:
            lines[-1] += f" {word}"
    return " \\\n".join(lines)
