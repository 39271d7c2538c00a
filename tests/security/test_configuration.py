"""Secrets: what a function refuses to start with, and how keys are changed while it runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from functions import FUNCTIONS
from shared.settings import LOCAL_SECRET, settings
from tests.conftest import Configure
from tests.instruments.api import MAIN

OLD, NEW, PEPPER = "o" * 32, "n" * 32, "p" * 32
DEPLOYED = {"ENVIRONMENT": "production", "FIRESTORE_EMULATOR_HOST": None, "FUNCTION_TARGET": "auth"}
GOOD = {"JWT_KEYS": NEW, "PASSWORD_PEPPER": PEPPER}


@pytest.mark.parametrize("environment", ["production", "staging", "Local", "LOCAL", "dev", "test"])
@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"JWT_KEYS": None}, "JWT_KEYS"),
        ({"JWT_KEYS": ""}, "JWT_KEYS"),
        ({"JWT_KEYS": " , "}, "JWT_KEYS"),
        ({"JWT_KEYS": "k" * 31}, "JWT_KEYS"),
        ({"JWT_KEYS": LOCAL_SECRET}, "JWT_KEYS"),
        ({"JWT_KEYS": f"{NEW},short"}, "JWT_KEYS"),
        ({"JWT_KEYS": f"{NEW},{LOCAL_SECRET}"}, "JWT_KEYS"),
        ({"PASSWORD_PEPPER": None}, "PASSWORD_PEPPER"),
        ({"PASSWORD_PEPPER": "p" * 31}, "PASSWORD_PEPPER"),
        ({"PASSWORD_PEPPER": LOCAL_SECRET}, "PASSWORD_PEPPER"),
        ({"TELEGRAM_BOT_SECRET": "telegram"}, "TELEGRAM_BOT_SECRET"),
    ],
)
def test_weak_default_and_missing_secrets_are_refused(
    configure: Configure, environment: str, wrong: dict[str, str | None], named: str
) -> None:
    configure(**DEPLOYED | GOOD | {"ENVIRONMENT": environment} | wrong)
    with pytest.raises(ValueError, match=named) as refused:
        settings().require(FUNCTIONS["auth"].secrets)
    for value in wrong.values():
        assert not value or value not in str(refused.value)


def test_real_secrets_are_accepted(configure: Configure) -> None:
    configure(**DEPLOYED | GOOD)
    assert settings().environment == "production"
    assert not settings().local


def test_without_the_emulator_a_function_is_deployed_whatever_is_forgotten(configure: Configure) -> None:
    configure(**DEPLOYED | GOOD | {"ENVIRONMENT": None})
    assert settings().environment == "production"


def test_local_rules_never_guard_real_data(configure: Configure) -> None:
    configure(**DEPLOYED | GOOD | {"ENVIRONMENT": "local"})
    with pytest.raises(ValidationError, match="FIRESTORE_EMULATOR_HOST"):
        settings()


def test_limits_are_on_unless_local(configure: Configure) -> None:
    own = ("BCRYPT_COST", "FEED_SETTLE_SECONDS", "THROTTLE_WINDOW_SECONDS")  # What the tests run with.
    configure(**DEPLOYED | GOOD | dict.fromkeys(own))
    chosen = settings()
    assert (chosen.login_failures_per_account, chosen.login_failures_per_address) == (10, 100)
    assert (chosen.register_failures_per_address, chosen.registrations_per_address) == (20, 100)
    assert (chosen.throttle_window_seconds, chosen.codes_per_address) == (900, 20)
    assert (chosen.bcrypt_cost, chosen.feed_settle_seconds, chosen.jwt_lifetime_seconds) == (12, 10, 24 * 3600)
    assert chosen.cors_origins == []
    assert chosen.trusted_proxies == 1


@pytest.mark.parametrize("function", ["auth", "listings", "admin"])
def test_a_deployed_function_does_not_start_without_its_keys(function: str, tmp_path: Path) -> None:
    """The real start: the process ends, and what it prints shows no secret."""
    env = {name: value for name, value in os.environ.items() if name not in DEPLOYED.keys() | GOOD.keys()}
    command = [sys.executable, "-m", "functions_framework", "--target", function, "--source", MAIN, "--port", "0"]
    weak = env | {"ENVIRONMENT": "production", "GOOGLE_CLOUD_PROJECT": "demo-none", "JWT_KEYS": "too-short-a-key"}
    ended = subprocess.run(command, env=weak, capture_output=True, text=True, timeout=600, cwd=tmp_path, check=False)
    assert ended.returncode != 0
    assert "JWT_KEYS must be set" in ended.stderr
    assert "too-short-a-key" not in ended.stdout + ended.stderr
