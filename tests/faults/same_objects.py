"""Calls of one user on the same objects, from several processes at once, against a model that knows one at a time.

Whatever arrives at once, the answers and what is stored afterwards must be those of some order of the calls. The model
is that order's: ``orders_that_explain`` tries them all.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from shared.data import favorites, feeds, listings, store, swipes
from tests.faults.operations import FLAT, World
from tests.instruments.elsewhere import Answer, Call, Elsewhere

NAMES = ("first", "second")
BY_HAND = "by hand"
ASSIGNMENTS = ("favorite", "no favorite", "edit", "delete")
"""Calls that say what is to be. The server repeats one whose acknowledgement was lost, even if others have written in
between: it is then done twice. An action and an undo count, and are done once."""


@dataclass(frozen=True)
class State:
    """What one user has done, as the API describes it; listings by their names."""

    actions: dict[str, str] = field(default_factory=dict)
    favorites: dict[str, Any] = field(default_factory=dict)
    """Who added each: ``BY_HAND``, or the action."""

    history: tuple[tuple[str, str | None, Any], ...] = ()
    """Listing, action before, and the mark of the favorite that the action added."""

    inactive: frozenset[str] = frozenset()
    marks: int = 0

    def public(self) -> Any:
        """What can be seen of it in the database."""
        history = [(name, previous, mark is not None) for name, previous, mark in self.history]
        return self.actions, set(self.favorites), history, self.inactive


@dataclass(frozen=True)
class Move:
    """One call, in words of the model."""

    what: str
    name: str | None = None
    action: str | None = None

    def call(self, world: World, dice: random.Random) -> Call:
        ids, later = world.ids, dice.choice((0, dice.random() * 0.05))
        key = ids[self.name] if self.name else None
        tenant, owner = world.tokens["tenant"], world.tokens["landlord"]
        match self.what:
            case "act":
                return Call("POST", "/feed/action", tenant, {"listing_id": key, "action": self.action}, later)
            case "undo":
                return Call("POST", "/feed/undo" + (f"?listing_id={key}" if key else ""), tenant, None, later)
            case "favorite":
                return Call("POST", "/favorites", tenant, {"listing_id": key}, later)
            case "no favorite":
                return Call("DELETE", f"/favorites/{key}", tenant, None, later)
            case "edit":
                return Call("PUT", f"/listings/{key}", owner, FLAT | {"price": dice.randrange(1, 500)}, later)
            case "delete":
                return Call("DELETE", f"/listings/{key}", owner, None, later)
            case "prefer":
                return Call("POST", "/preferences", tenant, {"price_max": dice.choice((50, 300, None))}, later)
        return Call("GET", "/feed/next", tenant, None, later)

    def outcomes(self, state: State, taken_back: frozenset[str]) -> Iterator[tuple[Any, State]]:
        """Every answer that the call may give in a state, and the state after it.

        Args:
            state: The state before.
            taken_back: What undos of the same moment have taken back: another one may answer the same.
        """
        name = self.name or ""
        match self.what:
            case "act" if name in state.inactive:
                yield 404, state
            case "act":
                yield 200, _acted(state, name, self.action or "")
            case "undo":
                if state.history and self.name in (None, state.history[-1][0]):
                    yield state.history[-1][0], _undone(state)
                else:
                    yield 404, state
                for other in taken_back:
                    if self.name in (None, other):
                        yield other, state
            case "favorite" if name in state.inactive:
                yield 404, state
            case "favorite":
                yield 200, replace(state, favorites=state.favorites | {name: BY_HAND})
            case "no favorite":
                kept = {other: mark for other, mark in state.favorites.items() if other != name}
                yield 200, replace(state, favorites=kept)
            case "edit":
                yield 200, replace(state, inactive=state.inactive - {name})
            case "delete":
                yield 200, replace(state, inactive=state.inactive | {name})
            case _:
                yield 200, state


def _acted(state: State, name: str, action: str) -> State:
    previous = state.actions.get(name)
    adds = action == "favorite" and name not in state.favorites
    if previous == action and not adds:
        return state
    mark = state.marks if adds else None
    return replace(
        state,
        actions=state.actions | {name: action},
        favorites=state.favorites | ({name: mark} if adds else {}),
        history=(*state.history, (name, previous, mark)),
        marks=state.marks + 1,
    )


def _undone(state: State) -> State:
    name, previous, mark = state.history[-1]
    actions = {other: action for other, action in state.actions.items() if other != name}
    added = mark is not None and state.favorites.get(name) == mark
    return replace(
        state,
        actions=actions | ({name: previous} if previous else {}),
        favorites={other: by for other, by in state.favorites.items() if not (added and other == name)},
        history=state.history[:-1],
    )


def orders_that_explain(before: State, moves: list[Move], answers: list[Any], public: Any, lossy: bool) -> list[State]:
    """The states after those orders of the calls that give these answers and leave this to be seen.

    Args:
        before: The state before.
        moves: The calls.
        answers: What each answered.
        public: What is to be seen afterwards.
        lossy: True if acknowledgements are lost on the way, so that the assignments among the calls may come twice.
    """
    found: list[State] = []

    def go_on(state: State, left: frozenset[int], once: frozenset[int], taken_back: frozenset[str]) -> None:
        if not left and state.public() == public:
            found.append(state)
        for at in left:
            for answer, after in moves[at].outcomes(state, taken_back):
                if answer == answers[at]:
                    undone = frozenset([answer]) if moves[at].what == "undo" and answer != 404 else frozenset()
                    go_on(after, left - {at}, once, taken_back | undone)
                if at in once and after != state:
                    go_on(after, left, once - {at}, taken_back)

    everything = frozenset(range(len(moves)))
    go_on(
        before, everything, frozenset(at for at in everything if lossy and moves[at].what in ASSIGNMENTS), frozenset()
    )
    return found


def stored(world: World) -> Any:
    """What is stored of the tenant and the listings, in words of the model."""
    tenant = world.ids["tenant"]
    names = {world.ids[name]: name for name in NAMES}
    keys = list(names)
    swipe_docs = store.get(*(swipes.ref(tenant, key) for key in keys))
    favorite_docs = store.get(*(favorites.ref(tenant, key) for key in keys))
    listing_docs = store.get(*(listings.ref(key) for key in keys))
    progress = feeds.progress_of(store.get(feeds.ref(tenant))[0])
    return (
        {names[key]: (doc.to_dict() or {})["action"] for key, doc in zip(keys, swipe_docs, strict=True) if doc.exists},
        {names[key] for key, doc in zip(keys, favorite_docs, strict=True) if doc.exists},
        [(names[past.listing_id], past.previous, past.favorite) for past in progress.history],
        frozenset(
            names[key] for key, doc in zip(keys, listing_docs, strict=True) if not (doc.to_dict() or {})["is_active"]
        ),
    )


MOVES = [
    *(Move("act", name, action) for name in NAMES for action in ("like", "dislike", "favorite")),
    *[Move("undo"), Move("undo", "first"), Move("undo", "second")] * 2,
    *(Move(what, name) for name in NAMES for what in ("favorite", "no favorite", "edit")),
    Move("delete", "second"),
    Move("prefer"),
    Move("next"),
]


def race(world: World, elsewhere: Elsewhere, dice: random.Random, rounds: int, lossy: bool = False) -> None:
    """Rounds of two to four calls at once on two listings; after each, what happened must have an explanation.

    At the end everything is taken back, which must not fail, and the feed shows what was taken back.

    Args:
        world: Whose tenant calls.
        elsewhere: The processes that answer.
        dice: What is called, and when.
        rounds: How often.
        lossy: True if acknowledgements are lost on the way.
    """
    state = State()
    for _ in range(rounds):
        for move in dice.choices(MOVES[:6], k=dice.randrange(3)):  # Something to meet.
            (answer,) = elsewhere.at_once([move.call(world, dice)])
            state = _one(state, [move], [_said(world, move, answer)], stored(world), lossy=False)
        moves = dice.choices(MOVES, k=dice.choice((2, 3, 3, 4)))
        answers = elsewhere.at_once([move.call(world, dice) for move in moves])
        said = [_said(world, move, answer) for move, answer in zip(moves, answers, strict=True)]
        state = _one(state, moves, said, stored(world), lossy)
    for name in NAMES:
        world.ok("PUT", "/listings/{" + name + "}", "landlord", FLAT)
    world.ok("POST", "/preferences", "tenant", {"city": None})
    while (undone := world.api.call("POST", "/feed/undo", world.tokens["tenant"])).status_code == 200:
        pass
    assert undone.status_code == 404
    acted_on, _, history, _ = stored(world)
    assert history == []
    shown = {listing["id"] for listing in world.ok("GET", "/feed?limit=50", "tenant")}
    assert shown == {world.ids[name] for name in ("third", *NAMES) if name not in acted_on}


def _said(world: World, move: Move, answer: Answer) -> Any:
    """An answer in words of the model: the listing that was taken back, or the status."""
    if move.what == "undo" and answer.status == 200:
        return next(name for name in NAMES if world.ids[name] == answer.json["listing_id"])
    return answer.status


def _one(before: State, moves: list[Move], answers: list[Any], public: Any, lossy: bool) -> State:
    explained = orders_that_explain(before, moves, answers, public, lossy)
    assert explained, f"no order of {moves} answers {answers} and leads from {before} to {public}"
    return explained[0]
