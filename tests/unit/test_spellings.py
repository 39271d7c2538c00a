"""One canonical form for everything that is compared."""

import pytest

from shared.spelling import email_address, email_key, phone_number


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("+77001234567", "+77001234567"),
        ("+7 700 123 45 67", "+77001234567"),
        ("+7 (700) 123-45-67", "+77001234567"),
        ("87001234567", "+77001234567"),
        ("8 (700) 123-45-67", "+77001234567"),
        ("77001234567", "+77001234567"),
        ("7001234567", "+77001234567"),
        (" +77001234567 ", "+77001234567"),
        ("79161234567", "+79161234567"),
        ("+4915112345678", "+4915112345678"),
        ("4915112345678", "+4915112345678"),
        ("998901234567", "+998901234567"),
        ("+12025550123", "+12025550123"),
        ("+71234567890", "+71234567890"),
        ("71234567890", "+71234567890"),
        ("+88800123456", "+88800123456"),
        ("+888 0012 3456", "+88800123456"),
    ],
)
def test_every_spelling_of_a_phone_is_one_number(given: str, stored: str) -> None:
    assert phone_number(given) == stored


@pytest.mark.parametrize(
    "given",
    [
        *("", "+", "123", "phone", "+7700", "+7700123456789012", "7" * 41, "+77001234567x9"),
        *("2500000", "250-00-00", "7123456", "+7123456", "71234567", "870012345678", "87001234567 8", "+8880012345"),
    ],
)
def test_what_is_no_phone_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="phone"):
        phone_number(given)


@pytest.mark.parametrize("given", ["user@example.com", "User.Name+tag@Sub.Example.kz", "a@b", "x_y-z@b.kz"])
def test_an_email_keeps_its_case_and_compares_without(given: str) -> None:
    assert email_address(f" {given} ") == given
    assert email_key(given.upper()) == email_key(given)


@pytest.mark.parametrize(
    "given", ["", "user", "@x.kz", "a b@x.kz", "a@", "a@-x.kz", "a@x..kz", "a" * 250 + "@x.kz", "a@x.kz\n.y"]
)
def test_what_is_no_email_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="e-mail"):
        email_address(given)
