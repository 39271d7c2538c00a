"""Spellings: one canonical form for everything that is compared. Pure rules."""

import re
from contextlib import suppress

# The HTML Living Standard's definition of a valid e-mail address (input type=email), which browsers check too.
EMAIL = (
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)
_EMAIL = re.compile(EMAIL)
_ANONYMOUS = re.compile(r"\+888[0-9]{8}")
"""Telegram's anonymous numbers, in a country code that no network has (https://telegram.org/blog/ultimate-privacy)."""
_DIRECTIONS = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What the contacts of phones put around a number that is copied. It is invisible, and no part of the number."""
_PHONE_CHARACTERS = re.compile(r"[+0-9 ()./\-\u00a0]+")
PHONE_PATTERN = r"^[+0-9 ()./\-\s]*$"
"""What a JSON schema can tell of a phone number."""
DEFAULT_REGION = "KZ"


def email_address(value: str) -> str:
    """The address without surrounding space, its case kept.

    Raises:
        ValueError: It is not an e-mail address, or longer than the 254 characters of RFC 5321.
    """
    value = value.strip()
    if len(value) > 254 or not _EMAIL.fullmatch(value):
        raise ValueError("not a valid e-mail address")
    return value


def email_key(value: str) -> str:
    """What makes two addresses the same account: everything but case."""
    return value.strip().lower()


def phone_number(value: str) -> str:
    """The number in E.164, such as +77001234567.

    A number with a plus is international. Without one it is a number of Kazakhstan (87001234567, 77001234567,
    7001234567), else an international number whose plus was left out, as Telegram sends them; abroad, it must be one in
    use. A local number, which works only within one town, is refused.

    Raises:
        ValueError: No possible phone number can be read from it.
    """
    import phonenumbers  # Only auth needs it; it is the slowest import but one.

    value = _DIRECTIONS.sub("", value).strip()
    if not _PHONE_CHARACTERS.fullmatch(value) or len(value) > 40:
        raise ValueError("not a valid phone number")
    readings = []
    for spelling in [value] if value.startswith("+") else [value, "+" + value]:
        with suppress(phonenumbers.NumberParseException):
            readings.append(phonenumbers.parse(spelling, DEFAULT_REGION))

    def is_possible(number: phonenumbers.PhoneNumber) -> bool:
        meant = value.startswith("+") or number.country_code == phonenumbers.country_code_for_region(DEFAULT_REGION)
        right_length = phonenumbers.ValidationResult.IS_POSSIBLE
        return meant and phonenumbers.is_possible_number_with_reason(number) == right_length

    # A number in use decides between the readings; but new ranges open all the time, so a possible one will do.
    for fits in (phonenumbers.is_valid_number, is_possible):
        for number in filter(fits, readings):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    compact = re.sub("[^+0-9]", "", value)
    if _ANONYMOUS.fullmatch(compact):
        return compact
    raise ValueError("not a valid phone number")
