"""The closed sets of words that the API and the database use. Nothing but the standard library is needed here."""

from enum import StrEnum


class Role(StrEnum):
    """What a user is: a tenant looks for a home, a landlord owns one, an agent is a realtor, an admin keeps order."""

    TENANT = "tenant"
    LANDLORD = "landlord"
    AGENT = "agent"
    ADMIN = "admin"


class DealType(StrEnum):
    """What is offered."""

    RENT = "rent"
    SALE = "sale"


class PropertyType(StrEnum):
    """What kind of property it is."""

    FLAT = "flat"
    HOUSE = "house"
    ROOM = "room"
    COMMERCIAL = "commercial"


class Action(StrEnum):
    """What a swipe says about a listing."""

    LIKE = "like"
    DISLIKE = "dislike"
    FAVORITE = "favorite"


class LeadStatus(StrEnum):
    """How far the owner is with a lead."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"
