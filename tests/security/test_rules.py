"""firestore.rules, on the emulator, tried as a client would: nothing is readable, nothing is writable."""

import base64
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.local.emulators import ROOT
from shared.data import store
from tests.faults.operations import World
from tests.instruments.api import Api

COLLECTIONS = ["users", "identities", "listings", "swipes", "feeds", "favorites", "leads", "guards"]
COLLECTIONS += ["throttle", "anything", "users/1/anything"]


def token(**claims: Any) -> str:
    """A token of Firebase Auth; the emulator believes it unsigned."""
    now = int(time.time())
    project = os.environ["GOOGLE_CLOUD_PROJECT"]
    given = {"iss": f"https://securetoken.google.com/{project}", "aud": project, "iat": now, "exp": now + 3600} | claims
    parts = ({"alg": "none", "typ": "JWT"}, given)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


CLIENTS: dict[str, dict[str, Any] | None] = {
    "nobody": None,
    "anonymous": {"sub": "u1", "firebase": {"sign_in_provider": "anonymous"}},
    "user": {"sub": "u1", "email": "a@example.kz", "email_verified": True},
    "the user of the document": {"sub": "1", "user_id": "1", "uid": "1"},
    "forged admin": {"sub": "u1", "admin": True, "role": "admin", "roles": ["admin"], "custom": {"admin": True}},
    "forged service": {"sub": "firebase-adminsdk@demo.iam.gserviceaccount.com", "firebase": {"tenant": "admin"}},
}


@pytest.fixture
def documents(api: Api) -> str:
    """The address of the database, with data in it and the project's rules over it."""
    World.made(api)
    for collection in COLLECTIONS:
        store.client().document(collection, "1").set({"user_id": 1, "owner_id": "u1", "is_active": True})
    base = f"http://{os.environ['FIRESTORE_EMULATOR_HOST']}"
    project = os.environ["GOOGLE_CLOUD_PROJECT"]
    set_rules(base, project, Path(ROOT, "firestore.rules").read_text())
    return f"{base}/v1/projects/{project}/databases/(default)/documents"


def set_rules(base: str, project: str, content: str) -> None:
    body = {"rules": {"files": [{"name": "firestore.rules", "content": content}]}}
    requests.put(f"{base}/emulator/v1/projects/{project}:securityRules", json=body, timeout=300).raise_for_status()


def attempts(documents: str, headers: dict[str, str]) -> dict[str, int]:
    """Everything that a client library could ask for; the status of each."""
    value = {"fields": {"hacked": {"booleanValue": True}}}
    root = documents.removeprefix(documents.split("/v1/")[0] + "/v1/")
    done = {}

    def send(what: str, method: str, path: str, body: Any = None) -> None:
        separator = "" if path.startswith(":") else "/"
        answer = requests.request(method, f"{documents}{separator}{path}", json=body, headers=headers, timeout=300)
        done[what] = answer.status_code
        if isinstance(answer.json(), list):  # A stream says it inside.
            done[what] = max(part.get("error", {}).get("code", answer.status_code) for part in answer.json())

    for name in COLLECTIONS:
        send(f"get {name}", "GET", f"{name}/1")
        send(f"get what is not there of {name}", "GET", f"{name}/2")
        send(f"list {name}", "GET", name)
        send(f"create {name}", "POST", f"{name}?documentId=new", value)
        send(f"change {name}", "PATCH", f"{name}/1", value)
        send(f"delete {name}", "DELETE", f"{name}/1")
        collection = name.split("/")[-1]
        everywhere = {"from": [{"collectionId": collection, "allDescendants": True}]}
        send(f"query {name}", "POST", ":runQuery", {"structuredQuery": everywhere})
        count = {"structuredQuery": everywhere, "aggregations": [{"alias": "n", "count": {}}]}
        send(f"count {name}", "POST", ":runAggregationQuery", {"structuredAggregationQuery": count})
        send(f"read many {name}", "POST", ":batchGet", {"documents": [f"{root}/{name}/1"]})
        write = {"update": {"name": f"{root}/{name}/1"} | value}
        send(f"commit {name}", "POST", ":commit", {"writes": [write]})
        send(f"write many {name}", "POST", ":batchWrite", {"writes": [write]})
        own = {
            "where": {
                "fieldFilter": {"field": {"fieldPath": "owner_id"}, "op": "EQUAL", "value": {"stringValue": "u1"}}
            }
        }
        send(f"query own {name}", "POST", ":runQuery", {"structuredQuery": everywhere | own})
    return done


@pytest.mark.parametrize("client", CLIENTS)
def test_no_client_reads_or_writes_anything(documents: str, client: str) -> None:
    claims = CLIENTS[client]
    headers = {} if claims is None else {"Authorization": f"Bearer {token(**claims)}"}
    before = requests.get(f"{documents}/users/1", headers={"Authorization": "Bearer owner"}, timeout=300).json()
    done = attempts(documents, headers)
    assert {what: status for what, status in done.items() if status != 403} == {}
    assert requests.get(f"{documents}/users/1", headers={"Authorization": "Bearer owner"}, timeout=300).json() == before


def test_the_same_attempts_succeed_where_rules_allow_them(documents: str) -> None:
    """Or the test above would also pass for requests that are merely malformed."""
    base, project = documents.split("/v1/")[0], os.environ["GOOGLE_CLOUD_PROJECT"]
    rules = Path(ROOT, "firestore.rules").read_text()
    set_rules(base, project, rules.replace("if false", "if request.auth.token.admin == true"))
    try:
        admin = attempts(documents, {"Authorization": f"Bearer {token(sub='u1', admin=True)}"})
        other = attempts(documents, {"Authorization": f"Bearer {token(sub='u1')}"})
    finally:
        set_rules(base, project, rules)
    only_for_servers = {what for what in admin if what.startswith("write many")}
    assert {what for what, status in admin.items() if status not in (200, 404, 409)} == only_for_servers
    assert set(other.values()) == {403}


def test_the_functions_are_not_subject_to_the_rules(documents: str, api: Api) -> None:
    assert api.person("landlord").listing()["is_active"]
