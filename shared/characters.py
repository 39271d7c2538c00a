r"""Characters that a text may have: none that is shown as nothing, turns its neighbours around, or controls a terminal.

Two names that look alike must be alike, and a title must not rearrange the page around it. Invisible is what Unicode
calls Default_Ignorable_Code_Point, and the blank of Braille. Some of it is honest in its place: joiners and variation
selectors in emoji and in flags, joiners between letters of scripts from Arabic to Sinhala.

What people paste without seeing it must not stand in their way: spaces, byte order marks and zero-width spaces at the
ends go. A line break or a tab in a text of one line becomes a space, as in an HTML input. Texts of many lines keep
them; from those, zero-width spaces and soft hyphens go wherever they stand. Marks of right-to-left writing may stay.
"""

import re

_CONTROLS = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_INVISIBLE = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_NO_CHARACTERS = r"\ufdd0-\ufdef" + "".join(rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(17))
_REFUSED = _CONTROLS + _INVISIBLE + _NO_CHARACTERS
_MARKS = r"\u061c\u200e\u200f"
"""The direction of a single place in right-to-left writing. They turn nothing else around."""

_PICTURE = r"[\u2190-\u2bff\U0001f000-\U0001ffff](?:\ufe0f|[\U0001f3fb-\U0001f3ff])?"
_IN_COLOUR = r"[#*0-9\xa9\xae\u203c\u2049\u2122\u2139\u3030\u303d\u3297\u3299\u2190-\u2bff\U0001f000-\U0001ffff]"
"""What has a form of its own as an emoji, or lies among what has (emoji-variation-sequences.txt)."""
_JOINING_LETTER = r"[\u0620-\u0dff]"
_HONEST = (
    rf"\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{{1,8}}\U000e007f"  # Flags of regions.
    rf"|{_PICTURE}(?:\u200d{_PICTURE})+"
    rf"|{_IN_COLOUR}[\ufe0e\ufe0f]"
    rf"|{_JOINING_LETTER}(?:[\u200c\u200d]{_JOINING_LETTER})+"
)
ONE_LINE = rf"(?:{_HONEST}|[^{_REFUSED}])*"
"""A regular expression of the texts of one line."""
MANY_LINES = rf"(?:{_HONEST}|[\n\t{_MARKS}]|[^{_REFUSED}])*"

_TOLD = (
    r"\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u202a-\u202e"
    r"\u2061-\u206f\u2800\u3164\ufe00-\ufe0d\uffa0\ufff0-\ufffb\ufdd0-\ufdef\ufffe\uffff"
)
MANY_LINES_PATTERN = rf"^[^{_TOLD}]*$"
ONE_LINE_PATTERN = rf"^(?=[\s\S]*\S)[^{_TOLD}\u00ad\u061c\u200b\u200e\u200f\u2060\ufeff]*$"
"""What a JSON schema can tell of such texts. What depends on its neighbours, and rare planes, it leaves to the code."""

_AROUND = re.compile(r"\A[\s\u200b\u2060\ufeff]+|[\s\u200b\u2060\ufeff]+\Z")
_BREAKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
_LINE_BREAK = re.compile(r"\r\n|[\v\f\r\x85\u2028\u2029]")
_UNSEEN = re.compile(r"[\u00ad\u200b\u2060\ufeff]")
_SUSPECT = re.compile(f"[{_REFUSED}]")


def one_line(value: str) -> str:
    """A name, a title or the like, as it is kept.

    Raises:
        ValueError: It has a character that no such text may have.
    """
    value = _BREAKS.sub(" ", _AROUND.sub("", value))
    _check(value, ONE_LINE)
    return value


def many_lines(value: str) -> str:
    """A text of any number of lines, as it is kept.

    Raises:
        ValueError: It has a character that no such text may have.
    """
    value = _AROUND.sub("", _UNSEEN.sub("", _LINE_BREAK.sub("\n", value)))
    _check(value, MANY_LINES)
    return value


def cleaned(value: str) -> str:
    """A name that comes from elsewhere, where such characters are allowed, as it may be kept: without them."""
    value, kept, at = _BREAKS.sub(" ", value), "", 0
    while at < len(value):
        end = _end_of_good(value, ONE_LINE, at)
        kept += value[at:end]
        at = end + 1
    return _AROUND.sub("", kept)


def _end_of_good(value: str, allowed: str, start: int = 0) -> int:
    """Where the first character stands that the text may not have; its end if there is none."""
    if not _SUSPECT.search(value, start):  # Most texts are done here, a hundred times as fast.
        return len(value)
    found = re.compile(allowed).match(value, start)
    return found.end() if found else start


def _check(value: str, allowed: str) -> None:
    import unicodedata

    end = _end_of_good(value, allowed)
    if end < len(value):
        name = unicodedata.name(value[end], "a control character").lower()
        raise ValueError(f"must not contain U+{ord(value[end]):04X} ({name}), character {end + 1}")
