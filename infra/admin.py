"""Makes an admin: the first one can be made in no other way, because the API lets nobody become one by themselves.

EMAIL and PASSWORD come by the environment, where the list of processes does not show them. Without PROJECT the running
local system is meant, with it that project's database.
"""

import os
import subprocess
import sys

from pydantic import ValidationError

from infra import target
from infra.cloud.manifest import SECRETS
from shared.data import users
from shared.data.users import User
from shared.models.base import Model
from shared.models.fields import Email, Password
from shared.security import hash_password
from shared.settings import settings


class Credentials(Model):
    """What the admin will log in with, by the rules that hold for everybody."""

    email: Email
    password: Password


def main() -> None:
    """Creates the admin. TAKE_OVER=1 makes one of an account that exists, and ends all other ways into it."""
    where = target.choose()
    try:
        given = Credentials(email=os.environ.get("EMAIL", ""), password=os.environ.get("PASSWORD", ""))
    except ValidationError as error:
        problems = "\n".join(f"  {problem['loc'][0]}: {problem['msg']}" for problem in error.errors())
        sys.exit(f"{problems}\nUsage: make admin EMAIL=… PASSWORD=… [PROJECT=…]")
    if project := os.environ.get("PROJECT"):
        os.environ["PASSWORD_PEPPER"] = _pepper(project)
        settings.cache_clear()
    with target.reached(where):
        try:
            user = users.make_admin(given.email, hash_password(given.password), bool(os.environ.get("TAKE_OVER")))
        except users.AccountExists as exists:
            sys.exit(_account_exists(exists.user))
    print(f"{user.email} is an admin of {where}; their id is {user.id}.")


def _account_exists(user: User) -> str:
    return (
        f"An account with this email exists since {user.created_at:%Y-%m-%d %H:%M} UTC, as {user.role} "
        f"{user.name!r} with the phone {user.phone or '(none)'}. It may be somebody else's who typed the email first.\n"
        "If it is the right one, repeat this with TAKE_OVER=1: all its sessions end, and its phone and Telegram "
        "account are removed."
    )


def _pepper(project: str) -> str:
    """The pepper that the project's logins will use."""
    command = [
        "gcloud",
        "secrets",
        "versions",
        "access",
        "latest",
        f"--secret={SECRETS['PASSWORD_PEPPER']}",
        f"--project={project}",
    ]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        sys.exit("PROJECT=… needs the Google Cloud CLI: https://cloud.google.com/sdk/docs/install")
    except subprocess.CalledProcessError as error:
        sys.exit(f"The project's password pepper cannot be read; has it been deployed?\n{error.stderr.strip()}")


if __name__ == "__main__":
    main()
