"""The first admin of a deployed project: in its database, with a password that its logins can check."""

import base64
import hashlib
import hmac
import os
from pathlib import Path

import bcrypt
import pytest

from infra import admin
from shared.data import users
from shared.data.users import User
from shared.enums import Role
from shared.settings import settings
from tests.deploy.conftest import write_programs

PEPPER = "the-project's-own-pepper-of-48-characters-or-more"


def test_the_admin_of_a_project_is_made_with_its_pepper_in_its_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = write_programs(tmp_path, "gcloud", prints=PEPPER)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    given = {"EMAIL": "boss@example.kz", "PASSWORD": "a-long-password", "PROJECT": "my-project", "BCRYPT_COST": "4"}
    left = {name: os.environ.get(name, "") for name in ("ENVIRONMENT", "PASSWORD_PEPPER", "GOOGLE_CLOUD_PROJECT")}
    for name, value in (given | left | {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:9"}).items():
        monkeypatch.setenv(name, value)
    made: list[tuple[str, str | None, bool]] = []
    where: list[tuple[str | None, ...]] = []

    def make_admin(email: str, password_hash: str | None, take_over: bool = False) -> User:
        made.append((email, password_hash, take_over))
        where.append(tuple(map(os.environ.get, ("GOOGLE_CLOUD_PROJECT", "FIRESTORE_EMULATOR_HOST", "ENVIRONMENT"))))
        return User(1, Role.ADMIN, "Admin", email, None, None, password_hash, is_active=True, created_at=None)

    monkeypatch.setattr(users, "make_admin", make_admin)
    settings.cache_clear()
    admin.main()
    settings.cache_clear()
    assert [words for _, *words in notes()] == [
        ["secrets", "versions", "access", "latest", "--secret=password-pepper", "--project=my-project"]
    ]
    assert where == [("my-project", None, "production")]
    [(email, hashed, take_over)] = made
    assert (email, take_over) == ("boss@example.kz", False)
    peppered = base64.b64encode(hmac.digest(PEPPER.encode(), b"a-long-password", hashlib.sha384))
    assert hashed
    assert bcrypt.checkpw(peppered, hashed.encode())
