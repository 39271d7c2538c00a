"""What the caller is told of, and by which channels."""

from shared.data import notification_settings, notifications, outbox
from shared.data.pages import Page
from shared.data.users import User
from shared.models.base import Status
from shared.models.notifications import (
    DeviceWrite,
    MarkRead,
    NotificationFilter,
    NotificationRead,
    SettingsRead,
    SettingsWrite,
)
from shared.web.caller import Caller
from shared.web.group import Group

api = Group("notifications", __doc__)


@api.get("/notifications")
def list_notifications(user: User, query: NotificationFilter) -> Page[NotificationRead]:
    """List the caller's notifications, newest first."""
    return notifications.list_by_user(user.id, query)


@api.post("/notifications/read")
def read_notifications(user: User, body: MarkRead) -> Status:
    """Mark notifications as read. Ids that are not the caller's are passed over."""
    if body.all:
        notifications.mark_all_read(user.id)
    else:
        notifications.mark_read(user.id, body.ids)
    return Status()


@api.get("/notifications/settings")
def get_notification_settings(caller: Caller) -> SettingsRead:
    """Show by which channels the caller is told, when, and in which language."""
    _, settings_doc = caller.load(notification_settings.ref)
    return notification_settings.Settings.of(settings_doc).to_model()


@api.put("/notifications/settings")
def set_notification_settings(caller: Caller, body: SettingsWrite) -> SettingsRead:
    """Replace the caller's settings. A channel that is turned on is tried again, though it could not be reached."""
    user, settings_doc, outbox_doc = caller.load(notification_settings.ref, outbox.instant_ref)
    caller.check_owner(user)
    return notification_settings.replace(settings_doc, outbox_doc, body, outbox.wake)


@api.put("/notifications/devices/{device_id}")
def add_device(caller: Caller, device_id: str, body: DeviceWrite) -> Status:
    """Register a device for push messages, or its new token. A token belongs to whom registered it last."""
    user, settings_doc, token_doc = caller.load(notification_settings.ref, notification_settings.token_ref(body.token))
    caller.check_owner(user)
    notification_settings.add_device(settings_doc, token_doc, user, device_id, body.token)
    return Status()


@api.delete("/notifications/devices/{device_id}")
def remove_device(caller: Caller, device_id: str) -> Status:
    """Forget a device, as when somebody logs out on it. Repeating it is harmless."""
    user, settings_doc = caller.load(notification_settings.ref)
    caller.check_owner(user)
    notification_settings.remove_device(settings_doc, device_id)
    return Status()
