"""What people are told, in their language: a line for one thing, and one line for many.

No person's name and no message is in them, of a listing only its title and price: a push lies open on a table, and a
subject line in a list.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from shared.enums import Locale, NotificationType

_ONE = {
    Locale.RU: {
        NotificationType.LEAD_NEW: "Новый отклик на ваше объявление",
        NotificationType.LEAD_STATUS: "Владелец изменил статус вашего отклика",
        NotificationType.MESSAGE_NEW: "Вам написали",
        NotificationType.LISTING_MATCH: "Новое по поиску «{search}»: {title}, {price} ₸",
        NotificationType.PRICE_DROP: "Цена снижена: {title}, теперь {price} ₸ (было {old_price} ₸)",
        NotificationType.ACCOUNT_LINKED: "Telegram подключён к вашему аккаунту. Если это были не вы, смените пароль.",
    },
    Locale.KK: {
        NotificationType.LEAD_NEW: "Хабарландыруыңызға жаңа өтінім келді",
        NotificationType.LEAD_STATUS: "Иесі өтініміңіздің күйін өзгертті",
        NotificationType.MESSAGE_NEW: "Сізге хабарлама келді",
        NotificationType.LISTING_MATCH: "«{search}» іздеуі бойынша жаңа: {title}, {price} ₸",
        NotificationType.PRICE_DROP: "Бағасы түсті: {title}, енді {price} ₸ (бұрын {old_price} ₸)",
        NotificationType.ACCOUNT_LINKED: "Аккаунтыңызға Telegram қосылды. Бұл сіз болмасаңыз, құпиясөзді ауыстырыңыз.",
    },
    Locale.EN: {
        NotificationType.LEAD_NEW: "Somebody is interested in your listing",
        NotificationType.LEAD_STATUS: "The owner has changed the status of your request",
        NotificationType.MESSAGE_NEW: "You have a new message",
        NotificationType.LISTING_MATCH: "New for “{search}”: {title}, {price} ₸",
        NotificationType.PRICE_DROP: "Price drop: {title}, now {price} ₸ (was {old_price} ₸)",
        NotificationType.ACCOUNT_LINKED: "Telegram is linked to your account. If it was not you, change your password.",
    },
}
_MANY = {
    Locale.RU: {
        NotificationType.LEAD_NEW: "Новых откликов: {count}",
        NotificationType.LEAD_STATUS: "Изменён статус откликов: {count}",
        NotificationType.MESSAGE_NEW: "Новых сообщений: {count}",
        NotificationType.LISTING_MATCH: "Новых объявлений по вашим поискам: {count}",
        NotificationType.PRICE_DROP: "Подешевело в избранном: {count}",
        NotificationType.ACCOUNT_LINKED: "Подключений Telegram к аккаунту: {count}",
    },
    Locale.KK: {
        NotificationType.LEAD_NEW: "Жаңа өтінімдер: {count}",
        NotificationType.LEAD_STATUS: "Күйі өзгерген өтінімдер: {count}",
        NotificationType.MESSAGE_NEW: "Жаңа хабарламалар: {count}",
        NotificationType.LISTING_MATCH: "Іздеулеріңіз бойынша жаңа хабарландырулар: {count}",
        NotificationType.PRICE_DROP: "Таңдаулыларда арзандағаны: {count}",
        NotificationType.ACCOUNT_LINKED: "Аккаунтқа қосылған Telegram: {count}",
    },
    Locale.EN: {
        NotificationType.LEAD_NEW: "New requests: {count}",
        NotificationType.LEAD_STATUS: "Requests with a new status: {count}",
        NotificationType.MESSAGE_NEW: "New messages: {count}",
        NotificationType.LISTING_MATCH: "New listings for your searches: {count}",
        NotificationType.PRICE_DROP: "Cheaper among your favorites: {count}",
        NotificationType.ACCOUNT_LINKED: "Telegram accounts linked: {count}",
    },
}
_TITLE = {Locale.RU: "Новости о недвижимости", Locale.KK: "Жылжымайтын мүлік жаңалықтары", Locale.EN: "Property news"}


def title(locale: Locale) -> str:
    """The subject of a mail, and what stands in bold in a push."""
    return _TITLE[locale]


def text(notifications: Sequence[dict[str, Any]], locale: Locale) -> str:
    """A line for each kind of notification: what it is about if there is one, how many if there are more."""
    counts = Counter(NotificationType(each["type"]) for each in notifications)
    lines = []
    for kind, count in counts.items():
        if count > 1:
            lines.append(_MANY[locale][kind].format(count=count))
        else:
            (data,) = (each["data"] for each in notifications if each["type"] == kind)
            lines.append(_ONE[locale][kind].format_map(_shown(data)))
    return "\n".join(lines)


def _shown(data: dict[str, Any]) -> dict[str, Any]:
    """The values as they are shown: prices in groups of three digits, and without empty hundredths."""

    def price(value: str) -> str:
        return f"{float(value):,.2f}".removesuffix(".00").replace(",", " ")

    return {name: price(value) if name in ("price", "old_price") else value for name, value in data.items()}
