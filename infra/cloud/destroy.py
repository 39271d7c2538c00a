"""Takes back what deploys made, in a project for trials: ``make destroy PROJECT=… REGION=…``, after asking.

It takes what is there, not what today's tree names. What stays: the project itself, its enabled services, that it is a
Firebase project, and the backups, which expire.
"""

import os
import sys

from infra.cloud.leftovers import Thing, found
from infra.cloud.manifest import ROOT
from infra.cloud.plan import GONE_ALREADY, Command, Stage, Word, command, show, text
from infra.cloud.project import DATABASE, INSTALL_FIREBASE, Project
from infra.cloud.running import run

WITHOUT_THE_DATABASE = ("index", "expiry", "exemption")
"""What goes with the database."""


def plan(project: Project, things: list[Thing]) -> list[Stage]:
    """Every command of the undoing, in order: first what is reached from outside, last what it stood on."""
    no_site = f"{GONE_ALREADY}|Failed to get Firebase"
    site = project.firebase(f"hosting:disable --site={project.id} --force", fine=no_site)

    def remove(*kinds: str) -> list[list[Command]]:
        return [[each.remove] for each in things if each.kind in kinds]

    return [
        Stage("Pages, schedules and functions", [[INSTALL_FIREBASE, site], *remove("job", "function")]),
        Stage("Alerts and checks", [*remove("alert", "uptime", "dashboard", "metric"), *_channels(project)]),
        Stage("The log", [[_log(project)]]),
        # Before the accounts go: a policy keeps the rights of deleted ones for ever.
        Stage("Rights", [[each.remove for each in things if each.kind == "project-role"]]),
        Stage(
            "Secrets, buckets, accounts, images, the database",
            [
                *remove("secret", "bucket", "account"),
                [_gone(project, f"artifacts repositories delete gcf-artifacts --location={project.region}")],
                *([each] for each in _uploads(project)),
                [
                    _gone(project, f"firestore databases update {DATABASE} --no-delete-protection"),
                    _gone(project, f"firestore databases delete {DATABASE}"),
                ],
            ],
        ),
    ]


def _gone(project: Project, words: str, *more: Word) -> Command:
    return project.gcloud(words, *more, fine=GONE_ALREADY)


def _channels(project: Project) -> list[list[Command]]:
    """Only a named one: the project may have others, for other things."""
    delete = _gone(project, "beta monitoring channels delete", text(project.alert_channels()))
    return [[delete]] if project.alert_email else []


def _log(project: Project) -> Command:
    return _gone(project, "logging sinks update _Default --remove-exclusions=cloud-run-requests")


def _uploads(project: Project) -> list[Command]:
    """The buckets that Cloud Functions made for the uploaded source, named after the project's number."""
    number = command(f"gcloud projects describe {project.id} --format=value(projectNumber)", once=True)
    sources = text("gs://gcf-v2-sources-", number, f"-{project.region}")
    uploads = text("gs://gcf-v2-uploads-", number, f".{project.region}.cloudfunctions.appspot.com")
    return [_gone(project, "storage rm --recursive", each) for each in (sources, uploads)]


def main() -> None:
    """Looks what is there, asks, then deletes; with DRY_RUN=1 prints what it would type."""
    os.chdir(ROOT)
    project = Project.typed("destroy")
    project.use_credentials_of_gcloud()
    if os.environ.get("DRY_RUN"):
        show(plan(project, found(project)))
        return
    print(f"This deletes the API, its users, listings and leads from {project.id}. Backups expire by themselves.")
    print("Type the project id to go on: ", end="", flush=True)
    if sys.stdin.readline().strip() != project.id:
        sys.exit("Nothing was deleted.")
    run(plan(project, found(project)))
    print("\nA new database of the same name can be made after about five minutes.")


if __name__ == "__main__":
    main()
