"""Deletes the account of a person who asks for it by letter, as DELETE /auth/me would if they did it themselves.

EMAIL, PHONE or USER_ID says who. Without PROJECT the running local system is meant, with it that project's database.
"""

import os
import sys

from pydantic import ValidationError

from infra import target
from shared.data import deletion, personal, store, users
from shared.data.users import User
from shared.errors import Conflict
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
    where = target.choose()
    with target.reached(where, "\nIf the account has ended, the schedule finishes the rest."):
        try:
            user = _find(person)
            if user is None or not deletion.begin(user.id, by_operator=True):
                sys.exit(f"Nobody with this {next(iter(given))} has an account in {where}.")
            personal.forget(user.id)
        except Conflict as conflict:
            sys.exit(conflict.detail)
    print(f"The account {user.id} of {where} is deleted. Its last traces go within a quarter of an hour.")


def _find(person: Person) -> User | None:
    if person.user_id is not None:
        return User.of(store.get(users.ref(person.user_id))[0])
    return users.find(person.email, person.phone)


if __name__ == "__main__":
    main()
