"""Photos of listings: uploading, order, deletion, who sees them, and what is left in storage."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from infra.local.emulators import ROOT
from shared import clock
from shared.data import bucket, listings, photos, store
from shared.data.stored_photos import object_names
from tests.conftest import stop_clock
from tests.functions.test_contract import FLAT, LISTING
from tests.functions.test_details import everywhere
from tests.instruments.api import Api, Person
from tests.instruments.costs import Cost, Meter
from tests.instruments.pictures import image, shown

IMMUTABLE = "public, max-age=31536000, immutable"


def add(owner: Person, listing_id: int, number: int = 0, **options: Any) -> Any:
    return owner.ok("POST", f"/photos/{listing_id}", data=image(number, **options))


def in_storage(listing_id: int) -> set[int]:
    """The ids of a listing's photos that have any object."""
    return {int(each.name.split("/")[1]) for each in bucket.list_objects() if each.name.startswith(f"{listing_id}/")}


def ids(found: list[dict[str, Any]]) -> list[int]:
    return [photo["id"] for photo in found]


def test_a_photo_is_shown_in_three_sizes_to_everybody_and_kept_by_caches(api: Api, owner: Person) -> None:
    key = owner.listing()["id"]
    photo = add(owner, key, width=2000, height=1000)
    assert photo.keys() == {"id", "width", "height", "urls"}
    assert (photo["width"], photo["height"]) == (1600, 800)
    assert {size: shown(api, url).size for size, url in photo["urls"].items()} == {
        "large": (1600, 800),
        "medium": (800, 400),
        "small": (320, 160),
    }
    answer = api.call("GET", f"/photos/{key}/{photo['id']}/small.webp")
    assert answer.headers["Cache-Control"] == IMMUTABLE
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert api.ok("GET", f"/photos/{key}") == [photo]
    assert api.ok("GET", f"/listings/{key}?include=photos")["photos"] == [photo]


def test_a_file_that_is_not_there_is_404_and_kept_by_no_cache(api: Api, owner: Person) -> None:
    key = owner.listing()["id"]
    photo = add(owner, key)["id"]
    for path in (
        f"{key}/{photo}/huge.webp",
        f"{key}/{photo}/small.png",
        f"{key}/7/small.webp",
        f"7/{photo}/small.webp",
    ):
        answer = api.call("GET", f"/photos/{path}")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "private, no-store"), path


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({}, "http://localhost"),
        ({"Host": "api.example.kz"}, "http://api.example.kz"),
        ({"X-Forwarded-Host": "project.web.app", "X-Forwarded-Proto": "https"}, "https://project.web.app"),
    ],
)
def test_urls_are_absolute_where_the_caller_has_found_the_api(
    api: Api, owner: Person, headers: dict[str, str], base: str
) -> None:
    key = owner.listing()["id"]
    photo = add(owner, key)["id"]
    for answer in (
        api.ok("GET", f"/photos/{key}", headers=headers),
        api.ok("GET", f"/listings/{key}?include=photos", headers=headers)["photos"],
        api.ok("GET", "/listings?include=photos", headers=headers)[0]["photos"],
    ):
        assert answer[0]["urls"]["medium"] == f"{base}/photos/{key}/{photo}/medium.webp"


def test_the_same_image_again_is_the_photo_that_is_there(owner: Person) -> None:
    one, other = owner.listing()["id"], owner.listing()["id"]
    photo = add(owner, one)
    assert add(owner, one) == photo
    assert add(owner, other)["id"] != photo["id"]
    second = add(owner, one, 1)
    assert add(owner, one) == photo
    assert in_storage(one) == {photo["id"], second["id"]}


def test_the_same_image_at_once_is_one_photo(owner: Person) -> None:
    key = owner.listing()["id"]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: add(owner, key), range(4)))
    assert len({photo["id"] for photo in answers}) == 1
    assert owner.ok("GET", f"/photos/{key}") == answers[:1]


def test_photos_stand_in_the_order_that_their_owner_gives_them(api: Api, owner: Person) -> None:
    key = owner.listing()["id"]
    first, second, third = (add(owner, key, number)["id"] for number in range(3))
    path = f"/photos/{key}"
    assert ids(api.ok("GET", path)) == [first, second, third]
    assert ids(owner.ok("PUT", path, json={"order": [third, first, second]})) == [third, first, second]
    assert ids(api.ok("GET", path)) == [third, first, second]
    for wrong in ([third, first], [third, first, second, 7], [third, first, first], [], [third, first, second, second]):
        answer = owner.call("PUT", path, json={"order": wrong})
        assert answer.status_code == 422, wrong
        assert answer.get_json()["detail"][0]["loc"] == ["body", "order"]
    assert ids(api.ok("GET", f"/listings/{key}?include=photos")["photos"]) == [third, first, second]


def test_a_deleted_photo_is_gone_everywhere_and_deleting_it_again_is_harmless(api: Api, owner: Person) -> None:
    key = owner.listing()["id"]
    gone, kept = add(owner, key), add(owner, key, 1)
    for _ in range(2):
        assert owner.ok("DELETE", f"/photos/{key}/{gone['id']}") == {"status": "ok"}
    assert api.ok("GET", f"/photos/{key}") == [kept]
    assert in_storage(key) == {kept["id"]}
    assert api.call("GET", f"/photos/{key}/{gone['id']}/large.webp").status_code == 404
    again = add(owner, key)
    assert again["id"] != gone["id"]
    assert shown(api, again["urls"]["large"])


def test_a_listing_has_at_most_twenty_photos_however_many_arrive_at_once(api: Api, owner: Person) -> None:
    key = owner.listing()["id"]
    for number in range(15):
        add(owner, key, number)
    with ThreadPoolExecutor(8) as threads:
        uploads = [threads.submit(owner.call, "POST", f"/photos/{key}", data=image(number)) for number in range(15, 35)]
        answers = [upload.result() for upload in uploads]
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [409] * 15
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.get_json()["code"] == "too_many_photos"
    found = api.ok("GET", f"/photos/{key}")
    assert len(found) == 20
    assert set(ids(found)) <= in_storage(key)
    assert add(owner, key, 3) == found[3], "what is there is answered even when there is no room"
    owner.ok("DELETE", f"/photos/{key}/{found[0]['id']}")
    add(owner, key, 99)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 415),
        (b"GIF89a\x01\x00\x01\x00", 415),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415),
        (image()[:200], 422),
        (b"\xff\xd8\xff" + b"x" * (12 * 1024 * 1024 - 3), 422),
        (b"\xff\xd8\xff" + b"x" * (12 * 1024 * 1024 - 2), 413),
    ],
    ids=["nothing", "gif", "svg", "cut off", "12 MiB", "more"],
)
def test_what_is_no_photo_is_refused_whatever_its_header_says(owner: Person, body: bytes, status: int) -> None:
    key = owner.listing()["id"]
    answer = owner.call("POST", f"/photos/{key}", data=body, headers={"Content-Type": "image/jpeg"})
    assert answer.status_code == status, answer.text
    assert answer.get_json()["detail"]
    assert owner.ok("GET", f"/photos/{key}") == []
    assert in_storage(key) == set()


def test_the_header_of_a_good_image_does_not_matter(owner: Person) -> None:
    key = owner.listing()["id"]
    for number, kind in enumerate(("text/plain", "application/json", "application/x-www-form-urlencoded", "")):
        data = image(number)
        assert owner.call("POST", f"/photos/{key}", data=data, headers={"Content-Type": kind}).status_code == 200, kind


class Unreadable(BytesIO):
    """A body that must not be read."""

    def read(self, *_: Any) -> bytes:
        raise AssertionError("the body was read")

    def readinto(self, _: Any) -> int:
        raise AssertionError("the body was read")


def test_nobody_elses_body_is_read(api: Api, owner: Person) -> None:
    key, other, tenant = owner.listing()["id"], api.person("agent"), api.person()
    for token, status in ((None, 401), ("nonsense", 401), (other.token, 403), (tenant.token, 403)):
        answer = api.call("POST", f"/photos/{key}", token, input_stream=Unreadable(image()))
        assert answer.status_code == status
    assert owner.call("POST", "/photos/7", input_stream=Unreadable(image())).status_code == 404
    assert owner.call("POST", f"/photos/{key}", input_stream=Unreadable(image())).status_code == 500, "it tells"


def test_an_admin_may_do_what_the_owner_may_and_it_is_audited(api: Api, owner: Person) -> None:
    admin, key = api.person("admin"), owner.listing()["id"]
    photo = add(admin, key)
    admin.ok("PUT", f"/photos/{key}", json={"order": [photo["id"]]})
    admin.ok("DELETE", f"/photos/{key}/{photo['id']}")
    entries = admin.ok("GET", "/admin/audit")
    assert [(each["action"], each["before"], each["after"]) for each in entries if each["listing_id"] == key] == [
        ("listing.photos", {"photos": [photo["id"]]}, {"photos": []}),
        ("listing.photos", {"photos": []}, {"photos": [photo["id"]]}),
    ]


def test_the_photos_of_an_inactive_listing_are_shown_to_its_owner_and_admins_only(api: Api, owner: Person) -> None:
    key, other, admin = owner.listing()["id"], api.person("agent"), api.person("admin")
    photo = add(owner, key)
    owner.ok("DELETE", f"/listings/{key}")
    path = f"/photos/{key}"
    for token, status in ((None, 404), (other.token, 404), ("nonsense", 401), (owner.token, 200), (admin.token, 200)):
        assert api.call("GET", path, token).status_code == status, token
    assert owner.ok("GET", path) == [photo]
    assert api.call("GET", "/photos/7", owner.token).status_code == 404
    (listing,) = owner.ok("GET", "/listings/my?include=photos")
    assert listing["photos"] == [photo]
    second = add(owner, key, 1)
    owner.ok("PUT", f"/listings/{key}", json=FLAT)
    assert api.ok("GET", path) == [photo, second]


def test_without_the_opt_in_no_answer_has_photos_and_with_it_all_have(api: Api, owner: Person) -> None:
    tenant = api.person()
    for found in everywhere(api, owner, tenant).values():
        assert [listing.keys() for listing in found] == [LISTING]
    key = api.ok("GET", "/listings")[0]["id"]
    photo = add(owner, key)
    for found in everywhere(api, owner, tenant).values():
        assert all(listing.keys() == LISTING for listing in found)
    for where, found in everywhere(api, owner, tenant, "photos,details").items():
        assert all(listing.keys() == LISTING | {"photos", "details"} for listing in found), where
    shown_photos = {listing["id"]: listing["photos"] for listing in api.ok("GET", "/listings?include=photos")}
    assert shown_photos.pop(key) == [photo]
    assert set(map(len, shown_photos.values())) == {0}


def test_an_old_clients_put_loses_no_photos(owner: Person) -> None:
    key = owner.listing()["id"]
    photo = add(owner, key)
    changed = owner.ok("PUT", f"/listings/{key}?include=photos", json=FLAT | {"title": "Other"})
    assert changed["photos"] == [photo]


def test_with_photos_finds_exactly_the_listings_that_have_some(api: Api, owner: Person) -> None:
    tenant, key, _ = api.person(), owner.listing()["id"], owner.listing()["id"]
    tenant.ok("POST", "/preferences", json={"filters": {"with_photos": True}})
    assert tenant.ok("GET", "/feed/next") is None
    photo = add(owner, key)["id"]
    assert [each["id"] for each in api.ok("GET", "/listings?with_photos=true")] == [key]
    assert tenant.ok("GET", "/feed/next")["id"] == key
    owner.ok("DELETE", f"/photos/{key}/{photo}")
    assert api.ok("GET", "/listings?with_photos=true") == []
    assert tenant.ok("GET", "/feed/next") is None
    add(owner, key)
    assert tenant.ok("GET", "/feed/next")["id"] == key
    tenant.act(key, "dislike")
    add(owner, key, 1)
    assert tenant.ok("GET", "/feed/next") is None, "what was acted on does not come again"


def test_only_the_first_photo_and_the_last_one_move_a_listing_in_the_feeds(owner: Person) -> None:
    key = owner.listing()["id"]

    def position() -> Any:
        return (store.get(listings.ref(key))[0].to_dict() or {})["position"]

    made = position()
    first = add(owner, key)["id"]
    gained = position()
    second = add(owner, key, 1)["id"]
    owner.ok("PUT", f"/photos/{key}", json={"order": [second, first]})
    assert made < gained == position()


def test_an_upload_costs_no_more_than_promised(owner: Person, meter: Meter) -> None:
    key = owner.listing()["id"]
    cost, photo = meter.of(add, owner, key)
    assert cost <= Cost(rpcs=2, reads=2, writes=1)
    cost, _ = meter.of(add, owner, key)
    assert cost <= Cost(rpcs=1, reads=2)
    cost, _ = meter.of(owner.api.ok, "GET", f"/photos/{key}")
    assert cost <= Cost(rpcs=1, reads=1)
    cost, _ = meter.of(owner.api.call, "GET", f"/photos/{key}/{photo['id']}/large.webp")
    assert cost == Cost(rpcs=0, reads=0)
    cost, _ = meter.of(owner.ok, "PUT", f"/photos/{key}", json={"order": [photo["id"]]})
    assert cost <= Cost(rpcs=1, reads=2)
    cost, _ = meter.of(owner.ok, "DELETE", f"/photos/{key}/{photo['id']}")
    assert cost <= Cost(rpcs=2, reads=2, writes=1)


def test_all_photos_of_a_listing_are_deleted_at_once(api: Api, owner: Person) -> None:
    key, other = owner.listing()["id"], owner.listing()["id"]
    for number in range(3):
        add(owner, key, number)
    kept = add(owner, other)
    for _ in range(2):
        photos.delete_all(key)
    photos.delete_all(7)
    assert api.ok("GET", f"/photos/{key}") == []
    assert in_storage(key) == set()
    assert api.ok("GET", f"/photos/{other}") == [kept]
    assert [each["id"] for each in api.ok("GET", "/listings?with_photos=true")] == [other]


def test_nothing_that_decodes_images_or_keeps_them_is_loaded_at_a_start() -> None:
    program = """
import sys
from importlib import import_module
from functions import FUNCTIONS
for name in FUNCTIONS:
    import_module(f"functions.{name}")
loaded = {"PIL", "pillow_heif", "shared.images", "google.cloud.storage"} & set(sys.modules)
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=600, cwd=ROOT)


# --- What goes wrong in between -----------------------------------------------------------------------------------


@pytest.fixture
def empty_bucket(bucket: None) -> None:
    from shared.data import bucket as storage

    storage.delete([each.name for each in storage.list_objects()])


@contextmanager
def no_storage() -> Iterator[None]:
    """Nothing answers where the storage should be while the body runs, and waiting for it takes no time."""
    with pytest.MonkeyPatch.context() as patch:
        stop_clock(patch)
        patch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
        bucket.close()
        yield
    bucket.close()


def test_without_storage_an_upload_is_503_and_leaves_nothing(api: Api, owner: Person) -> None:
    key = owner.listing()["id"]
    with no_storage():
        answer = owner.call("POST", f"/photos/{key}", data=image())
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert owner.ok("GET", f"/photos/{key}") == []
        assert api.call("GET", f"/photos/{key}/5/large.webp").status_code == 503
    assert add(owner, key)


def test_a_deletion_without_storage_is_finished_by_its_repetition(owner: Person) -> None:
    key = owner.listing()["id"]
    photo = add(owner, key)["id"]
    with no_storage():
        assert owner.call("DELETE", f"/photos/{key}/{photo}").status_code == 503
    assert owner.ok("GET", f"/photos/{key}") == []
    assert in_storage(key) == {photo}
    owner.ok("DELETE", f"/photos/{key}/{photo}")
    assert in_storage(key) == set()


def test_the_sweep_takes_what_no_listing_knows_and_nothing_else(
    api: Api, owner: Person, empty_bucket: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = owner.listing()["id"]
    photo = add(owner, key)
    orphans = [*object_names(key, 5), *object_names(6, 5), object_names(key, photo["id"] + 1)[0]]
    bucket.put(dict.fromkeys(orphans, b"orphan"), "image/webp")
    sweeper = api.client("sweep_photos")
    assert sweeper.get("/").status_code == 204
    assert sweeper.post("/").status_code == 200
    assert set(orphans) <= {each.name for each in bucket.list_objects()}, "they may belong to an upload"
    later = clock.now() + photos.GRACE + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert sweeper.post("/").status_code == 200
    assert {each.name for each in bucket.list_objects()} == set(object_names(key, photo["id"]))
    assert shown(api, photo["urls"]["large"])


def test_a_sweep_without_time_goes_on_where_it_has_stopped(
    owner: Person, empty_bucket: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    orphans = [name for listing_id in (3, 4, 5) for name in object_names(listing_id, 1)]
    bucket.put(dict.fromkeys(orphans, b"orphan"), "image/webp")
    later = clock.now() + photos.GRACE + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    monkeypatch.setattr(photos, "SWEEP_SECONDS", -1.0)
    monkeypatch.setattr(photos, "PAGE", 1)
    assert [photos.sweep() for _ in range(4)] == [3, 3, 3, 0]
    monkeypatch.undo()
    assert photos.sweep() == 0
    assert (store.get(store.document("schedules", "sweep_photos"))[0].to_dict() or {}) == {"swept_to": ""}
