"""Believable listings of Kazakhstan, the same ones at every run. Pure: nothing here knows Firestore."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from random import Random

from shared.enums import DealType, PropertyType
from shared.models.listings import ListingWrite

SEED = 2025


@dataclass(frozen=True)
class City:
    """A city and what a square metre of a flat costs there, in tenge."""

    name: str
    sale: int
    rent: int
    """A month."""
    places: tuple[str, ...]
    weight: int
    """How many of all listings it has, relative to the others."""


CITIES = (
    City(
        "Astana", 520_000, 4_800, weight=30,
        places=("Есильский район", "Алматинский район", "район Нура", "ЖК «Хайвилл»", "ЖК «Зелёный квартал»",
                "ЖК «Северное сияние»", "пр. Мәңгілік Ел", "пр. Кабанбай батыра", "ул. Сыганак", "у Байтерека"),
    ),
    City(
        "Almaty", 640_000, 5_600, weight=32,
        places=("Бостандыкский район", "Медеуский район", "Ауэзовский район", "мкр Самал-2", "мкр Орбита-3",
                "ЖК «Нурлы Тау»", "ЖК «Есентай»", "пр. Абая", "пр. Достык", "ул. Тимирязева", "у метро Алатау"),
    ),
    City(
        "Shymkent", 400_000, 3_400, weight=12,
        places=("Каратауский район", "Аль-Фарабийский район", "мкр Нурсат", "мкр Самал-3", "мкр Кайтпас",
                "пр. Тауке хана", "ул. Байтурсынова", "у парка Независимости"),
    ),
    City(
        "Karaganda", 340_000, 3_200, weight=10,
        places=("район им. Казыбек би", "Юго-Восток", "мкр Степной-2", "мкр Гульдер-1", "Майкудук",
                "пр. Бухар жырау", "ул. Ерубаева", "у ЦУМа"),
    ),
    City(
        "Aktobe", 290_000, 2_800, weight=8,
        places=("район Астана", "район Алматы", "мкр Батыс-2", "мкр 12", "Жилгородок", "пр. Абилкайыр хана",
                "пр. Санкибай батыра", "ул. Маресьева"),
    ),
    City(
        "Atyrau", 380_000, 3_900, weight=8,
        places=("мкр Нурсая", "мкр Авангард-4", "мкр Лесхоз", "пр. Азаттык", "ул. Сатпаева", "на набережной Урала"),
    ),
)  # fmt: skip

DEALS = {DealType.RENT: 62, DealType.SALE: 38}
KINDS = {PropertyType.FLAT: 60, PropertyType.HOUSE: 14, PropertyType.ROOM: 13, PropertyType.COMMERCIAL: 13}
EXTRAS = {
    PropertyType.FLAT: ("свежий ремонт", "с мебелью и техникой", "тёплая, солнечная", "панорамные окна", "рядом школа"),
    PropertyType.HOUSE: ("с гаражом", "с баней и садом", "центральные коммуникации", "новый, под чистовую"),
    PropertyType.ROOM: ("с балконом", "для студентов", "рядом университет", "без хозяев", "с мебелью"),
    PropertyType.COMMERCIAL: ("первая линия", "отдельный вход", "с ремонтом", "большая парковка"),
}
TRADES = {
    "Офис": (20, 220), "Магазин": (40, 300), "Помещение под кафе": (60, 350), "Салон красоты": (30, 120),
    "Склад": (150, 1200), "Помещение свободного назначения": (40, 500),
}  # fmt: skip


def listings(seed: int = SEED) -> Iterator[ListingWrite]:
    """Listings without end: first one of each city, deal and type, then a market's usual mix."""
    random = Random(seed)
    for city, deal, kind in product(CITIES, DealType, PropertyType):
        yield _listing(random, city, deal, kind)
    while True:
        (city,) = random.choices(CITIES, [city.weight for city in CITIES])
        (deal,) = random.choices(list(DEALS), list(DEALS.values()))
        (kind,) = random.choices(list(KINDS), list(KINDS.values()))
        yield _listing(random, city, deal, kind)


def _listing(random: Random, city: City, deal: DealType, kind: PropertyType) -> ListingWrite:
    name, area, factor = _KINDS[kind](random)
    title = ", ".join((name, random.choice(city.places)))
    if random.random() < 0.55:
        title = f"{title}, {random.choice(EXTRAS[kind])}"
    metre, step = (city.rent, 5_000) if deal is DealType.RENT else (city.sale, 100_000)
    price = area * metre * factor * random.uniform(0.82, 1.25)
    return ListingWrite(
        title=title,
        city=city.name,
        deal_type=deal,
        property_type=kind,
        price=max(step, round(price / step) * step),
    )


def _flat(random: Random) -> tuple[str, int, float]:
    (rooms,) = random.choices((1, 2, 3, 4, 5), (30, 36, 24, 8, 2))
    area = 18 + 20 * rooms + random.randint(-4, 12)
    floors = random.choice((5, 9, 9, 10, 12, 16, 20))
    return f"{rooms}-комнатная квартира, {area} м², {random.randint(1, floors)}/{floors} этаж", area, 1.0


def _house(random: Random) -> tuple[str, int, float]:
    rooms, land = random.randint(3, 7), random.randint(4, 12)
    area = 32 * rooms + random.randint(-10, 40)
    return f"{rooms}-комнатный дом, {area} м², участок {land} соток", area, 0.55


def _room(random: Random) -> tuple[str, int, float]:
    area, rooms = random.randint(11, 22), random.randint(2, 4)
    return f"Комната {area} м² в {rooms}-комнатной квартире", area, 1.2


def _commercial(random: Random) -> tuple[str, int, float]:
    trade = random.choice(list(TRADES))
    area = random.randint(*TRADES[trade])
    return f"{trade}, {area} м²", area, 0.4 if trade == "Склад" else 1.1


_KINDS: dict[PropertyType, Callable[[Random], tuple[str, int, float]]] = {
    PropertyType.FLAT: _flat,
    PropertyType.HOUSE: _house,
    PropertyType.ROOM: _room,
    PropertyType.COMMERCIAL: _commercial,
}
"""For each type: what makes a title, its area in m², and its price per m² relative to a flat's."""
