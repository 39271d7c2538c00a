"""The command for a person who asks by letter: the same deletion, and an entry in the audit."""

import json
import subprocess
import sys

import pytest

from infra import forget, target
from tests.instruments.api import PASSWORD, Api
from tests.security.database import dump


@pytest.fixture(autouse=True)
def _this_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target, "join_running_system", lambda: None)
    for name in ("EMAIL", "PHONE", "USER_ID", "PROJECT"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("way", ["EMAIL", "PHONE", "USER_ID"])
def test_a_person_is_forgotten_by_email_phone_or_id(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    person = api.person("landlord", email="Left@example.kz", phone="+77015550101", name="Somebody")
    listing = person.listing(title="Somebody's flat")["id"]
    admin = api.person("admin")
    spelled = {"EMAIL": "left@EXAMPLE.kz", "PHONE": "8 701 555 01 01", "USER_ID": str(person.id)}
    monkeypatch.setenv(way, spelled[way])
    forget.main()
    assert person.call("GET", "/auth/me").status_code == 401
    stored = dump()
    assert not [data for data in stored.values() if "Somebody" in str(data) or "eft@example" in str(data)]
    assert not stored[f"listings/{listing}"]["is_active"]
    (entry,) = [each for each in admin.ok("GET", "/admin/audit") if each["action"] == "user.forget"]
    assert (entry["admin_id"], entry["user_id"], entry["before"], entry["after"]) == (None, person.id, {}, {})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "Audit: user.forget" in line]
    assert [line["user_id"] for line in lines] == [person.id]
    with pytest.raises(SystemExit, match="Nobody with this"):
        forget.main()


def test_the_last_admin_is_not_forgotten(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = api.person("admin")
    monkeypatch.setenv("EMAIL", admin.email)
    with pytest.raises(SystemExit, match="last active admin"):
        forget.main()
    assert api.login(admin.email, PASSWORD)


@pytest.mark.parametrize(
    "given",
    [{}, {"EMAIL": "nonsense"}, {"PHONE": "1"}, {"USER_ID": "x"}, {"EMAIL": "a@example.kz", "PHONE": "+77015550101"}],
)
def test_it_says_how_it_is_used(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match="Usage: make forget"):
        forget.main()


def test_without_a_running_system_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL", "somebody@example.kz")
    monkeypatch.setenv("FIRESTORE_PORT", "1")
    asked = subprocess.run([sys.executable, "-m", "infra.forget"], capture_output=True, text=True, check=False)
    assert asked.returncode != 0
    assert "not running" in asked.stderr
