"""The project that is deployed to: what the operator typed, and the names and rights that follow from it."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.cloud.manifest import ROOT, SECRETS, SUPPLIED, Function, ask, functions
from infra.cloud.plan import Check, Command, IsThere, Word, command

DATABASE = "--database=(default)"
FIREBASE = "infra/node_modules/.bin/firebase"
BUILDER = "fn-build"
"""The account that builds, because in new projects Google's default account may not."""

INSTALL_FIREBASE = command("npm install --prefix infra --no-audit --no-fund --loglevel=error")
"""The release that infra/package.json pins; nothing but a look when it is there."""

MARK = "made-by=make-deploy"
"""The label of what a deploy makes, so that it is found when the tree no longer names it."""


@dataclass(frozen=True)
class Project:
    """The project, and what only the operator knows about it."""

    id: str
    region: str
    location: str
    """Of the Firestore database, if it has to be created."""
    alert_email: str = ""
    budget: str = ""
    """What a month may cost, in the currency of the billing account."""
    supplied: tuple[str, ...] = ()
    """Settings whose secrets the operator has given, now or before."""
    force: bool = False
    """Deploy the functions that have not changed, too."""

    @classmethod
    def typed(cls, verb: str) -> "Project":
        """What was typed behind ``make``, which hands it on in the environment."""
        missing = [name for name in ("PROJECT", "REGION") if not os.environ.get(name)]
        if missing:
            sys.exit(f"{' and '.join(missing)} missing. Type: make {verb} PROJECT=my-project REGION=europe-west1")
        return cls(
            id=os.environ["PROJECT"],
            region=os.environ["REGION"],
            location=os.environ.get("DATABASE_LOCATION") or os.environ["REGION"],
            alert_email=os.environ.get("ALERT_EMAIL", ""),
            budget=os.environ.get("BUDGET", ""),
            force=bool(os.environ.get("FORCE")),
        )

    def account(self, name: str) -> str:
        return f"{name}@{self.id}.iam.gserviceaccount.com"

    @property
    def bucket(self) -> str:
        """The private bucket of the listings' photos."""
        return _own_settings(self.id).get("PHOTOS_BUCKET", f"{self.id}-photos")

    @property
    def push(self) -> bool:
        """True if apps are told by Firebase Cloud Messaging."""
        return _own_settings(self.id).get("PUSH_ENABLED", "").lower() in ("1", "true", "on", "yes", "t", "y")

    @property
    def address(self) -> str:
        return f"https://{self.id}.web.app"

    def gcloud(
        self,
        text: str,
        *more: Word,
        stdin: Command | None = None,
        unless: Check | IsThere | None = None,
        fine: str | None = None,
        otherwise: tuple[str, Command] | None = None,
        until: str | None = None,
        once: bool = False,
    ) -> Command:
        """A gcloud command on this project."""
        words = f"gcloud {text} --project={self.id}"
        how = {"stdin": stdin, "unless": unless, "fine": fine, "otherwise": otherwise, "until": until, "once": once}
        return command(words, *more, **how)  # type: ignore[arg-type]

    def firebase(self, text: str, unless: Check | None = None, fine: str | None = None) -> Command:
        """A command of the pinned firebase-tools on this project."""
        return command(f"{FIREBASE} {text} --project={self.id} --non-interactive", unless=unless, fine=fine)

    def settings(self, function: Function) -> dict[str, str]:
        """The environment of a function: what follows from the project, and the project's own file over it."""
        own = _own_settings(self.id)
        bucket = {"PHOTOS_BUCKET": self.bucket} if function.needs_bucket else {}
        return {
            "ENVIRONMENT": "production",
            "GOOGLE_CLOUD_PROJECT": self.id,
            "CORS_ORIGINS": f"https://{self.id}.web.app,https://{self.id}.firebaseapp.com",
            "PUBLIC_URL": self.address,
            # gunicorn's threads. With fewer than Cloud Run sends at once, requests would wait where nothing scales.
            "THREADS": str(function.spec["concurrency"]),
            **{name: value for name, value in own.items() if name != "PHOTOS_BUCKET"},
            **bucket,
        }

    def secrets(self, function: Function) -> list[str]:
        """The settings of a function that are secrets of this project."""
        return [name for name in function.secrets if name not in SUPPLIED or name in self.supplied]

    def roles(self) -> list[tuple[str, str]]:
        """Pairs of account and role on the project."""
        granted = [(each.account, role) for each in functions() for role in each.roles]
        if self.push:
            granted += [(each.account, "roles/firebasecloudmessaging.admin") for each in functions() if each.sends_push]
        return [(self.account(name), role) for name, role in [(BUILDER, "roles/run.builder"), *granted]]

    def alert_channels(self) -> Command:
        """Prints the names of the channels to the operator's address."""
        of_address = f"--filter=labels.email_address={self.alert_email}"
        return self.gcloud(f"beta monitoring channels list {of_address} --format=value(name)")

    def use_credentials_of_gcloud(self) -> None:
        """Lets firebase-tools act as the account that gcloud is logged in with, without a second login.

        gcloud keeps the credentials of each account in the form of application default credentials too, for gsutil
        and bq. Where there is no such file (in Cloud Shell, say), firebase-tools finds the default ones itself.
        """
        os.environ["GOOGLE_CLOUD_QUOTA_PROJECT"] = self.id
        if "GOOGLE_APPLICATION_CREDENTIALS" in os.environ:
            return
        account = ask("gcloud config get account")
        folder = ask("gcloud info --format=value(config.paths.global_config_dir)")
        path = Path(folder, "legacy_credentials", account, "adc.json")
        if account and path.exists():
            os.environ["GOOGLE_APPLICATION_CREDENTIALS"] = str(path)


def _own_settings(project: str) -> dict[str, str]:
    """``.env.PROJECT``: lines of NAME=value for this project. Committed, so that one knows what was deployed."""
    path = ROOT / f".env.{project}"
    lines = path.read_text().splitlines() if path.exists() else []
    found = dict(line.split("=", 1) for line in lines if line.strip() and not line.startswith("#"))
    if leaked := found.keys() & SECRETS.keys():
        sys.exit(f"{path.name}: {', '.join(sorted(leaked))} belongs into Secret Manager, never into a file.")
    return found
