"""Takes all functions back to the release before, in seconds: ``make rollback PROJECT=… REGION=…``.

Each deploy leaves the revision that had the traffic behind, with the tag ``previous``. A function that the last release
did not change stays as it is.
"""

import json
import os
import sys
from typing import Any

from infra.cloud.manifest import ROOT
from infra.cloud.plan import Command, Stage, show
from infra.cloud.project import Project
from infra.cloud.running import read, run


def plan(project: Project) -> list[Stage]:
    """The change of traffic of every function that runs the newest of the releases that have traffic."""
    services = _listed(project, "services")
    revisions = {each["metadata"]["name"]: each for each in _listed(project, "revisions")}
    running = {each["metadata"]["name"]: revisions[_running(each)] for each in services if _running(each) in revisions}
    if not running:
        sys.exit("No function has any traffic here.")
    newest = _release(max(running.values(), key=lambda each: str(each["metadata"]["creationTimestamp"])))
    lanes = []
    for each in services:
        name = each["metadata"]["name"]
        back = _tagged(each, "previous")
        if name in running and _release(running[name]) == newest and back and back != _running(each):
            print(f"{name}: from {_running(each)} ({newest}) to {back} ({_release(revisions.get(back, {}))})")
            lanes.append([_to(project, name, back)])
    if not lanes:
        sys.exit(f"Nothing to go back to: no function of the release {newest} has another one before it.")
    return [Stage("The traffic goes back", lanes)]


def _to(project: Project, name: str, revision: str) -> Command:
    return project.gcloud(f"run services update-traffic {name} --region={project.region} --to-revisions={revision}=100")


def _listed(project: Project, kind: str) -> list[dict[str, Any]]:
    """Those of the deploy's functions, which run as accounts of their own."""
    listed = json.loads(read(project.gcloud(f"run {kind} list --region={project.region} --format=json")) or "[]")
    return [each for each in listed if _account(each).startswith("fn-")]


def _account(each: dict[str, Any]) -> str:
    """A service says it in the template of its revisions."""
    spec = each["spec"].get("template", each)["spec"]
    return str(spec.get("serviceAccountName", ""))


def _running(service: dict[str, Any]) -> str:
    """The revision with the most traffic."""
    shares = [each for each in service.get("status", {}).get("traffic", []) if each.get("percent")]
    return str(max(shares, key=lambda each: int(each["percent"]))["revisionName"]) if shares else ""


def _tagged(service: dict[str, Any], tag: str) -> str:
    return next((each["revisionName"] for each in service["status"]["traffic"] if each.get("tag") == tag), "")


def _release(revision: dict[str, Any]) -> str:
    containers = revision.get("spec", {}).get("containers", [])
    variables = {each["name"]: each.get("value") for container in containers for each in container.get("env", [])}
    return str(variables.get("RELEASE") or "unknown")


def main() -> None:
    """Gives the traffic back; with DRY_RUN=1 prints what it would type."""
    os.chdir(ROOT)
    project = Project.typed("rollback")
    stages = plan(project)
    if os.environ.get("DRY_RUN"):
        show(stages)
        return
    run(stages)
    print("\nThe next make deploy goes forward again, to the newest revision or to a changed one.")


if __name__ == "__main__":
    main()
