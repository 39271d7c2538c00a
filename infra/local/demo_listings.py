"""Believable listings of Kazakhstan, the same ones at every run. Pure: nothing here knows Firestore."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import NamedTuple

from shared.enums import DealType, PropertyType
from shared.models.details import DetailsWrite
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
    centre: tuple[float, float]
    """Latitude and longitude."""


CITIES = (
    City(
        "Astana", 520_000, 4_800, weight=30, centre=(51.128, 71.431),
        places=("Есильский район", "Алматинский район", "район Нура", "ЖК «Хайвилл»", "ЖК «Зелёный квартал»",
                "ЖК «Северное сияние»", "пр. Мәңгілік Ел", "пр. Кабанбай батыра", "ул. Сыганак", "у Байтерека"),
    ),
    City(
        "Almaty", 640_000, 5_600, weight=32, centre=(43.238, 76.883),
        places=("Бостандыкский район", "Медеуский район", "Ауэзовский район", "мкр Самал-2", "мкр Орбита-3",
                "ЖК «Нурлы Тау»", "ЖК «Есентай»", "пр. Абая", "пр. Достык", "ул. Тимирязева", "у метро Алатау"),
    ),
    City(
        "Shymkent", 400_000, 3_400, weight=12, centre=(42.321, 69.588),
        places=("Каратауский район", "Аль-Фарабийский район", "мкр Нурсат", "мкр Самал-3", "мкр Кайтпас",
                "пр. Тауке хана", "ул. Байтурсынова", "у парка Независимости"),
    ),
    City(
        "Karaganda", 340_000, 3_200, weight=10, centre=(49.805, 73.109),
        places=("район им. Казыбек би", "Юго-Восток", "мкр Степной-2", "мкр Гульдер-1", "Майкудук",
                "пр. Бухар жырау", "ул. Ерубаева", "у ЦУМа"),
    ),
    City(
        "Aktobe", 290_000, 2_800, weight=8, centre=(50.284, 57.167),
        places=("район Астана", "район Алматы", "мкр Батыс-2", "мкр 12", "Жилгородок", "пр. Абилкайыр хана",
                "пр. Санкибай батыра", "ул. Маресьева"),
    ),
    City(
        "Atyrau", 380_000, 3_900, weight=8, centre=(47.107, 51.917),
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


class Home(NamedTuple):
    """What a title and the details of one listing say of it, in the same words."""

    name: str
    area: int
    factor: float
    """Its price per m² relative to a flat's."""
    rooms: int | None = None
    floor: int | None = None
    floors: int | None = None


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
    home, place = _KINDS[kind](random), random.choice(city.places)
    extra = random.choice(EXTRAS[kind]) if random.random() < 0.55 else ""
    title = ", ".join(part for part in (home.name, place, extra) if part)
    metre, step = (city.rent, 5_000) if deal is DealType.RENT else (city.sale, 100_000)
    price = home.area * metre * home.factor * random.uniform(0.82, 1.25)
    price = max(step, round(price / step) * step)
    return ListingWrite(
        title=title,
        city=city.name,
        deal_type=deal,
        property_type=kind,
        price=price,
        details=_details(random, home, city, place, extra, int(price) if deal is DealType.RENT else None),
    )


def _details(random: Random, home: Home, city: City, place: str, extra: str, rent: int | None) -> DetailsWrite:
    """What the title says, and what a landlord would add to it. Not everybody tells everything."""
    is_district = "район" in place or place.startswith("мкр")
    words = [f"{home.name}.", f"{extra.capitalize()}." if extra else "", f"Расположение: {place}."]
    tells_more = random.random() < 0.8
    nearby = Random(home.name + place)  # A chance of its own: all other details stay as they are.
    latitude, longitude = (round(at + nearby.uniform(-0.025, 0.025), 5) for at in city.centre)
    return DetailsWrite(
        description=" ".join(word for word in words if word),
        district=place if is_district else None,
        address=None if is_district else place,
        rooms=home.rooms,
        area=home.area,
        floor=home.floor,
        floors=home.floors,
        year_built=random.randint(1965, 2025) if tells_more else None,
        furnished="с мебелью" in extra or random.random() < 0.5 if tells_more else None,
        pets_allowed=random.random() < 0.3 if rent and tells_more else None,
        children_allowed=random.random() < 0.9 if rent and tells_more else None,
        deposit=rent if rent and tells_more else None,
        latitude=latitude if tells_more else None,
        longitude=longitude if tells_more else None,
    )


def _flat(random: Random) -> Home:
    (rooms,) = random.choices((1, 2, 3, 4, 5), (30, 36, 24, 8, 2))
    area = 18 + 20 * rooms + random.randint(-4, 12)
    floors = random.choice((5, 9, 9, 10, 12, 16, 20))
    floor = random.randint(1, floors)
    name = f"{rooms}-комнатная квартира, {area} м², {floor}/{floors} этаж"
    return Home(name, area, 1.0, rooms, floor, floors)


def _house(random: Random) -> Home:
    rooms, land = random.randint(3, 7), random.randint(4, 12)
    area = 32 * rooms + random.randint(-10, 40)
    return Home(f"{rooms}-комнатный дом, {area} м², участок {land} соток", area, 0.55, rooms)


def _room(random: Random) -> Home:
    area, rooms = random.randint(11, 22), random.randint(2, 4)
    return Home(f"Комната {area} м² в {rooms}-комнатной квартире", area, 1.2, rooms=1)


def _commercial(random: Random) -> Home:
    trade = random.choice(list(TRADES))
    area = random.randint(*TRADES[trade])
    return Home(f"{trade}, {area} м²", area, 0.4 if trade == "Склад" else 1.1)


_KINDS: dict[PropertyType, Callable[[Random], Home]] = {
    PropertyType.FLAT: _flat,
    PropertyType.HOUSE: _house,
    PropertyType.ROOM: _room,
    PropertyType.COMMERCIAL: _commercial,
}
"""For each type: what makes a home of it."""
