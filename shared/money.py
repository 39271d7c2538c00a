"""Money: Decimal tenge towards clients, integer minor units (tiyn, 1/100 of a tenge) in storage and in rules."""

from decimal import Decimal


def to_minor(tenge: Decimal) -> int:
    """Tenge as minor units. The models have refused more than two decimals, so nothing is cut off."""
    return int(tenge.scaleb(2))


def to_tenge(minor: int) -> Decimal:
    """Minor units as tenge, with exactly two decimals."""
    return Decimal(minor).scaleb(-2)
