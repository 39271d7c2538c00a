"""The schedule that finds likes without a lead; no event is delivered here, so every like is one."""

from datetime import timedelta

import pytest

from shared.data import lost_leads
from tests.instruments.api import Api, Person
from tests.security.database import dump


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_leads, "GRACE", timedelta(0))
    monkeypatch.setattr(lost_leads, "PAGE", 2)


def run(api: Api, method: str = "POST") -> int:
    return api.client("find_lost_leads").open("/", method=method).status_code


def leads(tenant: Person) -> set[int]:
    return {lead["listing_id"] for lead in tenant.ok("GET", "/leads/my")}


def test_every_like_has_a_lead_in_the_end(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    owner, tenant = api.person("landlord"), api.person()
    listings = [owner.listing() for _ in range(7)]
    for listing in listings[:5]:
        tenant.act(listing, "like")
    tenant.act(listings[0], "dislike")  # A like that was taken for an error has become a lead all the same.
    tenant.act(listings[5], "favorite")
    kept = tenant.ok("POST", "/leads", json={"listing_id": listings[1]["id"]})
    assert run(api) == 200
    assert leads(tenant) == {listing["id"] for listing in listings[:5]}
    assert kept in tenant.ok("GET", "/leads/my")
    assert '"message": "Likes without a lead", "missing": 4' in capsys.readouterr().out
    assert run(api) == 200
    assert "Likes without a lead" not in capsys.readouterr().out
    tenant.act(listings[6], "like")
    assert run(api) == 200
    assert leads(tenant) == {listing["id"] for listing in [*listings[:5], listings[6]]}


def test_a_run_goes_on_where_the_last_one_stopped(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_leads, "MAX_PAGES", 1)
    owner, tenant = api.person("landlord"), api.person()
    listings = [owner.listing() for _ in range(5)]
    for listing in listings:
        tenant.act(listing, "like")
    for count in (2, 3, 4, 5):  # The last like of a page is the first of the next one.
        assert run(api) == 200
        assert len(leads(tenant)) == count


def test_a_like_that_may_still_wait_for_its_event_is_left_alone(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_leads, "GRACE", timedelta(minutes=10))
    owner, tenant = api.person("landlord"), api.person()
    tenant.act(owner.listing(), "like")
    assert run(api) == 200
    assert leads(tenant) == set()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_health_check_does_nothing(api: Api, method: str) -> None:
    owner, tenant = api.person("landlord"), api.person()
    tenant.act(owner.listing(), "like")
    before = dump()
    assert run(api, method) == 204
    assert dump() == before
