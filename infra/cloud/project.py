"""What is deployed, and where to: functions.yaml and what the operator typed."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from functions import FUNCTIONS
from infra.cloud.plan import Check, Command, Output, command

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "--database=(default)"
FIREBASE = "infra/node_modules/.bin/firebase"

INSTALL_FIREBASE = command("npm install --prefix infra --no-audit --no-fund --loglevel=error")
"""The release that infra/package.json pins; nothing but a look when it is there."""

SECRETS = {"JWT_KEYS": "jwt-keys", "PASSWORD_PEPPER": "password-pepper", "TELEGRAM_BOT_SECRET": "telegram-bot-secret"}
"""Names in Secret Manager by the setting that they become."""

ALERTS = {"errors": "API errors", "latency": "API latency", "leads": "Leads not made"}
"""Titles of the alert policies by their files in infra/cloud/alerts."""

BUILDER = "fn-build"
"""The account that builds: in new projects Google's default one has no right to."""

UNDERSTOOD = {
    "platform",
    "entryPoint",
    "httpsTrigger",
    "eventTrigger",
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
        """Its own service account. Such ids have at least 6 characters, so short names need the prefix."""
        return f"fn-{self.service}"

    @property
    def event(self) -> dict[str, Any] | None:
        trigger: dict[str, Any] | None = self.spec.get("eventTrigger")
        return trigger

    @property
    def public(self) -> bool:
        return "public" in self.spec.get("httpsTrigger", {}).get("invoker", [])

    @property
    def secrets(self) -> list[str]:
        """The settings that it takes from Secret Manager."""
        return list(FUNCTIONS[self.name].secrets)

    @property
    def roles(self) -> list[str]:
        """On the project. Secrets, and the right to invoke, are granted on the single resource."""
        data = ["roles/datastore.user"] if FUNCTIONS[self.name].data else []
        return data + (["roles/eventarc.eventReceiver"] if self.event else [])


@dataclass(frozen=True)
class Target:
    """The project, and what only the operator knows about it."""

    project: str
    region: str
    location: str
    """Of the Firestore database, if it has to be created."""
    alert_email: str = ""
    force: bool = False
    """Deploy the functions that have not changed, too."""

    @classmethod
    def typed(cls, verb: str) -> "Target":
        """What was typed behind ``make``, which hands it on in the environment."""
        missing = [name for name in ("PROJECT", "REGION") if not os.environ.get(name)]
        if missing:
            sys.exit(f"{' and '.join(missing)} missing. Type: make {verb} PROJECT=my-project REGION=europe-west1")
        return cls(
            project=os.environ["PROJECT"],
            region=os.environ["REGION"],
            location=os.environ.get("DATABASE_LOCATION") or os.environ["REGION"],
            alert_email=os.environ.get("ALERT_EMAIL", ""),
            force=bool(os.environ.get("FORCE")),
        )

    def account(self, name: str) -> str:
        return f"{name}@{self.project}.iam.gserviceaccount.com"

    def gcloud(
        self,
        text: str,
        *more: str | Output,
        stdin: Command | None = None,
        unless: Check | None = None,
        fine: str | None = None,
    ) -> Command:
        """A gcloud command on this project."""
        words = f"gcloud {text} --project={self.project}"
        return command(words, *more, stdin=stdin, unless=unless, fine=fine)

    def firebase(self, text: str, unless: Check | None = None, fine: str | None = None) -> Command:
        """A command of the pinned firebase-tools on this project."""
        return command(f"{FIREBASE} {text} --project={self.project} --non-interactive", unless=unless, fine=fine)

    def settings(self, function: Function) -> dict[str, str]:
        """The environment of a function: what follows from the target, and the project's own file over it."""
        return {
            "ENVIRONMENT": "production",
            "GOOGLE_CLOUD_PROJECT": self.project,
            "CORS_ORIGINS": f"https://{self.project}.web.app,https://{self.project}.firebaseapp.com",
            # gunicorn's threads. With fewer than Cloud Run sends at once, requests would wait where nothing scales.
            "THREADS": str(function.spec["concurrency"]),
            **_own_settings(self.project),
        }

    def roles(self) -> list[tuple[str, str]]:
        """Pairs of account and role on the project."""
        granted = [(each.account, role) for each in functions() for role in each.roles]
        return [(self.account(name), role) for name, role in [(BUILDER, "roles/run.builder"), *granted]]

    def alert_policies(self, title: str) -> Command:
        """Prints the names of the alert policies of that title."""
        return self.gcloud("alpha monitoring policies list --format=value(name)", f'--filter=displayName="{title}"')

    def alert_channels(self) -> Command:
        """Prints the names of the channels to the operator's address."""
        of_address = f"--filter=labels.email_address={self.alert_email}"
        return self.gcloud(f"beta monitoring channels list {of_address} --format=value(name)")

    def use_credentials_of_gcloud(self) -> None:
        """Lets firebase-tools act as the account that gcloud is logged in with, without a second login.

        gcloud keeps the credentials of each account in the form of application default credentials too, for gsutil
        and bq. Where there is no such file (in Cloud Shell, say), firebase-tools finds the default ones itself.
        """
        os.environ["GOOGLE_CLOUD_QUOTA_PROJECT"] = self.project
        if "GOOGLE_APPLICATION_CREDENTIALS" in os.environ:
            return
        account, folder = _ask("config get account"), _ask("info --format=value(config.paths.global_config_dir)")
        path = Path(folder, "legacy_credentials", account, "adc.json")
        if account and path.exists():
            os.environ["GOOGLE_APPLICATION_CREDENTIALS"] = str(path)


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


def runtime() -> str:
    """The one that firebase.json has the emulator use."""
    name: str = json.loads((ROOT / "firebase.json").read_text())["functions"][0]["runtime"]
    return name


def uploaded_files() -> list[Path]:
    """What is uploaded for a function. gcloud says it, from .gcloudignore."""
    return [ROOT / name for name in sorted(_ask("meta list-files-for-upload .").splitlines())]


def _own_settings(project: str) -> dict[str, str]:
    """``.env.PROJECT``: lines of NAME=value for this project. Committed, so that one knows what was deployed."""
    path = ROOT / f".env.{project}"
    lines = path.read_text().splitlines() if path.exists() else []
    found = dict(line.split("=", 1) for line in lines if line.strip() and not line.startswith("#"))
    if leaked := found.keys() & SECRETS.keys():
        sys.exit(f"{path.name}: {', '.join(sorted(leaked))} belongs into Secret Manager, never into a file.")
    return found


def _ask(text: str) -> str:
    try:
        done = subprocess.run(["gcloud", *text.split()], capture_output=True, text=True, check=False, cwd=ROOT)
    except FileNotFoundError:
        sys.exit("gcloud is not installed: https://cloud.google.com/sdk/docs/install")
    return done.stdout.strip()
