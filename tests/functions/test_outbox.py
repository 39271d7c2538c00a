"""The outbox: everything is told at least once, nothing that was told is told again, and nobody is woken."""

import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared import clock
from shared.data import listings, matches, notification_settings, notifications, outbox, store, users
from shared.data.notifications import Stream
from shared.delivery import Gone, TryLater, push, texts
from shared.delivery.channels import Channel
from shared.delivery.hours import next_daily, quiet_until
from shared.enums import Locale, NotificationType
from shared.models.notifications import QuietHours
from tests.conftest import Configure
from tests.instruments import telegram as bot_api
from tests.instruments.api import Api, Person
from tests.instruments.costs import Cost, Meter
from tests.instruments.events import deliver, event
from tests.instruments.mail import MailServer
from tests.instruments.telegram import TelegramServer
from tests.security.database import delete, dump


@pytest.fixture(autouse=True)
def at_once(configure: Configure) -> None:
    configure(GATHER_SECONDS="0")


@pytest.fixture
def person(api: Api) -> Person:
    """Somebody who came by the bot and reads mail."""
    someone = api.person("landlord")
    batch = store.Batch()
    batch.update(users.ref(someone.id), {"telegram_id": "77", "email_verified": True})
    batch.commit()
    return someone


def notify(person: Person, name: str, stream: Stream = Stream.INSTANT) -> dict[str, Any]:
    """Makes a notification; its document."""
    batch = store.Batch()
    kind = NotificationType.LEAD_NEW
    notifications.add(batch, person.id, kind, {"lead_id": 1, "listing_id": 2}, name, stream)
    batch.commit()
    return stored(person, name)


def stored(person: Person, name: str) -> dict[str, Any]:
    return store.get(notifications.ref(person.id, notifications.id_of(name)))[0].to_dict() or {}


def tell(api: Api, notification: dict[str, Any]) -> int:
    return deliver(api, "deliver_notification", event(None, notification), "created")


def schedule(api: Api) -> None:
    assert api.client("deliver_due").post("/").status_code == 200


def waiting() -> dict[str, dict[str, Any]]:
    return {path: data for path, data in dump().items() if path.startswith("outbox/")}


def make_due(path: str) -> None:
    """Ends the pause of a person, and of each channel."""
    past = clock.now() - timedelta(seconds=1)
    pauses = {f"failing.{channel}.until": past for channel in waiting()[path]["failing"]}
    batch = store.Batch()
    batch.update(store.document(*path.split("/")), {"due_at": past} | pauses)
    batch.commit()


def test_every_channel_tells_once_however_often_the_event_comes(
    api: Api, person: Person, bot: TelegramServer, mail: MailServer
) -> None:
    made = notify(person, "a")
    for _ in range(3):
        assert tell(api, made) == 200
    assert [(each["chat_id"], each["text"]) for each in bot.messages] == [("77", "Новый отклик на ваше объявление")]
    (message,) = mail.messages
    assert message["Subject"] == "Новости о недвижимости"
    assert stored(person, "a")["open"] is None
    assert not waiting()


def test_what_comes_at_once_is_told_as_one(api: Api, person: Person, bot: TelegramServer, configure: Configure) -> None:
    configure(GATHER_SECONDS="0.5")
    made = [notify(person, f"n{number}") for number in range(10)]
    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(lambda each: tell(api, each), made)) == {200}
    assert [each["text"] for each in bot.messages] == ["Новых откликов: 10"]
    assert not waiting()


def test_somebody_without_channels_costs_one_read_and_no_write(api: Api, bot: TelegramServer, meter: Meter) -> None:
    made = notify(api.person("landlord"), "a")
    cost, status = meter.of(tell, api, made)
    assert (status, cost) == (200, Cost(rpcs=1, reads=4))
    assert not bot.messages


def test_telling_one_channel_costs_what_it_must(api: Api, person: Person, bot: TelegramServer, meter: Meter) -> None:
    made = notify(person, "a")
    cost, _ = meter.of(tell, api, made)
    assert cost <= Cost(rpcs=5, reads=6, writes=2, deletes=1)
    cost, _ = meter.of(tell, api, made)
    assert cost == Cost(rpcs=1, reads=4)
    cost, _ = meter.of(schedule, api)
    assert cost == Cost(rpcs=1, reads=1)


def test_a_get_of_the_schedule_does_nothing(api: Api, person: Person, bot: TelegramServer) -> None:
    bot.answer = bot_api.BROKEN
    tell(api, notify(person, "a"))
    bot.answer = None
    (path,) = waiting()
    make_due(path)
    api.client("deliver_due").get("/__/health")
    assert not bot.messages
    schedule(api)
    assert len(bot.messages) == 1


def test_a_pause_that_telegram_asks_for_is_kept_and_the_mail_goes_once(
    api: Api, person: Person, bot: TelegramServer, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    bot.answer = bot_api.TOO_MANY
    assert tell(api, notify(person, "a")) == 200
    ((path, data),) = waiting().items()
    assert data["due_at"] >= now + timedelta(seconds=7)
    bot.answer = None
    tell(api, notify(person, "b"))  # Telegram's pause holds for what comes in it, too; the mail does not wait for it.
    schedule(api)
    assert (len(bot.messages), len(mail.messages)) == (0, 2)
    ((_, still),) = waiting().items()
    assert (still["due_at"], still["failing"]) == (data["due_at"], data["failing"])
    make_due(path)
    schedule(api)
    assert [each["text"] for each in bot.messages] == ["Новых откликов: 2"]
    assert len(mail.messages) == 2
    assert not waiting()


def test_a_channel_that_always_fails_holds_no_other_up(
    api: Api, person: Person, bot: TelegramServer, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    mail.answer_to_message = "554 5.7.1 rejected by policy"
    tell(api, notify(person, "a"))
    ((_, first),) = waiting().items()
    now += timedelta(minutes=2)
    made = notify(person, "b")
    for _ in range(2):
        tell(api, made)
        schedule(api)
    assert len(bot.messages) == 2
    ((_, data),) = waiting().items()
    assert (data["due_at"], data["failing"]) == (first["due_at"], first["failing"])
    now += timedelta(hours=1)
    schedule(api)
    ((_, data),) = waiting().items()
    assert (data["attempts"], list(data["failing"]), data["due_at"]) == (2, ["email"], now + timedelta(hours=1))
    mail.answer_to_message = None
    now += timedelta(hours=1)
    tell(api, notify(person, "c"))
    assert (len(bot.messages), len(mail.messages)) == (3, 1)
    assert not waiting()


def test_while_no_channel_is_left_that_does_not_pause_nothing_is_written(
    api: Api, person: Person, bot: TelegramServer, meter: Meter
) -> None:
    bot.answer = bot_api.BROKEN
    tell(api, notify(person, "a"))
    cost, _ = meter.of(tell, api, notify(person, "b"))
    assert cost == Cost(rpcs=1, reads=4)


def test_a_pause_that_was_noted_for_all_channels_together_is_kept(
    api: Api, person: Person, bot: TelegramServer
) -> None:
    made = notify(person, "a")
    old = {"user_id": person.id, "stream": "instant", "working": False, "attempts": 3, "more": 0}
    batch = store.Batch()
    batch.create(outbox.ref(person.id, Stream.INSTANT), old | {"due_at": clock.now() + timedelta(minutes=1)})
    batch.commit()
    before = waiting()
    tell(api, made)
    person.ok("PUT", "/notifications/settings", json={"locale": "kk"})
    assert waiting() == before
    batch = store.Batch()
    batch.update(outbox.ref(person.id, Stream.INSTANT), {"due_at": clock.now()})
    batch.commit()
    schedule(api)
    assert len(bot.messages) == 1
    assert not waiting()


def test_a_channel_that_says_gone_is_not_used_again_until_it_is_turned_on(
    api: Api, person: Person, bot: TelegramServer
) -> None:
    bot.answer = bot_api.BLOCKED
    tell(api, notify(person, "a"))
    bot.answer = None
    tell(api, notify(person, "b"))
    assert not bot.messages
    assert not waiting()
    assert len(person.ok("GET", "/notifications")) == 2
    person.ok("PUT", "/notifications/settings", json={"channels": {"telegram": True}})
    tell(api, notify(person, "c"))
    assert len(bot.messages) == 1


def test_a_channel_that_is_off_or_not_configured_is_not_used(api: Api, person: Person, bot: TelegramServer) -> None:
    shown = person.ok("PUT", "/notifications/settings", json={"channels": {"telegram": False}, "locale": "en"})
    assert shown["channels"] == {"telegram": False, "email": None, "push": None}
    assert tell(api, notify(person, "a")) == 200
    assert not bot.messages
    assert stored(person, "a")["unread"]


def test_the_night_is_quiet_and_the_morning_tells_all_as_one(api: Api, person: Person, bot: TelegramServer) -> None:
    hour = datetime.now(UTC).hour
    quiet = {"from": f"{hour:02}:00", "to": f"{(hour + 2) % 24:02}:00"}
    person.ok("PUT", "/notifications/settings", json={"quiet_hours": quiet, "timezone": "UTC", "locale": "kk"})
    for name in "abc":
        tell(api, notify(person, name))
    schedule(api)
    assert not bot.messages
    ((path, data),) = waiting().items()
    assert timedelta(0) < data["due_at"] - datetime.now(UTC) <= timedelta(hours=2)
    make_due(path)
    schedule(api)  # Still night: their settings count, not when it was put off to.
    assert not bot.messages
    person.ok("PUT", "/notifications/settings", json={"locale": "kk"})
    make_due(path)
    schedule(api)
    assert [each["text"] for each in bot.messages] == ["Жаңа өтінімдер: 3"]


@pytest.mark.parametrize("quiet", [None, {"from": "22:00", "to": "23:30"}])
def test_new_quiet_hours_count_at_once_for_what_waits(
    api: Api, person: Person, bot: TelegramServer, quiet: dict[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = at("2026-11-24T23:00+05:00")
    monkeypatch.setattr(clock, "now", lambda: now)
    person.ok("PUT", "/notifications/settings", json={"quiet_hours": {"from": "22:00", "to": "08:00"}})
    tell(api, notify(person, "a"))
    tell(api, notify(person, "b", Stream.DAILY))
    person.ok("PUT", "/notifications/settings", json={"quiet_hours": quiet})
    schedule(api)
    assert len(bot.messages) == (1 if quiet is None else 0)
    now = at("2026-11-24T23:31+05:00")
    schedule(api)
    assert len(bot.messages) == 1
    assert list(waiting()) == [outbox.ref(person.id, Stream.DAILY).path]


def test_new_settings_do_not_shorten_a_pause(api: Api, person: Person, bot: TelegramServer) -> None:
    bot.answer = bot_api.BROKEN
    tell(api, notify(person, "a"))
    before = waiting()
    bot.answer = None
    person.ok("PUT", "/notifications/settings", json={"locale": "kk"})
    schedule(api)
    assert not bot.messages
    assert waiting() == before


def test_what_is_daily_waits_for_the_morning_and_holds_nothing_else_up(
    api: Api, person: Person, bot: TelegramServer
) -> None:
    for name in "ab":
        tell(api, notify(person, name, Stream.DAILY))
    tell(api, notify(person, "c"))
    assert [each["text"] for each in bot.messages] == ["Новый отклик на ваше объявление"]
    (path,) = waiting()
    make_due(path)
    tell(api, notify(person, "d", Stream.DAILY))
    assert len(bot.messages) == 1
    schedule(api)
    assert [each["text"] for each in bot.messages[1:]] == ["Новых откликов: 3"]


@pytest.mark.parametrize("gone", [None, "search", "search off", "listing"])
def test_what_has_waited_is_told_only_if_its_search_and_its_listing_are_still_there(
    api: Api, person: Person, bot: TelegramServer, gone: str | None
) -> None:
    body = {"name": "Mine", "frequency": "daily"}
    search = person.ok("POST", "/searches", json=body)["id"]
    owner = api.person("landlord")
    listing = owner.listing()["id"]
    matches.tell(None, store.get(listings.ref(listing))[0].to_dict())
    (made,) = [data for path, data in dump().items() if path.startswith("notifications/")]
    tell(api, made)
    notify(person, "a", Stream.DAILY)
    if gone == "search":
        person.ok("DELETE", f"/searches/{search}")
    elif gone == "search off":
        person.ok("PUT", f"/searches/{search}", json=body | {"frequency": "off"})
    elif gone == "listing":
        owner.ok("DELETE", f"/listings/{listing}")
    (path,) = waiting()
    make_due(path)
    schedule(api)
    (message,) = bot.messages
    lines = message["text"].split("\n")
    assert ("Новый отклик на ваше объявление" in lines, len(lines)) == (True, 2 if gone is None else 1)
    assert not waiting()
    assert len(person.ok("GET", "/notifications")) == 2


def test_what_has_waited_is_looked_at_again_also_when_something_new_comes_before_the_schedule(
    api: Api, person: Person, bot: TelegramServer
) -> None:
    person.ok("POST", "/searches", json={"name": "Mine"})
    owner = api.person("landlord")
    listing = owner.listing()["id"]
    matches.tell(None, store.get(listings.ref(listing))[0].to_dict())
    (made,) = [data for path, data in dump().items() if path.startswith("notifications/")]
    bot.answer = bot_api.BROKEN
    tell(api, made)
    bot.answer = None
    owner.ok("DELETE", f"/listings/{listing}")
    (path,) = waiting()
    make_due(path)
    tell(api, notify(person, "a"))
    assert [each["text"].split("\n") for each in bot.messages] == [["Новый отклик на ваше объявление"]]
    assert not waiting()


def test_quiet_hours_that_end_before_the_daily_message_make_no_second_one(
    api: Api, person: Person, bot: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = {"from": "22:00", "to": "08:00"}
    person.ok("PUT", "/notifications/settings", json={"quiet_hours": quiet, "timezone": "Asia/Almaty"})
    told = []
    for time_of_day, comes in (("07:30", True), ("08:00", False), ("08:30", True), ("09:00", False), ("09:30", False)):
        now = at(f"2026-11-24T{time_of_day}+05:00")
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        if comes:
            tell(api, notify(person, time_of_day, Stream.DAILY))
        schedule(api)
        told.append(len(bot.messages))
    assert told == [0, 0, 0, 1, 1]
    assert not waiting()


def test_the_schedule_tells_many_at_once_and_gathers_nothing(
    api: Api, bot: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(outbox, "settings")  # Nothing asks how long to gather.
    together = threading.Barrier(outbox.WORKERS)
    monkeypatch.setitem(outbox.SEND, Channel.TELEGRAM, lambda *_: together.wait(20) and None)
    batch = store.Batch()
    for number in range(outbox.WORKERS):
        someone = api.person("landlord")
        batch.update(users.ref(someone.id), {"telegram_id": str(number)})
        notify(someone, "a")
        waits = {"user_id": someone.id, "stream": "instant", "working": False, "attempts": 0, "more": 0}
        batch.create(outbox.ref(someone.id, Stream.INSTANT), waits | {"due_at": clock.now()})
    batch.commit()
    schedule(api)
    assert not waiting()


def test_a_run_of_the_schedule_begins_with_nobody_when_its_time_is_up(
    api: Api, person: Person, bot: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot.answer = bot_api.BROKEN
    tell(api, notify(person, "a"))
    bot.answer = None
    (path,) = waiting()
    make_due(path)
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "RUN_SECONDS", -1)
        schedule(api)
    assert not bot.messages
    schedule(api)
    assert len(bot.messages) == 1


def test_a_worker_that_died_is_replaced(api: Api, person: Person, bot: TelegramServer, monkeypatch: Any) -> None:
    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    made = notify(person, "a")
    with monkeypatch.context() as patch:
        patch.setitem(outbox.SEND, Channel.TELEGRAM, die)
        with pytest.raises(KeyboardInterrupt):
            outbox.deliver(person.id, Stream.INSTANT, made["id"])
    assert tell(api, made) == 200  # Somebody seems to be at work.
    assert not bot.messages
    (path,) = waiting()
    make_due(path)
    schedule(api)
    assert len(bot.messages) == 1
    assert not waiting()


@pytest.mark.parametrize("seed", range(6))
def test_any_history_tells_everything_and_at_most_as_often_as_it_must(
    api: Api, person: Person, bot: TelegramServer, mail: MailServer, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events twice, late and in any order; channels that fail in every way; deaths before and after each commit."""
    dice = random.Random(seed)
    taken: dict[str, list[set[int]]] = {"77": [], person.email: []}

    def send(address: str, untold: list[dict[str, Any]], chosen: Any) -> None:
        if dice.random() < 0.3:
            raise TryLater("429", seconds=1)
        taken[address].append({each["id"] for each in untold})

    class Died(BaseException):
        pass

    deaths = 0
    commit = store.Batch.commit

    def dying(batch: store.Batch) -> Any:
        nonlocal deaths
        at = dice.random()
        if at < 0.1:
            deaths += 1
            raise Died
        result = commit(batch)
        if at > 0.9:
            deaths += 1
            raise Died
        return result

    for channel in (Channel.TELEGRAM, Channel.EMAIL):
        monkeypatch.setitem(outbox.SEND, channel, send)
    made: list[dict[str, Any]] = []
    pending: list[dict[str, Any]] = []

    def run(call: Any, *given: Any) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(store.Batch, "commit", dying)
            try:
                call(*given)
            except Died:
                pending.extend(each for each in given if isinstance(each, dict))

    def deliver_one(each: dict[str, Any]) -> None:
        outbox.deliver(person.id, Stream.INSTANT, each["id"])

    for step in range(40):
        choice = dice.random()
        if choice < 0.5:
            made.append(notify(person, f"n{step}"))
            pending.extend([made[-1]] * dice.choice([1, 1, 2]))
        elif choice < 0.85 and pending:
            run(deliver_one, pending.pop(dice.randrange(len(pending))))
        else:
            for path in waiting():
                make_due(path)
            run(outbox.deliver_due)
    while pending:
        deliver_one(pending.pop())
    for _ in range(30):
        for path in waiting():
            make_due(path)
        outbox.deliver_due()
    assert not waiting()
    everything = {each["id"] for each in made}
    assert all(data["open"] is None for path, data in dump().items() if path.startswith("notifications/"))
    for by_one in taken.values():
        assert set().union(*by_one) == everything
        # Again only after a death between the channel's answer and the commit that notes it.
        assert sum(map(len, by_one)) - len(everything) <= deaths * outbox.AT_ONCE
        if not deaths:
            assert sum(map(len, by_one)) == len(everything)


@pytest.mark.parametrize("by", ["ids", "all"])
def test_a_notification_that_goes_while_it_is_marked_as_read_is_passed_over(
    person: Person, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    going, staying = notify(person, "a"), notify(person, "b")
    commit = store.Batch.commit

    def late(batch: store.Batch) -> Any:
        monkeypatch.setattr(store.Batch, "commit", commit)
        delete(notifications.ref(person.id, going["id"]))
        return commit(batch)

    monkeypatch.setattr(store.Batch, "commit", late)
    body = {"all": True} if by == "all" else {"ids": [going["id"], staying["id"]]}
    person.ok("POST", "/notifications/read", json=body)
    assert [(each["id"], each["read_at"] is None) for each in person.ok("GET", "/notifications")] == [
        (staying["id"], False)
    ]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "begin", "end", "zone", "until"),
    [
        ("2026-11-24T23:30+05:00", "22:00", "08:00", "Asia/Almaty", "2026-11-25T08:00+05:00"),
        ("2026-11-24T07:59+05:00", "22:00", "08:00", "Asia/Almaty", "2026-11-24T08:00+05:00"),
        ("2026-11-24T08:00+05:00", "22:00", "08:00", "Asia/Almaty", None),
        ("2026-11-24T12:00+05:00", "11:00", "13:00", "Asia/Almaty", "2026-11-24T13:00+05:00"),
        ("2026-11-24T12:00+05:00", "22:00", "08:00", "America/New_York", "2026-11-24T08:00-05:00"),
        ("2026-03-28T23:00+01:00", "22:00", "08:00", "Europe/Berlin", "2026-03-29T08:00+02:00"),
    ],
)
def test_quiet_hours_go_by_the_persons_own_clock(now: str, begin: str, end: str, zone: str, until: str | None) -> None:
    quiet = QuietHours.model_validate({"from": begin, "to": end})
    assert quiet_until(at(now), quiet, zone) == (until and at(until))
    assert next_daily(at("2026-11-24T10:00+05:00"), "Asia/Almaty") == at("2026-11-25T09:00+05:00")


def test_every_kind_has_a_text_in_every_language_without_anything_of_the_other_side() -> None:
    data = {"search": "Двушка", "title": "Квартира", "price": "250000.00", "old_price": "300000.50"}
    for locale in Locale:
        for kind in NotificationType:
            one = texts.text([{"type": kind.value, "data": data}], locale)
            assert one
            assert "{" not in one
            assert "3" in texts.text([{"type": kind.value, "data": data}] * 3, locale)
    shown = texts.text([{"type": "price.drop", "data": data}], Locale.RU)
    assert shown == "Цена снижена: Квартира, теперь 250 000 ₸ (было 300 000.50 ₸)"


def test_a_push_token_belongs_to_one_person_and_goes_when_fcm_says_so(
    api: Api, person: Person, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(PUSH_ENABLED="true")
    sent: list[tuple[str, dict[str, str]]] = []
    gone: set[str] = set()

    def send(token: str, title: str, text: str, data: dict[str, str]) -> None:
        if token in gone:
            raise Gone("unregistered")
        sent.append((token, data))

    monkeypatch.setattr(push, "send", send)
    other = api.person()
    other.ok("PUT", "/notifications/devices/theirs", json={"token": "t1"})
    person.ok("PUT", "/notifications/devices/mine", json={"token": "t1"})
    tell(api, notify(other, "x"))
    assert sent == []
    tell(api, notify(person, "a"))
    assert sent == [("t1", {"type": "lead.new", "lead_id": "1", "listing_id": "2"})]
    gone.add("t1")
    tell(api, notify(person, "b"))
    assert notification_settings.Settings.of(store.get(notification_settings.ref(person.id))[0]).tokens == []
    person.ok("DELETE", "/notifications/devices/mine")
    assert not [path for path in dump() if path.startswith("push_tokens/")]


def test_a_device_that_takes_nothing_makes_no_other_ring_again(
    api: Api, person: Person, configure: Configure, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the operator hears once of a person whom nobody reaches, however many devices they have."""
    configure(PUSH_ENABLED="true")
    rang: list[str] = []
    refused = {"t0", "t1"}

    def send(token: str, title: str, text: str, data: dict[str, str]) -> None:
        if token in refused:
            raise TryLater("refused")
        rang.append(token)

    monkeypatch.setattr(push, "send", send)
    for number in range(3):
        person.ok("PUT", f"/notifications/devices/d{number}", json={"token": f"t{number}"})
    tell(api, notify(person, "a"))
    assert rang == ["t2"]
    assert not waiting()
    refused.add("t2")
    tell(api, notify(person, "b"))
    (path,) = waiting()
    capsys.readouterr()
    for _ in range(outbox.LONG - 1):
        make_due(path)
        schedule(api)
    assert capsys.readouterr().out.count("Not reached for half an hour") == 1


def test_the_operator_hears_of_those_whom_nobody_reaches_and_of_an_outbox_that_is_behind(
    api: Api, person: Person, bot: TelegramServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def messages() -> list[str]:
        said = [json.loads(line)["message"] for line in capsys.readouterr().out.splitlines()]
        return [each for each in said if each in ("Not reached for half an hour", "Outbox is behind")]

    bot.answer = bot_api.BROKEN
    tell(api, notify(person, "a"))
    (path,) = waiting()
    for _ in range(4):
        make_due(path)
        schedule(api)
    assert messages() == []
    make_due(path)
    schedule(api)
    assert messages() == ["Not reached for half an hour"]
    bot.answer = None
    late = datetime.now(UTC) + timedelta(hours=2, minutes=20)
    monkeypatch.setattr(clock, "now", lambda: late)
    schedule(api)
    assert messages() == ["Outbox is behind"]
    assert len(bot.messages) == 1
    assert not waiting()
