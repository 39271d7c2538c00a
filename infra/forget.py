"""Deletes the account of a person who asks for it by letter: the same as they could do themselves at DELETE /auth/me.

EMAIL, PHONE or USER_ID says who. Without PROJECT the running local system is meant, with it that project's database.
"""

import os
import sys

from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.auth.exceptions import DefaultCredentialsError
from pydantic import ValidationError

from infra.local.emulators import join_running_system
from shared.data import deletion, personal, store, users
from shared.data.users import User
from shared.errors import Conflict, Unavailable
from shared.models.base import Model
from shared.models.fields import Email, Id, Phone

USAGE = "Usage: make forget EMAIL=… | PHONE=… | USER_ID=… [PROJECT=…]"


class Person(Model):
    """Who is to be forgotten."""

    email: Email | None = None
    phone: Phone | None = None
    user_id: Id | None = None


def main() -> None:
    """Deletes the account, with an entry in the audit."""
    given = {name: value for name in Person.model_fields if (value := os.environ.get(name.upper()))}
    try:
        person = Person.model_validate(given)
    except ValidationError as error:
        problems = "\n".join(f"  {problem['loc'][0]}: {problem['msg']}" for problem in error.errors())
        sys.exit(f"{problems}\n{USAGE}")
    if len(given) != 1:
        sys.exit(f"Say who it is in exactly one way.\n{USAGE}")
    where = os.environ.get("PROJECT") or "the local system"
    _choose_database()
    try:
        user = _find(person)
        if user is None or not deletion.begin(user.id, by_operator=True):
            sys.exit(f"Nobody with this {next(iter(given))} has an account in {where}.")
        personal.forget(user.id)
    except Conflict as conflict:
        sys.exit(conflict.detail)
    except DefaultCredentialsError:
        sys.exit("There are no credentials for that project. Run `gcloud auth application-default login` first.")
    except (GoogleAPICallError, RetryError, Unavailable) as error:
        sys.exit(f"The database of {where} refuses: {error}\nIf the account has ended, the schedule finishes the rest.")
    print(f"The account {user.id} of {where} is deleted. Its last traces go within a quarter of an hour.")


def _find(person: Person) -> User | None:
    if person.user_id is not None:
        return User.of(store.get(users.ref(person.user_id))[0])
    return users.find(person.email, person.phone)


def _choose_database() -> None:
    if project := os.environ.get("PROJECT"):
        os.environ.pop("FIRESTORE_EMULATOR_HOST", None)
        os.environ["GOOGLE_CLOUD_PROJECT"] = project
    else:
        join_running_system()


if __name__ == "__main__":
    main()
