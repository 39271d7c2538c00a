"""Which characters a text may have: no trick that a reader cannot see, and every honest word and emoji."""

import pytest

from shared.characters import cleaned, many_lines, one_line
from shared.spelling import phone_number

HONEST = {
    "Kazakh": "Жаңа «үй», ғимарат № 5 — 2\u20112 бөлме",
    "Kazakh in Arabic letters": "قازاقستان",
    "Persian, with a joiner": "می\u200cخواهم",
    "Hindi, with a joiner": "क्\u200dष",
    "a combining accent": "Алма\u0301ты",
    "a no-break space": "250\u00a0000",
    "a family": "👩\u200d👩\u200d👧\u200d👦",
    "a firefighter with a skin tone": "👩🏽\u200d🚒",
    "a detective": "🕵\ufe0f\u200d♂\ufe0f",
    "a heart in colour": "Дом ❤\ufe0f!",
    "a keycap": "1\ufe0f\u20e3",
    "a rainbow flag": "🏳\ufe0f\u200d🌈",
    "a country's flag": "🇰🇿",
    "a region's flag": "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "an emoji newer than any list": "\U0001faff\U0001facf",
}
TRICKS = [
    *("a\x00b", "\x1b[31mred", "a\x07", "a\x7f", "a\x9bm"),
    *("a\u202eb", "\u202eb", "b\u202e", "\u202dx\u202c", "\u2066x\u2069", "\u2067x", "\u206ax"),
    *("a\u034fb", "\u3164", "a\uffa0", "\u2800", "\u180e", "a\ufff9b", "\U0001d173", "a\ufffe", "\U0010ffff"),
    *("a\u200db", "a\u200c", "👩\u200dx", "👩\u200d", "\u200d👩", "a\ufe0f", "❤\ufe0f\ufe0f", "❤\ufe00", "a\U000e0101"),
    *("🏴\U000e0067", "a\U000e0067\U000e007f", "\U000e0001"),
]


@pytest.mark.parametrize("text", HONEST.values(), ids=HONEST)
def test_honest_text_stays_as_it_is(text: str) -> None:
    assert one_line(text) == many_lines(text) == cleaned(text) == text


@pytest.mark.parametrize("text", TRICKS, ids=ascii)
def test_a_trick_is_refused_by_its_name_and_cleaned_away(text: str) -> None:
    for rule in (one_line, many_lines):
        with pytest.raises(ValueError, match=r"^must not contain U\+[0-9A-F]{4,6} \("):
            rule(text)
    assert one_line(cleaned(text)) == cleaned(text)


@pytest.mark.parametrize("unseen", ["\u200b", "\ufeff", "\u2060"])
def test_what_is_pasted_unseen_goes_from_the_ends(unseen: str) -> None:
    for rule in (one_line, many_lines, cleaned):
        assert rule(f"{unseen} {unseen}a b {unseen}") == "a b"
        assert rule(unseen * 3) == ""
    with pytest.raises(ValueError, match="U\\+"):
        one_line(f"a{unseen}b")
    assert many_lines(f"a{unseen}b\u00adc") == cleaned(f"a{unseen}b\u00adc") == "abc"


@pytest.mark.parametrize("mark", ["\u200e", "\u200f", "\u061c"])
def test_marks_of_right_to_left_writing_have_their_place_in_long_texts(mark: str) -> None:
    assert many_lines(f"a{mark} b") == f"a{mark} b"
    with pytest.raises(ValueError, match="mark"):
        one_line(f"a{mark} b")


def test_lines_stay_lines_or_become_spaces() -> None:
    text = " one\r\ntwo\rthree\n\n\tfour\u2028five\x0bsix\x85seven "
    assert many_lines(text) == "one\ntwo\nthree\n\n\tfour\nfive\nsix\nseven"
    assert one_line(text) == cleaned(text) == "one two three four five six seven"


def test_a_hostile_text_takes_no_time() -> None:
    for text in ("👩\u200d" * 20_000, "\u200d" * 40_000, "ب\u200c" * 20_000, "1\ufe0f" * 20_000 + "\ufe0f"):
        cleaned(text)
        with pytest.raises(ValueError, match="U\\+"):
            one_line(text)


def test_a_number_copied_from_contacts_is_a_number() -> None:
    assert phone_number("\u202a+7 700 123-45-67\u202c") == phone_number("\u206887001234567\u2069") == "+77001234567"
