"""One city has one key under all its names, and no other place has this key."""

import unicodedata
from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import cities
from shared.cities import CITIES, City, city_key

NAMES = {
    "astana": "Astana|АСТАНА|Нур-Султан|нур султан|Нұр-Сұлтан|Nur-Sultan|Nursultan|Нурсултан|Акмола|Ақмола|Целиноград",
    "almaty": "Almaty|Алматы|Almatı|Алма-Ата|Алма Ата|алмаата|Alma-Ata|Alma Ata|Верный|Verny|Алмата",
    "shymkent": "Shymkent|Шымкент|Şymkent|Чимкент|Chimkent",
    "karaganda": "Karaganda|Караганда|Караганды|Қарағанды|Qaraghandy|Qarağandy|Qaraǵandy|Karagandy|Karaghandy",
    "aktobe": "Aktobe|Актобе|Ақтөбе|Aqtobe|Aqtöbe|Актюбинск|Aktyubinsk|Aktiubinsk",
    "taraz": "Taraz|Тараз|Джамбул|Dzhambul|Jambul|Аулие-Ата|Auliye-Ata",
    "oskemen": "Oskemen|Өскемен|Оскемен|Öskemen|Усть-Каменогорск|Усть Каменогорск|Устькаменогорск|Ust'-Kamenogorsk",
    "atyrau": "Atyrau|Атырау|Atyraý|Atyraw|Гурьев|Guryev|Gur’ev|Гурьевъ",
    "semey": "Semey|Семей|Semei|Семипалатинск|Semipalatinsk",
    "kyzylorda": "Kyzylorda|Кызылорда|Қызылорда|Qyzylorda|Кзыл-Орда|Kzyl-Orda|Kyzyl-Orda",
    "aktau": "Aktau|Актау|Ақтау|Aqtau|Aqtaw|Aqtaý|Шевченко|Shevchenko",
    "kostanay": "Kostanay|Костанай|Қостанай|Qostanai|Кустанай|Kustanai",
    "oral": "Oral|Орал|Уральск|Uralsk|Ural'sk",
    "turkistan": "Turkistan|Туркестан|Түркістан|Türkistan|Turkestan|Туркистан",
    "petropavl": "Petropavl|Петропавл|Петропавловск|Petropavlovsk",
    "kokshetau": "Kokshetau|Кокшетау|Көкшетау|Kökşetau|Кокчетав|Kokchetav",
    "taldykorgan": "Taldykorgan|Талдыкорган|Талдықорған|Taldyqorghan|Taldyqorğan|Талды-Курган|Taldy-Kurgan",
    "ekibastuz": "Ekibastuz|Экибастуз|Екібастұз|Yekibastuz|Екибастуз",
    "rudny": "Rudny|Рудный|Rudnyy|Rudniy|Rudnyi",
    "zhezkazgan": "Zhezkazgan|Жезказган|Жезқазған|Джезказган|Jezkazgan|Jezqazğan|Dzhezkazgan|Djezkazgan",
    "zhanaozen": "Zhanaozen|Жанаозен|Жаңаөзен|Jañaözen|Zhana-Ozen|Новый Узень|Novy Uzen",
    "balkhash": "Balkhash|Балхаш|Балқаш|Balqash|Balqaş|Balhash",
    "satpaev": "Satpaev|Сатпаев|Сәтбаев|Сатбаев|Satpayev|Satbayev",
    "konaev": "Konaev|Конаев|Қонаев|Qonaev|Qonayev|Кунаев|Капчагай|Kapchagai|Kapchagay|Капшагай|Қапшағай|Kapshagay",
    "kosshy": "Kosshy|Косшы|Қосшы|Qosşy|Косши",
    "kulsary": "Kulsary|Кульсары|Кулсары|Құлсары|Qulsary",
    "saryagash": "Saryagash|Сарыагаш|Сары-Агаш|Сарыағаш|Saryağaş",
    "zharkent": "Zharkent|Жаркент|Джаркент|Jarkent",
    "alatau": "Alatau|Алатау|Alatau City|Жетыген|Жетіген",
    "arys": "Arys|Арыс|Арысь",
    "aksu": "Aksu|Аксу|Ақсу|Ермак|Yermak",
    "shchuchinsk": "Shchuchinsk|Щучинск|Schuchinsk|Shuchinsk",
    "shu": "Shu|Шу|Чу|Chu",
    "ridder": "Ridder|Риддер|Лениногорск|Leninogorsk",
    "zhetysay": "Zhetysay|Жетысай|Жетісай|Джетысай|Jetisay",
    "ayagoz": "Ayagoz|Аягоз|Аягөз|Аягуз|Ayaguz",
    "esik": "Esik|Есик|Есік|Yesik|Иссык|Issyk",
    "altay": "Altay|Алтай|Altai|Зыряновск|Zyryanovsk",
    "aral": "Aral|Арал|Аральск|Aralsk",
    "kandyagash": "Kandyagash|Кандыагаш|Қандыағаш|Кандагач",
    "zhitikara": "Zhitikara|Житикара|Жітіқара|Жетікара|Джетыгара|Djetygara",
    "baikonur": "Baikonur|Байконур|Байқоңыр|Байконыр|Baykonur|Baiqonyr|Ленинск|Leninsk",
    "tobyl": "Tobyl|Тобыл|Затобольск",
    "shardara": "Shardara|Шардара|Чардара",
    "karkaraly": "Karkaraly|Каркаралы|Қарқаралы|Каркаралинск|Karkaralinsk",
    "kazaly": "Kazaly|Казалы|Қазалы|Казалинск",
    "aiteke bi": "Aiteke Bi|Айтеке би|Әйтеке би|Айтеке-Би|Новоказалинск",
    "priozersk": "Priozersk|Приозерск|Приозёрск",
    "fort-shevchenko": "Fort-Shevchenko|Fort Shevchenko|Форт-Шевченко|Форт Шевченко",
    "abay": "Abay|Abai|Абай",
    "otegen batyr": "Otegen Batyr|Отеген батыр|Өтеген батыр|Отеген-Батыр",
}
OTHER_PLACES = [
    *("Жамбыл", "Zhambyl", "Жамбылская область", "Алматинская область", "Almaty region", "Алматы облысы", "Жетысу"),
    *("Акмол", "Акмолинская область", "Тобол", "Шахты", "Петропавловск-Камчатский", "Иссык-Куль", "Жетысу", "Кызылжар"),
    *("село Абай", "с. Аксу", "посёлок Актау", "Абай ауылы", "Октябрьск", "Алексеевка", "Караганда-Сортировочная"),
    *("Бишкек", "Москва", "Tashkent", "Берлин", "Усть", "Форт", "город", "г.", "Казахстан", "Алматы 2", "Нью-Алматы"),
]


def names_of(city: City) -> set[str]:
    return {city.name, city.ru, city.kk, city.en, *city.spellings}


def plain_key(value: str) -> str:
    """The key of a place that is not in the table."""
    return " ".join(unicodedata.normalize("NFC", value.casefold()).split())


ALL_NAMES = sorted(set().union(*map(names_of, CITIES)) | set("|".join(NAMES.values()).split("|")))


@pytest.mark.parametrize("key", NAMES)
def test_all_names_of_a_city_have_one_key(key: str) -> None:
    for name in NAMES[key].split("|"):
        assert city_key(name) == key, name


@pytest.mark.parametrize("city", CITIES, ids=lambda city: city.name)
def test_the_key_of_a_city_is_its_english_name_in_lower_case(city: City) -> None:
    assert city.name == city.en
    assert {city_key(name) for name in names_of(city)} == {city.name.lower()}


def test_no_two_cities_share_a_spelling_or_a_sound() -> None:
    for names in (names_of, lambda city: {cities._sound(name) for name in names_of(city)}):
        everything = [name for city in CITIES for name in names(city)]
        assert len(everything) == len(set(everything))


def test_the_table_has_the_ninety_cities_and_the_largest_come_first() -> None:
    names = [city.name for city in CITIES]
    assert names[:5] == ["Almaty", "Astana", "Shymkent", "Aktobe", "Karaganda"]
    assert names.index("Beyneu") == 90, "settlements follow the 90 cities"


@pytest.mark.parametrize("place", OTHER_PLACES)
def test_another_place_keeps_its_own_key(place: str) -> None:
    assert city_key(place) == plain_key(place)


def test_a_region_or_a_village_is_not_the_city_that_had_its_name() -> None:
    assert len({city_key(name) for name in ("Тараз", "Жамбыл", "Жамбылская область")}) == 3
    assert len({city_key(name) for name in ("Абай", "село Абай", "Абайская область")}) == 3
    assert city_key("Форт-Шевченко") != city_key("Шевченко")
    assert city_key("Казалы") != city_key("Айтеке би")


@pytest.mark.parametrize(
    "typed",
    [
        *("г. Алматы", "г.Алматы", "г Алматы", "Г. АЛМАТЫ", "гор. Алматы", "город Алматы", "Алматы г.", "Алматы, г."),
        *("Almaty city", "Almaty City", "city of Almaty", "Алматы қаласы", "Алматы қ.", "қ. Алматы", "Almaty qalasy"),
        *("Алматы, Казахстан", "Almaty, Kazakhstan", "Қазақстан, Алматы", "Алматы.", " Алматы ", "г. Алма-Ата"),
        *("Алма\u2011Ата", "Алма – Ата", "Алма\u00adАта", "Алма\u00a0Ата", "\ufeffАлматы", "Алматы\u0301", "Aлматы"),
    ],
)
def test_words_and_characters_around_a_name_do_not_matter(typed: str) -> None:
    assert city_key(typed) == "almaty"


def test_russian_letters_in_place_of_kazakh_ones_do_not_matter() -> None:
    plain = str.maketrans("әқғңөұүһіӘҚҒҢӨҰҮҺІ", "акгноуухиАКГНОУУХИ")
    for city in CITIES:
        assert city_key(city.kk.translate(plain)) == city_key(city.kk)
        assert city_key(city.ru.replace("ё", "е")) == city_key(city.ru)


def test_accents_of_another_place_may_be_composed_or_not_but_they_stay() -> None:
    assert city_key(unicodedata.normalize("NFD", "Майский")) == city_key("МАЙСКИЙ") == "майский"
    assert city_key("Köln") != city_key("Koln")


@given(
    st.sampled_from(ALL_NAMES) | st.text("абйёжәіқAbZ İ-öñ", max_size=20),
    st.sampled_from(["NFC", "NFD"]),
    st.sampled_from([str.upper, str.title, str.swapcase, str]),
    st.text(" \t\n\u00a0", max_size=3),
)
def test_case_space_and_composition_never_change_the_key(
    name: str, form: Literal["NFC", "NFD"], case: Callable[[str], str], space: str
) -> None:
    typed = space + unicodedata.normalize(form, case(name)).replace(" ", " " + space) + space
    assert city_key(typed) == city_key(name)


@given(st.text(st.characters(exclude_categories=()), max_size=128))
def test_any_text_has_a_key_which_is_its_own_key(text: str) -> None:
    key = city_key(text)
    assert city_key(key) == key
    assert key == plain_key(text) or key in {city.name.lower() for city in CITIES}
