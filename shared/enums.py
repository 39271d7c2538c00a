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


class NotificationType(StrEnum):
    """What a notification tells."""

    LEAD_NEW = "lead.new"
    LEAD_STATUS = "lead.status"
    MESSAGE_NEW = "message.new"
    LISTING_MATCH = "listing.match"
    PRICE_DROP = "price.drop"
    ACCOUNT_LINKED = "account.linked"


class AuditAction(StrEnum):
    """What an admin or an operator has done."""

    USER_UPDATE = "user.update"
    USER_FORGET = "user.forget"
    ADMIN_MAKE = "admin.make"
    LISTING_UPDATE = "listing.update"
    LISTING_DETAILS = "listing.details"
    LISTING_PHOTOS = "listing.photos"
    LISTING_DELETE = "listing.delete"
    LEAD_STATUS = "lead.status"


class Locale(StrEnum):
    """The language that somebody is written to in."""

    KK = "kk"
    RU = "ru"
    EN = "en"


class Frequency(StrEnum):
    """When a saved search tells of what it finds."""

    INSTANT = "instant"
    DAILY = "daily"
    OFF = "off"
