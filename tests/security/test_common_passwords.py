"""The most common passwords are refused where it is deployed, and nowhere else."""

import os
import subprocess
import sys
from typing import Any

import pytest

from shared import common_passwords
from shared.settings import settings
from tests.conftest import Configure
from tests.instruments.api import PASSWORD, Api
from tests.instruments.mail import MailServer
from tests.security.database import dump
from tests.security.test_codes import code_in

COMMON = ("password123", "12345678", "Qwerty123", "PASSWORD1", "1q2w3e4r5t", "iloveyou")
FINE = ("secret123", "Secret123", PASSWORD, "кот ест рыбу по средам", " password123", "password123 ")


def register(api: Api, password: str) -> Any:
    body = {"name": "N", "email": "new@example.kz", "password": password}
    return api.call("POST", "/auth/register", json=body)


def check_refused(answer: Any, field: str) -> None:
    assert answer.status_code == 422, answer.text
    (problem,) = answer.get_json()["detail"]
    assert problem["loc"] == ["body", field]
    assert "one of the most common passwords" in problem["msg"]
    assert not any(password in answer.text for password in COMMON)


@pytest.mark.parametrize("password", COMMON)
def test_deployed_a_common_password_is_refused_everywhere(
    api: Api, mail: MailServer, configure: Configure, password: str
) -> None:
    person = api.person()
    api.ok("POST", "/auth/password/reset", json={"username": person.email})
    before = dump()
    configure(REFUSE_COMMON_PASSWORDS="true")
    check_refused(register(api, password), "password")
    body = {"current_password": PASSWORD, "new_password": password}
    check_refused(person.call("POST", "/auth/password", json=body), "new_password")
    body = {"username": person.email, "code": code_in(mail), "new_password": password}
    check_refused(api.call("POST", "/auth/password/reset/confirm", json=body), "new_password")
    assert dump() == before


@pytest.mark.parametrize("password", FINE)
def test_deployed_other_passwords_are_taken(api: Api, configure: Configure, password: str) -> None:
    configure(REFUSE_COMMON_PASSWORDS="true")
    assert register(api, password).status_code == 200


def test_who_has_a_common_password_already_still_gets_in(api: Api, configure: Configure) -> None:
    assert register(api, "password123").status_code == 200
    configure(REFUSE_COMMON_PASSWORDS="true")
    assert api.login("new@example.kz", "password123")


def test_locally_nothing_is_refused(api: Api) -> None:
    assert settings().local
    assert register(api, "password123").status_code == 200


def test_it_is_on_where_it_is_deployed(configure: Configure) -> None:
    configure(ENVIRONMENT="production", JWT_KEYS="k" * 32, PASSWORD_PEPPER="p" * 32)
    assert settings().refuse_common_passwords


def test_an_admin_of_a_project_gets_no_common_password() -> None:
    given = {"EMAIL": "boss@example.kz", "PASSWORD": "password123", "PROJECT": "my-project"}
    env = {name: value for name, value in os.environ.items() if name != "FIRESTORE_EMULATOR_HOST"}
    made = subprocess.run(
        [sys.executable, "-m", "infra.admin"], env=env | given, capture_output=True, text=True, check=False
    )
    assert made.returncode != 0
    assert "password: Value error, is one of the most common passwords" in made.stderr
    assert "password123" not in made.stderr


def test_the_list_has_only_what_could_be_chosen() -> None:
    words = common_passwords.FILE.read_text().split()
    assert len(words) == len(set(words)) == 10_000
    assert all(len(word) >= 8 and word == word.lower() for word in words)
    assert "secret123" not in words


def test_the_list_is_read_only_when_a_password_is_set() -> None:
    program = "import main; main.auth; from shared import common_passwords as c; print(c._common.cache_info().currsize)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "0"
