"""What goes in and out of /notifications."""

from datetime import datetime
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ConfigDict, Field, StrictBool, model_validator

from shared.enums import Locale, NotificationType
from shared.models.base import Body, Model
from shared.models.fields import Id, null_is
from shared.models.pages import PageParams


class NotificationFilter(PageParams):
    """Narrows the list of notifications."""

    unread: bool = Field(default=False, description="Only those that are not read yet.")


class NotificationRead(Model):
    """What somebody is told. `data` has the ids of what it is about."""

    id: Id
    type: NotificationType
    created_at: datetime
    read_at: datetime | None
    data: dict[str, int | str | None]


class MarkRead(Body):
    """Which notifications are read: those of these ids, or all."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {"required": ["ids"], "properties": {"ids": {"minItems": 1}}},
                {"required": ["all"], "properties": {"all": {"const": True}}},
            ]
        }
    )

    ids: Annotated[list[Id], Field(default_factory=list, max_length=100)]
    all: StrictBool = False

    @model_validator(mode="after")
    def _chosen(self) -> Self:
        if bool(self.ids) == self.all:
            raise ValueError("either ids or all is required")
        return self


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):  # No such file, a folder, or a path that leads elsewhere.
        raise ValueError("not a time zone of the IANA database") from None
    return value


TimeZone = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_+/-]*$"), AfterValidator(_zone)]
_Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class ChannelsWrite(Model):
    """Whether each channel shall be used; null or absent is a channel that is used as soon as it is offered."""

    telegram: StrictBool | None = None
    email: StrictBool | None = None
    push: StrictBool | None = None


class ChannelsRead(Model):
    """Whether each channel is used; null is a channel that is not offered here."""

    telegram: bool | None
    email: bool | None
    push: bool | None


class QuietHours(Model):
    """When nobody wants to hear anything, by the clock of their time zone; it may go over midnight."""

    model_config = ConfigDict(serialize_by_alias=True)

    from_: _Clock = Field(alias="from")
    to: _Clock

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.from_ == self.to:
            raise ValueError("from and to must differ")
        return self


class SettingsWrite(Body):
    """How somebody wants to be told."""

    channels: Annotated[ChannelsWrite, null_is({}, ChannelsWrite)] = ChannelsWrite()
    quiet_hours: QuietHours | None = None
    timezone: Annotated[TimeZone, null_is("Asia/Almaty", TimeZone)] = "Asia/Almaty"
    locale: Annotated[Locale, null_is("ru", Locale)] = Locale.RU


class SettingsRead(Model):
    """How somebody is told. What comes in the quiet hours waits until they are over."""

    channels: ChannelsRead
    quiet_hours: QuietHours | None
    timezone: str
    locale: Locale


class DeviceWrite(Body):
    """An app's registration token of Firebase Cloud Messaging."""

    token: Annotated[str, Field(min_length=1, max_length=4096, pattern=r"^[!-~]+$")]
