"""Tenants and landlords at work while Firestore and the functions fail: each knows what must be true of their own."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import requests

from shared.feed.progress import HISTORY
from tests.instruments.processes import Served
from tests.soak.conftest import Figures

PATIENCE_SECONDS = 120.0
"""How long a client repeats one request."""

_keys = count()


@dataclass
class Client:
    """Repeats every request until it is answered, as the API says that clients may."""

    functions: dict[str, Served]
    token: str
    figures: Figures

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[requests.Response, bool]:
        """The answer, and whether an earlier try may have been done already."""
        repeated = False
        function = self.functions[path.split("/")[1].split("?")[0]]
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            self.figures.add("requests sent")
            try:
                answer = function.call(method, path, self.token, json=body, headers=headers)
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):  # Before it, or in its midst.
                self.figures.add("answers lost")
                repeated = True
                time.sleep(0.1)
                continue
            if answer.status_code != 503:
                return answer, repeated
            self.figures.add("answers 503")
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.elapsed.total_seconds() < 10
            repeated = True
        raise AssertionError(f"{method} {path} was not answered within {PATIENCE_SECONDS} s")

    def ok(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        answer, _ = self.call(method, path, body, **headers)
        assert answer.status_code == 200, (method, path, answer.status_code, answer.text)
        return answer.json()


@dataclass
class Landlord:
    """Makes listings and changes some of them; ``listings`` is what they must be."""

    client: Client
    dice: random.Random
    listings: dict[int, dict[str, Any]] = field(default_factory=dict)
    stable: set[int] = field(default_factory=set)
    """Never changed after they were made."""

    def create(self) -> None:
        body = self._content()
        made = self.client.ok("POST", "/listings", body, **{"Idempotency-Key": f"key-{next(_keys)}"})
        self.listings[made["id"]] = body
        if self.dice.random() < 0.4:
            self.stable.add(made["id"])

    def _content(self) -> dict[str, Any]:
        city, price = self.dice.choice(["Astana", "Almaty"]), self.dice.randrange(1, 1000)
        return {"title": "T", "city": city, "price": price, "is_active": True}

    def step(self) -> None:
        changing = sorted(self.listings.keys() - self.stable)
        if not changing or self.dice.random() < 0.1:
            self.create()
            return
        key = self.dice.choice(changing)
        if self.dice.random() < 0.3:
            self.client.ok("DELETE", f"/listings/{key}")
            self.listings[key] = self.listings[key] | {"is_active": False}
        else:
            body = self._content()
            self.client.ok("PUT", f"/listings/{key}", body)
            self.listings[key] = body


@dataclass
class Tenant:
    """Swipes; ``actions``, ``favorites`` and ``liked`` are what must be stored."""

    id: int
    client: Client
    dice: random.Random
    choices: Callable[[], list[int]]
    """The listings that there are."""

    event: Callable[[dict[str, Any]], None]
    """Takes the trigger's event of a new like."""

    actions: dict[int, str] = field(default_factory=dict)
    favorites: set[int] = field(default_factory=set)
    liked: set[int] = field(default_factory=set)
    history: list[tuple[int, str | None, bool]] = field(default_factory=list)
    """Listing, action before, and whether the action added the favorite."""

    wanted: dict[str, Any] = field(default_factory=dict)

    def step(self) -> None:
        moves: list[Callable[[], None]] = [self.swipe] * 6 + [self.act_on_anything, self.undo, self.undo]
        self.dice.choice([*moves, self.prefer, self.add_favorite, self.remove_favorite, self.look])()

    def swipe(self) -> None:
        listing = self.client.ok("GET", "/feed/next")
        if listing is None:
            return
        assert listing["id"] not in self.actions, "a listing came up again"
        assert self.wanted.get("city") in (None, listing["city"])
        self.act(listing["id"])

    def act_on_anything(self) -> None:
        self.act(self.dice.choice(self.choices()))

    def act(self, key: int) -> None:
        action = self.dice.choice(["like", "dislike", "favorite"])
        answer, _ = self.client.call("POST", "/feed/action", {"listing_id": key, "action": action})
        if answer.status_code == 404:
            return  # Deactivated meanwhile.
        assert answer.status_code == 200, answer.text
        previous = self.actions.get(key)
        adds = action == "favorite" and key not in self.favorites
        if previous == action and not adds:
            return
        self.history = [*self.history, (key, previous, adds)][-HISTORY:]
        self._becomes(key, action)
        if adds:
            self.favorites.add(key)

    def _becomes(self, key: int, action: str | None) -> None:
        self.actions.pop(key, None)
        if action:
            self.actions[key] = action
        if action == "like" and key not in self.liked:
            self.liked.add(key)
            self.event({"user_id": self.id, "listing_id": key})

    def undo(self) -> None:
        if not self.history:
            return
        key, previous, added = self.history[-1]
        answer, repeated = self.client.call("POST", f"/feed/undo?listing_id={key}")
        if answer.status_code == 404:
            # Only an earlier try of this very request can have taken it back.
            assert repeated, "an action was lost from the history"
        else:
            assert answer.status_code == 200, answer.text
        self.history.pop()
        self._becomes(key, previous)
        if added:
            self.favorites.discard(key)

    def prefer(self) -> None:
        self.wanted = {"city": self.dice.choice(["Astana", "Almaty", None])}
        self.client.ok("POST", "/preferences", self.wanted)

    def add_favorite(self) -> None:
        key = self.dice.choice(self.choices())
        answer, _ = self.client.call("POST", "/favorites/", {"listing_id": key})
        assert answer.status_code in (200, 404), answer.text
        if answer.status_code == 200:
            self.favorites.add(key)

    def remove_favorite(self) -> None:
        if self.favorites:
            key = self.dice.choice(sorted(self.favorites))
            self.client.ok("DELETE", f"/favorites/{key}")
            self.favorites.discard(key)

    def look(self) -> None:
        shown = [listing["id"] for listing in self.client.ok("GET", "/favorites/?limit=100")]
        assert len(shown) == len(set(shown))
        assert set(shown) <= self.favorites
