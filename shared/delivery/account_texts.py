"""What is written to people about their accounts, in Russian, Kazakh and English."""

from typing import NamedTuple

from shared.enums import Locale


class Text(NamedTuple):
    """A message: a mail has both, a Telegram message only the body."""

    subject: str
    body: str


_TEXTS: dict[str, dict[Locale, Text]] = {
    "code": {
        Locale.RU: Text(
            "Код {code}",
            "Ваш код: {code}\n\nОн действует 15 минут. Никому его не сообщайте. "
            "Если вы его не запрашивали, ничего делать не нужно.",
        ),
        Locale.KK: Text(
            "Код {code}",
            "Сіздің кодыңыз: {code}\n\nОл 15 минут жарамды. Оны ешкімге айтпаңыз. "
            "Егер кодты сіз сұрамаған болсаңыз, ештеңе істеудің қажеті жоқ.",
        ),
        Locale.EN: Text(
            "Code {code}",
            "Your code: {code}\n\nIt is good for 15 minutes. Tell it to nobody. "
            "If you have not asked for it, there is nothing to do.",
        ),
    },
    "linked": {
        Locale.RU: Text(
            "Telegram привязан",
            "Ваш Telegram привязан по номеру телефона к аккаунту {account}. Если это не ваш аккаунт, "
            "отвяжите Telegram в профиле: номер освободится, и при следующем входе у вас будет свой аккаунт.",
        ),
        Locale.KK: Text(
            "Telegram байланыстырылды",
            "Telegram телефон нөмірі арқылы {account} аккаунтына байланыстырылды. Бұл сіздің аккаунтыңыз болмаса, "
            "профильде Telegram-ды ажыратыңыз: нөмір босайды, ал келесі кіргенде сізде жеке аккаунт болады.",
        ),
        Locale.EN: Text(
            "Telegram is linked",
            "Your Telegram has joined the account {account} by your phone number. If it is not your account, "
            "unlink Telegram in the profile: the number becomes free, and the next time you get your own account.",
        ),
    },
}


def text(name: str, locale: Locale, **values: str) -> Text:
    """A text in a language, with its gaps filled."""
    subject, body = _TEXTS[name][locale]
    return Text(subject.format(**values), body.format(**values))


def locale_of(accept_language: str) -> Locale:
    """The first language of an Accept-Language header that there are texts in."""
    for part in accept_language.split(","):
        language = part.partition(";")[0].strip().lower().partition("-")[0]
        if language in set(Locale):
            return Locale(language)
    return Locale.RU
