"""Which functions there are and what each needs: functions.yaml, firebase.json and what is uploaded."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from functions import FUNCTIONS

ROOT = Path(__file__).resolve().parents[2]

MADE_UP = {"JWT_KEYS": "jwt-keys", "PASSWORD_PEPPER": "password-pepper", "TELEGRAM_BOT_SECRET": "telegram-bot-secret"}
"""Secrets that the deploy invents: names in Secret Manager by the setting that they become."""

SUPPLIED = {"SMTP_URL": "smtp-url", "TELEGRAM_BOT_TOKEN": "telegram-bot-token"}
"""Secrets that only the operator knows. The API works without them."""

SECRETS = MADE_UP | SUPPLIED

UNDERSTOOD = {
    "platform",
    "entryPoint",
    "httpsTrigger",
    "eventTrigger",
    "scheduleTrigger",
    "availableMemoryMb",
    "cpu",
    "concurrency",
    "minInstances",
    "maxInstances",
    "timeoutSeconds",
}
"""What the deploy passes on from an endpoint of functions.yaml. Anything else would be lost unnoticed."""


@dataclass(frozen=True)
class Function:
    """One endpoint of functions.yaml."""

    name: str
    spec: dict[str, Any]

    @property
    def service(self) -> str:
        """Its name in the cloud: Cloud Run knows no underscores."""
        return self.name.replace("_", "-")

    @property
    def account(self) -> str:
        """Its own service account. Such ids have 6 to 30 characters, so short names need the prefix."""
        return f"fn-{self.service}"

    @property
    def event(self) -> dict[str, Any] | None:
        trigger: dict[str, Any] | None = self.spec.get("eventTrigger")
        return trigger

    @property
    def schedule(self) -> dict[str, Any] | None:
        trigger: dict[str, Any] | None = self.spec.get("scheduleTrigger")
        return trigger

    @property
    def interval(self) -> int:
        """The seconds from one call of a schedule to the next."""
        words = (self.schedule or {}).get("schedule", "")
        every = re.fullmatch(r"every ([0-9]+) (minutes|hours)", words)
        if every is None:
            sys.exit(f"functions.yaml, {self.name}: the schedule {words!r} is not `every N minutes` or hours.")
        return int(every[1]) * {"minutes": 60, "hours": 3600}[every[2]]

    @property
    def public(self) -> bool:
        return "public" in self.spec.get("httpsTrigger", {}).get("invoker", [])

    @property
    def secrets(self) -> list[str]:
        """The settings that it takes from Secret Manager."""
        return list(FUNCTIONS[self.name].secrets)

    @property
    def needs_bucket(self) -> bool:
        return FUNCTIONS[self.name].bucket

    @property
    def sends_push(self) -> bool:
        return FUNCTIONS[self.name].push

    @property
    def roles(self) -> list[str]:
        """On the project. Secrets, buckets and the right to call are granted on the single resource."""
        data = ["roles/datastore.user"] if FUNCTIONS[self.name].data else []
        return data + (["roles/eventarc.eventReceiver"] if self.event else [])


def functions() -> list[Function]:
    """The functions of functions.yaml.

    Raises:
        SystemExit: An endpoint says something that the deploy would not pass on.
    """
    endpoints = yaml.safe_load((ROOT / "functions.yaml").read_text())["endpoints"]
    for name, spec in endpoints.items():
        if unknown := spec.keys() - UNDERSTOOD:
            sys.exit(f"functions.yaml, {name}: the deploy does not know {', '.join(sorted(unknown))}.")
    return [Function(name, spec) for name, spec in endpoints.items()]


def largest_cpus() -> float:
    """The vCPUs of the function that may take the most: what a region's quota is compared with."""
    return max(float(each.spec["cpu"]) * int(each.spec["maxInstances"]) for each in functions())


def runtime() -> str:
    """The Python of the functions. firebase.json names it, for the emulator too."""
    name: str = json.loads((ROOT / "firebase.json").read_text())["functions"][0]["runtime"]
    return name


def uploaded_files() -> list[Path]:
    """What is uploaded for a function. gcloud says it, from .gcloudignore."""
    return [ROOT / name for name in sorted(ask("gcloud meta list-files-for-upload .").splitlines())]


@cache
def release() -> str:
    """The commit of this working tree, with ``-changed`` when something in it is not committed."""
    commit = ask("git rev-parse --short=12 HEAD")
    if not commit:
        return "unknown"
    return f"{commit}-changed" if ask("git status --porcelain") else commit


def ask(text: str) -> str:
    """What a program prints, empty if it fails."""
    program = text.split()[0]
    try:
        done = subprocess.run(text.split(), capture_output=True, text=True, check=False, cwd=ROOT)
    except FileNotFoundError:
        sys.exit(f"{program} is not installed.{INSTALL.get(program, '')}")
    return done.stdout.strip()


INSTALL = {"gcloud": " https://cloud.google.com/sdk/docs/install"}
