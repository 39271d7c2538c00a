"""What tests share: the functions behind one client, and people to act as."""

import itertools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from functions_framework import create_app
from werkzeug.test import TestResponse

MAIN = str(Path(__file__).parents[2] / "main.py")
PASSWORD = "secret-password"
_numbers = itertools.count(1)


class Api:
    """Every function, each in its own functions-framework app, called by whole paths as behind Hosting."""

    def __init__(self) -> None:
        self._clients: dict[str, FlaskClient] = {}

    def client(self, function: str) -> FlaskClient:
        """One function's client, as at the function's own address."""
        if function not in self._clients:
            self._clients[function] = create_app(function, MAIN).test_client()
            for name in ("FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE"):  # For this app, not for what a test starts.
                os.environ.pop(name, None)
        return self._clients[function]

    def call(self, method: str, path: str, token: str | None = None, **options: Any) -> TestResponse:
        """Sends one request; ``options`` are those of werkzeug's test client (json, data, headers, query_string)."""
        root = path.strip("/").split("/")[0].split("?")[0]
        function = "health" if root in ("docs", "openapi.json") else root
        headers = dict(options.pop("headers", {}))
        if token:
            headers["Authorization"] = f"Bearer {token}"
        # The client of the app is shared by threads; cookies are off, so a call keeps no state in it.
        return self.client(function).open(path, method=method, headers=headers, **options)

    def ok(self, method: str, path: str, token: str | None = None, **options: Any) -> Any:
        """The JSON of a call that must succeed."""
        response = self.call(method, path, token, **options)
        assert response.status_code == 200, (method, path, response.status_code, response.text)
        return response.get_json()

    def person(self, role: str = "tenant", **fields: Any) -> "Person":
        """A newly registered user, logged in. ``admin`` is made as ops make one."""
        email = fields.pop("email", f"person{next(_numbers)}@example.kz")
        body = {"role": role if role != "admin" else "tenant", "name": role.title(), "email": email}
        body |= {"password": PASSWORD} | fields
        user = self.ok("POST", "/auth/register", json=body)
        if role == "admin":
            from shared.data import users

            users.make_admin(email, None, take_over=True)
        return Person(self, user["id"], email, self.login(email))

    def login(self, username: str, password: str = PASSWORD) -> str:
        token: str = self.ok("POST", "/auth/login", data={"username": username, "password": password})["access_token"]
        return token


@dataclass(frozen=True)
class Person:
    """Somebody with a token."""

    api: Api
    id: int
    email: str
    token: str

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        return self.api.call(method, path, self.token, **options)

    def ok(self, method: str, path: str, **options: Any) -> Any:
        return self.api.ok(method, path, self.token, **options)

    def listing(self, **fields: Any) -> dict[str, Any]:
        """A new listing of theirs."""
        body = {"title": "Квартира в Астане", "city": "Astana", "price": 250000} | fields
        listing: dict[str, Any] = self.ok("POST", "/listings", json=body)
        return listing

    def act(self, listing: dict[str, Any] | int, action: str = "like") -> TestResponse:
        listing_id = listing if isinstance(listing, int) else listing["id"]
        return self.call("POST", "/feed/action", json={"listing_id": listing_id, "action": action})
