"""Shell commands as data, so that a dry run prints exactly what a real run executes.

A plan is a list of stages. The lanes of a stage run side by side, the commands of a lane one after another.
running.py runs a plan.
"""

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

LINE = 118
NO_QUESTIONS = {"CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}

# Errors after which nothing is left to do: the words of the different Google services.
THERE_ALREADY = r"already.exists|already own it"
GONE_ALREADY = r"not.?found|cannot find|(does|do) not exist|no such|no urls matched"


@dataclass(frozen=True)
class Command:
    """One program call, without a shell in between.

    Attributes:
        words: The program and its arguments.
        stdin: The command whose output is piped in. For secrets, which no argument and no log may show.
        unless: The command is not needed when this holds.
        fine: A pattern. An error that contains it means that nothing was left to do.
        otherwise: A pattern and a command. The command runs instead when the error contains the pattern.
        until: A pattern. The command is repeated until all that it prints matches.
        once: The output does not change during a run, so a run asks only once.
    """

    words: tuple["Word", ...]
    stdin: "Command | None" = None
    unless: "Check | IsThere | None" = None
    fine: str | None = None
    otherwise: "tuple[str, Command] | None" = None
    until: str | None = None
    once: bool = False

    def __str__(self) -> str:
        line = _wrap(self._shell_words())
        if self.stdin:
            line = f"{self.stdin} |\n  {line}"
        if self.until is not None:
            line = f'until [[ "$({line})" =~ ^({self.until})$ ]]; do sleep 10; done'
        if self.otherwise:
            line = f"{line} ||\n  {self.otherwise[1]}"
        return f"{self.unless} ||\n  {line}" if self.unless else line

    @cached_property
    def in_one_line(self) -> str:
        """The command alone, without what is around it, however long."""
        return " ".join(self._shell_words())

    def _shell_words(self) -> list[str]:
        return [_quote(word) if isinstance(word, str) else str(word) for word in self.words]


@dataclass(frozen=True)
class Text:
    """A word made of texts and of what commands print: ``--flag=a,"$(command)",b``."""

    parts: tuple[str | Command, ...]

    def __str__(self) -> str:
        return "".join(f'"$({each.in_one_line})"' if isinstance(each, Command) else _quote(each) for each in self.parts)

    @property
    def commands(self) -> list[Command]:
        return [each for each in self.parts if isinstance(each, Command)]


Word = str | Text


@dataclass(frozen=True)
class Check:
    """Holds when the command succeeds and, if a text is wanted, prints it."""

    command: Command
    prints: Word = ""

    def __str__(self) -> str:
        if not self.prints:
            return f"{self.command} &> /dev/null"
        return f"{self.command} | grep -q {self.prints if isinstance(self.prints, Text) else _quote(self.prints)}"


@dataclass(frozen=True)
class IsThere:
    """Holds when the command prints anything. If it cannot be asked, the run stops: nothing is ever made twice."""

    command: Command

    def __str__(self) -> str:
        return f'[ "$({self.command.in_one_line} && echo asked)" != asked ]'


@dataclass(frozen=True)
class Stage:
    """A step of a plan: lanes side by side, each a list of commands in order."""

    title: str
    lanes: list[list[Command]] = field(default_factory=list)


def command(
    text: str,
    *more: Word,
    stdin: Command | None = None,
    unless: "Check | IsThere | None" = None,
    fine: str | None = None,
    otherwise: tuple[str, Command] | None = None,
    until: str | None = None,
    once: bool = False,
) -> Command:
    """A command as one would type it; words with blanks in them come after the text."""
    return Command((*text.split(), *more), stdin, unless, fine, otherwise, until, once)


def text(*parts: str | Command) -> Text:
    """A word in which a command stands for what it prints."""
    return Text(parts)


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


def calls(plan: list[Stage]) -> Iterator[Command]:
    """Every program call of a plan, those inside of other ones too."""
    for stage in plan:
        for lane in stage.lanes:
            for each in lane:
                yield from _calls(each)


def _calls(each: Command) -> Iterator[Command]:
    if each.unless:
        yield from _calls(each.unless.command)
        if isinstance(each.unless, Check) and isinstance(each.unless.prints, Text):
            yield from _calls_in(each.unless.prints)
    if each.stdin:
        yield from _calls(each.stdin)
    for word in each.words:
        if isinstance(word, Text):
            yield from _calls_in(word)
    yield each
    if each.otherwise:
        yield from _calls(each.otherwise[1])


def _calls_in(word: Text) -> Iterator[Command]:
    for each in word.commands:
        yield from _calls(each)


def _quote(word: str) -> str:
    """Like ``shlex.quote``, but ``--flag='value'`` as one types it and not ``'--flag=value'``."""
    flag, equals, value = word.partition("=")
    if not equals or not re.fullmatch(r"--[a-z-]+", flag):
        return shlex.quote(word)
    return f"{flag}={shlex.quote(value) if value else ''}"


def _wrap(words: list[str]) -> str:
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) + 3 > LINE:
            lines.append(f"    {word}")
        else:
            lines[-1] += f" {word}"
    return " \\\n".join(lines)
