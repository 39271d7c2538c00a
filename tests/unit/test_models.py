"""What the models take and give, to the cent and to the key."""

import json
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_core import from_json

from shared.data.listings import fields
from shared.models.admin import AdminListingRead
from shared.models.auth import Register, TelegramLogin
from shared.models.listings import ListingRead, ListingWrite
from shared.models.preferences import PreferenceWrite
from shared.money import to_tenge


def listing(**changes: Any) -> ListingWrite:
    return ListingWrite.model_validate({"title": "Flat", "city": "Astana", "price": 1} | changes)


@pytest.mark.parametrize(
    ("sent", "shown", "number"),
    [
        ("250000", "250000.00", 250000),
        ("250000.00", "250000.00", 250000),
        ('"250000"', "250000.00", 250000),
        ('"250000.50"', "250000.50", 250000.5),
        ("0.01", "0.01", 0.01),
        ("9999999999.99", "9999999999.99", 9999999999.99),
        ("1e5", "100000.00", 100000),
        ("1234567.89", "1234567.89", 1234567.89),
        ("0.29", "0.29", 0.29),
        ("1.10", "1.10", 1.1),
    ],
)
def test_a_price_is_exact_to_the_cent_all_the_way(sent: str, shown: str, number: float) -> None:
    stored = fields(listing(price=from_json(sent)))["price"]
    assert isinstance(stored, int)
    answer = {"id": 1, "title": "t", "city": "c", "deal_type": "rent", "property_type": "flat", "is_active": True}
    answer |= {"owner_id": 1, "created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z"}
    answer |= {"price": to_tenge(stored)}
    assert json.loads(ListingRead.model_validate(answer).model_dump_json())["price"] == shown
    admin = json.loads(AdminListingRead.model_validate(answer).model_dump_json())["price"]
    assert admin == number
    assert not isinstance(admin, str)


@pytest.mark.parametrize("sent", [0, -1, 10**10, "abc", "", None, True, 1.001, "1.001", "NaN", "Infinity", [1], {}])
def test_what_is_no_price_is_refused(sent: Any) -> None:
    with pytest.raises(ValidationError):
        listing(price=sent)


@pytest.mark.parametrize("name", ["title", "city"])
def test_texts_are_trimmed_and_bounded(name: str) -> None:
    longest = 255 if name == "title" else 128
    assert getattr(listing(**{name: f"  {'я' * longest} "}), name) == "я" * longest
    for wrong in ("", "   ", "я" * (longest + 1), "a\x00b", None, 5):
        with pytest.raises(ValidationError):
            listing(**{name: wrong})


def test_a_preference_may_be_any_but_its_prices_must_be_in_order() -> None:
    assert PreferenceWrite.model_validate({"city": "", "price_min": None}).city is None
    assert PreferenceWrite(price_min=Decimal(5), price_max=Decimal(5)).price_max == 5
    with pytest.raises(ValidationError, match="price_min"):
        PreferenceWrite(price_min=Decimal(6), price_max=Decimal(5))


def test_nobody_registers_as_admin_or_without_a_way_to_be_reached() -> None:
    body = {"name": "N", "email": "a@x.kz", "password": "12345678"}
    assert Register.model_validate(body).role == "tenant"
    for wrong in ({"role": "admin"}, {"email": None}, {"email": "", "phone": " "}, {"password": "1234567"}):
        with pytest.raises(ValidationError):
            Register.model_validate(body | wrong)


def test_what_the_bot_sends_is_understood() -> None:
    for telegram_id in (123456789, "123456789"):
        body = TelegramLogin.model_validate({"telegram_id": telegram_id, "phone": "77001234567", "name": ""})
        assert (body.telegram_id, body.phone, body.name, body.role) == ("123456789", "+77001234567", None, "tenant")
    for wrong in ({"telegram_id": True}, {"telegram_id": ""}, {"telegram_id": 1, "role": "admin"}, {}):
        with pytest.raises(ValidationError):
            TelegramLogin.model_validate(wrong)


def test_a_validation_error_never_shows_what_was_sent() -> None:
    with pytest.raises(ValidationError) as caught:
        Register.model_validate({"name": "N", "email": "a@x.kz", "password": "secret7"})
    assert "secret7" not in str(caught.value)
