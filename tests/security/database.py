"""The whole database as a value, to say that nothing changed or that two histories ended the same."""

import os
import re
import urllib.request
from typing import Any

from google.cloud.firestore_v1.base_document import DocumentSnapshot

from shared.data import store
from shared.data import users as users_module

Dump = dict[str, dict[str, Any]]

PAIRS = {
    "swipes": ("user_id", "listing_id"),
    "likes": ("user_id", "listing_id"),
    "favorites": ("user_id", "listing_id"),
    "leads": ("tenant_id", "listing_id"),
}
"""Collections whose documents are named after a pair."""

NONCE = re.compile(r"^[0-9a-f]{8}:")  # Of an action in a feed's history.


def empty(emulator: str) -> None:
    """Removes every document."""
    url = f"http://{emulator}/emulator/v1/projects/{os.environ['GOOGLE_CLOUD_PROJECT']}/databases/(default)/documents"
    urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=300).close()


def delete(reference: store.Reference) -> None:
    """Removes one document, as no code of the product does."""
    batch = store.Batch()
    batch.delete(reference)
    batch.commit()


def dump() -> Dump:
    """Every document of every collection by its path."""
    snapshots: list[DocumentSnapshot[Any]] = [
        snapshot for collection in store.client().collections() for snapshot in collection.stream()
    ]
    return {snapshot.reference.path: snapshot.to_dict() or {} for snapshot in snapshots}


def comparable(dumped: Dump, names: dict[int, str]) -> list[tuple[str, str]]:
    """What two histories must have in common: everything but times, random ids and what is derived from them.

    Args:
        dumped: The database.
        names: Ids that have a meaning in both histories, such as the tenant's. Other ids become ``*``.
    """

    def plain(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {inner: plain(inner, each) for inner, each in sorted(value.items())}
        if isinstance(value, list):
            return [plain(key, each) for each in value]
        if key == "password_hash" and value:
            return "salted"
        if key == "swipe" and value:
            return "an action of the feed"
        if key == "taken_back" and isinstance(value, str):
            return "an action of the feed"
        if isinstance(value, str):
            return with_names(NONCE.sub("", value))
        if isinstance(value, bytes):
            return f"{len(value)} bytes"  # Coverage and filters: made of times and ids. The feed itself tests them.
        if isinstance(value, int) and (key in ("id", "reopened") or key.endswith("_id")):
            return names.get(value, "*")
        return "a time" if hasattr(value, "timestamp") else value

    def with_names(text: str) -> str:
        return re.sub(r"(?<![0-9+])[0-9]{6,16}(?![0-9])", lambda found: names.get(int(found[0]), "*"), text)

    return sorted((with_names(path), repr(plain("", data))) for path, data in dumped.items())


def check_whole(dumped: Dump) -> None:
    """What holds between documents at every moment, whatever happened."""
    of: dict[str, dict[str, Any]] = {}
    for path, data in dumped.items():
        collection, _, key = path.partition("/")
        of.setdefault(collection, {})[key] = data
    users, identities = of.get("users", {}), of.get("identities", {})
    owned = {
        users_module.identity_ref(kind, data[kind]).id: data["id"]
        for data in users.values()
        for kind in ("email", "phone", "telegram_id")
        if data[kind]
    }
    assert {key: data["user_id"] for key, data in identities.items()} == owned, "identities and users differ"
    for collection, fields in PAIRS.items():
        for key, data in of.get(collection, {}).items():
            if data.keys() != {"expires_at"}:  # Keeps the place of a lead that shall not be made.
                assert key == "_".join(str(data[field]) for field in fields)
    for collection in ("users", "listings", "leads", "favorites"):
        ids = [data["id"] for data in of.get(collection, {}).values() if "id" in data]
        assert len(ids) == len(set(ids))
