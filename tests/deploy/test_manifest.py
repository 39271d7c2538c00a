"""functions.yaml, firebase.json and main.py agree: what one of them names, the others serve, address and deploy."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import main
from functions import FUNCTIONS, HTTP_FUNCTIONS, Kind
from infra import openapi
from infra.cloud import manifest, project
from infra.cloud.manifest import ROOT, functions

CONFIG = json.loads((ROOT / "firebase.json").read_text())
REWRITES: list[tuple[str, str]] = [
    (each["source"], each["function"]["functionId"]) for each in CONFIG["hosting"]["rewrites"]
]


def serving(path: str) -> str | None:
    """The function whose own rewrite takes the path: the part of Hosting's globs that firebase.json uses."""
    for source, function in REWRITES[:-1]:
        assert re.fullmatch(r"(/[a-z.]+)+(\{,/\*\*\})?", source), "This test does not know such a glob."
        base, deep, _ = source.partition("{")
        if path == base or (deep and path.startswith(f"{base}/")):
            return function
    return None


def test_the_manifest_and_the_code_name_the_same_functions() -> None:
    kinds = {"httpsTrigger": Kind.HTTP, "eventTrigger": Kind.EVENT, "scheduleTrigger": Kind.SCHEDULE}
    assert [(each.name, kind) for each in functions() for trigger, kind in kinds.items() if trigger in each.spec] == [
        (name, each.kind) for name, each in FUNCTIONS.items()
    ]


@pytest.mark.parametrize("function", functions(), ids=lambda each: each.name)
def test_every_entry_point_can_be_called(function: manifest.Function) -> None:
    assert callable(getattr(main, function.spec["entryPoint"]))


def test_every_http_function_has_an_address_and_no_other() -> None:
    assert {function for _, function in REWRITES} == set(HTTP_FUNCTIONS)


def test_every_documented_path_leads_to_the_function_that_serves_it() -> None:
    paths: dict[str, Any] = openapi.current()["paths"]
    assert len(paths) > 15
    for path in paths:
        for spelling in (path, path.rstrip("/"), path.rstrip("/") + "/"):
            function = serving(re.sub(r"\{[^}]*\}", "1", spelling)) or REWRITES[-1][1]
            assert function == ("health" if path in ("/docs", "/openapi.json") else path.split("/")[1])


def test_an_unknown_path_gets_the_answer_of_the_api() -> None:
    assert REWRITES[-1] == ("**", "health")
    assert serving("/authors") is None


def test_no_file_of_the_web_page_hides_an_address() -> None:
    pages = ROOT / CONFIG["hosting"]["public"]
    hidden = [path for path in pages.rglob("*") if path.is_file() and serving(f"/{path.relative_to(pages)}")]
    assert not hidden


def test_no_address_names_a_region() -> None:
    """So that firebase-tools looks up where the function is, whatever REGION was typed."""
    assert all("region" not in each["function"] for each in CONFIG["hosting"]["rewrites"])


def test_nothing_in_the_manifest_is_lost_in_the_deploy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = yaml.safe_load((ROOT / "functions.yaml").read_text())
    content["endpoints"]["feed"]["vpc"] = {"connector": "c"}
    (tmp_path / "functions.yaml").write_text(yaml.safe_dump(content))
    monkeypatch.setattr(manifest, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match="feed: the deploy does not know vpc"):
        functions()


def test_a_secret_in_a_settings_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [feed] = [each for each in functions() if each.name == "feed"]
    to = project.Project("my-project", "europe-west1", "europe-west1")
    monkeypatch.setattr(project, "ROOT", tmp_path)
    file = tmp_path / ".env.my-project"
    file.write_text("# Our own page.\nCORS_ORIGINS=https://example.kz\n\nBCRYPT_COST=13\n")
    assert to.settings(feed) | {"CORS_ORIGINS": "https://example.kz", "BCRYPT_COST": "13"} == to.settings(feed)
    file.write_text("JWT_KEYS=visible")
    with pytest.raises(SystemExit, match="JWT_KEYS belongs into Secret Manager"):
        to.settings(feed)
