"""Examples of the bodies and answers, by model: shown in the API document, and held against the models by a test."""

from typing import Any

_LISTING_EXAMPLE: dict[str, Any] = {
    "id": 1,
    "title": "Квартира в Астане",
    "city": "Astana",
    "deal_type": "rent",
    "property_type": "flat",
    "price": "250000.00",
    "is_active": True,
    "owner_id": 3,
    "created_at": "2025-11-30T12:27:33.197286Z",
    "updated_at": "2025-11-30T12:27:33.197286Z",
}
_DETAILS_EXAMPLE: dict[str, Any] = {
    "description": "Светлая квартира с видом на парк, рядом школа.",
    "district": "Есильский район",
    "address": "ул. Сыганак, 10",
    "rooms": 2,
    "area": 54.5,
    "kitchen_area": 11,
    "floor": 7,
    "floors": 12,
    "year_built": 2019,
    "furnished": True,
    "pets_allowed": False,
    "children_allowed": True,
    "deposit": 250000,
    "available_from": "2026-12-01",
    "latitude": 51.128207,
    "longitude": 71.430411,
}
_LEAD_EXAMPLE: dict[str, Any] = {
    "id": 1,
    "tenant_id": 2,
    "listing_id": 1,
    "owner_id": 3,
    "status": "new",
    "created_at": "2025-11-30T12:30:03.362734Z",
}
_MESSAGE_EXAMPLE: dict[str, Any] = {
    "id": 4,
    "lead_id": 1,
    "sender_id": 2,
    "text": "Здравствуйте! Квартира ещё свободна?",
    "created_at": "2025-11-30T12:31:00.120004Z",
}

_SEARCH_EXAMPLE: dict[str, Any] = {
    "name": "Двушка в Астане",
    "city": "Astana",
    "deal_type": "rent",
    "property_type": "flat",
    "price_min": 100000,
    "price_max": 400000,
    "filters": {
        "rooms_min": 2,
        "rooms_max": 2,
        "area_min": 40,
        "area_max": None,
        "with_photos": True,
    },
    "frequency": "instant",
}

EXAMPLES: dict[str, list[Any]] = {
    "Register": [
        {
            "role": "tenant",
            "name": "Имя Фамилия",
            "email": "user@example.com",
            "phone": "+77001234567",
            "password": "secret123",
        }
    ],
    "Login": [{"username": "user@example.com", "password": "secret123"}],
    "TelegramLogin": [
        {"telegram_id": "123456789", "phone": "+77001234567", "name": "Имя из Telegram", "role": "tenant"}
    ],
    "MiniApp": [{"init_data": "user=%7B%22id%22%3A123456789%7D&auth_date=1764504000&hash=<hash>"}],
    "Widget": [{"id": 123456789, "auth_date": 1764504000, "hash": "<hash>"}],
    "Token": [{"access_token": "<JWT>", "token_type": "bearer"}],
    "TokenRequest": [{"grant_type": "password", "username": "user@example.com", "password": "secret123"}],
    "SessionToken": [
        {"access_token": "<JWT>", "token_type": "bearer", "expires_in": 86400, "refresh_token": "<refresh token>"}
    ],
    "Logout": [{"refresh_token": "<refresh token>", "everywhere": False}],
    "SessionRead": [
        {
            "id": 1,
            "created_at": "2025-11-30T12:00:00Z",
            "last_used_at": "2025-12-02T09:30:00Z",
            "user_agent": "Mozilla/5.0 (Linux; Android 15)",
        }
    ],
    "ProfileUpdate": [
        {
            "name": "Имя Фамилия",
            "email": "user@example.com",
            "phone": "+77001234567",
            "current_password": "secret123",
        }
    ],
    "AccountDeletion": [
        {"current_password": "secret123", "code": None},
        {"current_password": None, "code": "123456"},
    ],
    "Export": [
        {
            "exported_at": "2025-12-02T09:30:00Z",
            "data": {
                "users": [{"id": 2, "name": "Имя Фамилия", "email": "user@example.com"}],
                "swipes": [{"listing_id": 1, "action": "like", "acted_at": "2025-11-30T12:29:00Z"}],
            },
        }
    ],
    "PasswordReset": [{"username": "user@example.com"}],
    "PasswordResetConfirm": [
        {"username": "user@example.com", "code": "123456", "new_password": "кот ест рыбу по средам"}
    ],
    "Verify": [{"channel": "email"}],
    "VerifyConfirm": [{"channel": "email", "code": "123456"}],
    "PasswordChange": [{"current_password": "secret123", "new_password": "кот ест рыбу по средам"}],
    "UserRead": [
        {
            "id": 2,
            "role": "tenant",
            "name": "Имя Фамилия",
            "email": "user@example.com",
            "phone": "+77001234567",
            "telegram_id": "123456789",
            "is_active": True,
            "created_at": "2025-11-30T12:00:00Z",
        }
    ],
    "ListingWrite": [
        {
            "title": "Квартира в Астане",
            "city": "Astana",
            "deal_type": "rent",
            "property_type": "flat",
            "price": 250000,
            "is_active": True,
        }
    ],
    "DetailsWrite": [_DETAILS_EXAMPLE],
    "DetailsRead": [_DETAILS_EXAMPLE],
    "CityRead": [{"name": "Astana", "ru": "Астана", "kk": "Астана", "en": "Astana"}],
    "ListingRead": [_LISTING_EXAMPLE],
    "PhotoRead": [
        {
            "id": 5,
            "width": 1600,
            "height": 1200,
            "urls": {
                size: f"https://example.kz/photos/1/5/{size}.webp"  # Absolute, on the host that was asked.
                for size in ("large", "medium", "small")
            },
        }
    ],
    "PhotoOrder": [{"order": [7, 5, 6]}],
    "FiltersWrite": [{"rooms_min": 1, "rooms_max": 3, "area_min": 40, "area_max": None, "with_photos": True}],
    "FiltersRead": [{"rooms_min": 1, "rooms_max": 3, "area_min": 40, "area_max": None, "with_photos": True}],
    "PreferenceWrite": [
        {
            "city": "Astana",
            "deal_type": "rent",
            "property_type": "flat",
            "price_min": 100000,
            "price_max": 400000,
            "filters": {"rooms_min": 1, "rooms_max": 3, "area_min": 40, "area_max": None, "with_photos": True},
        }
    ],
    "PreferenceRead": [
        {
            "id": 1,
            "user_id": 2,
            "city": "Astana",
            "deal_type": "rent",
            "property_type": "flat",
            "price_min": 100000,
            "price_max": 400000,
        }
    ],
    "FeedAction": [{"listing_id": 1, "action": "like", "source": "web"}],
    "Status": [{"status": "ok"}],
    "UndoRead": [{"status": "ok", "listing_id": 1}],
    "FavoriteWrite": [{"listing_id": 1}],
    "FavoriteRead": [{"id": 1, "user_id": 2, "listing_id": 1, "created_at": "2025-11-30T12:00:00Z"}],
    "LeadWrite": [{"listing_id": 1, "owner_id": 3, "status": "new", "message": "Здравствуйте! Квартира ещё свободна?"}],
    "MessageWrite": [{"text": "Здравствуйте! Квартира ещё свободна?"}],
    "MessageRead": [_MESSAGE_EXAMPLE],
    "LeadUpdate": [{"status": "in_progress"}],
    "LeadRead": [_LEAD_EXAMPLE],
    "ListedLead": [_LEAD_EXAMPLE, _LEAD_EXAMPLE | {"conversation": {"unread": 1, "last_message": _MESSAGE_EXAMPLE}}],
    "LeadDetails": [
        _LEAD_EXAMPLE
        | {
            "listing": _LISTING_EXAMPLE,
            "contact": {
                "name": "Имя Фамилия",
                "phone": "+77001234567",
                "email": "user@example.com",
                "telegram_id": "123456789",
            },
        }
    ],
    "SearchWrite": [_SEARCH_EXAMPLE],
    "SearchRead": [{"id": 6} | _SEARCH_EXAMPLE | {"created_at": "2025-11-30T12:00:00Z"}],
    "NotificationRead": [
        {
            "id": 5,
            "type": "lead.new",
            "created_at": "2025-11-30T12:30:03.362734Z",
            "read_at": None,
            "data": {"lead_id": 1, "listing_id": 1},
        }
    ],
    "MarkRead": [{"ids": [5], "all": False}, {"ids": [], "all": True}],
    "SettingsWrite": [
        {
            "channels": {"telegram": True, "email": False, "push": True},
            "quiet_hours": {"from": "22:00", "to": "08:00"},
            "timezone": "Asia/Almaty",
            "locale": "kk",
        }
    ],
    "SettingsRead": [
        {
            "channels": {"telegram": True, "email": False, "push": None},
            "quiet_hours": None,
            "timezone": "Asia/Almaty",
            "locale": "ru",
        }
    ],
    "DeviceWrite": [{"token": "cXg1:APA91bEtoken"}],
    "AdminUserRead": [
        {
            "id": 2,
            "name": "Имя",
            "role": "tenant",
            "email": "user@example.com",
            "phone": "+77001234567",
            "is_active": True,
            "created_at": "2025-11-30T12:00:00Z",
        }
    ],
    "AdminUserUpdate": [{"role": "agent", "is_active": False}],
    "AdminListingRead": [
        {
            "id": 1,
            "title": "Квартира",
            "city": "Astana",
            "deal_type": "rent",
            "property_type": "flat",
            "price": 250000,
            "is_active": True,
            "owner_id": 3,
            "created_at": "2025-11-30T12:27:33.197286Z",
        }
    ],
    "AuditRead": [
        {
            "id": 8,
            "created_at": "2025-12-01T09:00:00Z",
            "action": "user.update",
            "admin_id": 1,
            "user_id": 2,
            "listing_id": None,
            "lead_id": None,
            "before": {"role": "tenant"},
            "after": {"role": "agent"},
        }
    ],
    "Health": [{"status": "ok", "environment": "local"}],
    "ValidationErrors": [{"detail": [{"type": "missing", "loc": ["body", "name"], "msg": "Field required"}]}],
}
