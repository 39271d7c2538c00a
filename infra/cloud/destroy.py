"""Takes back what a deploy made, in a project for trials: ``make destroy PROJECT=… REGION=…``, after asking.

What stays: the project itself, its enabled services, that it is a Firebase project, and the backups, which expire.
"""

import os
import sys

from infra.cloud.plan import GONE_ALREADY, Command, Output, Stage, command, run, show
from infra.cloud.project import ALERTS, BUILDER, DATABASE, INSTALL_FIREBASE, SECRETS, Target, functions


def plan(to: Target) -> list[Stage]:
    """Every command of the undoing, in order: first what is reached from outside, last what it stood on."""
    every = functions()
    deployed = [[_gone(to, f"functions delete {each.service} --gen2 --region={to.region}")] for each in every]
    site = to.firebase(f"hosting:disable --site={to.project} --force", fine=f"{GONE_ALREADY}|Failed to get Firebase")
    accounts = [each.account for each in every] + [BUILDER]
    return [
        Stage("Pages and functions", [[INSTALL_FIREBASE, site], *deployed]),
        Stage("Alerts", [*([_alert(to, title)] for title in ALERTS.values()), *_channels(to)]),
        Stage("Rights", [_roles(to)]),
        Stage(
            "Secrets, accounts, images, uploads, the database",
            [
                *([_gone(to, f"secrets delete {name}")] for name in SECRETS.values()),
                *([_gone(to, f"iam service-accounts delete {to.account(name)}")] for name in accounts),
                [_gone(to, f"artifacts repositories delete gcf-artifacts --location={to.region}")],
                *([each] for each in _buckets(to)),
                [
                    _gone(to, f"firestore databases update {DATABASE} --no-delete-protection"),
                    _gone(to, f"firestore databases delete {DATABASE}"),
                ],
            ],
        ),
    ]


def _gone(to: Target, text: str, *more: Output) -> Command:
    return to.gcloud(text, *more, fine=GONE_ALREADY)


def _alert(to: Target, title: str) -> Command:
    return _gone(to, "alpha monitoring policies delete", Output(to.alert_policies(title)))


def _channels(to: Target) -> list[list[Command]]:
    """Only a named one: the project may have others, for other things."""
    return [[_gone(to, "beta monitoring channels delete", Output(to.alert_channels()))]] if to.alert_email else []


def _roles(to: Target) -> list[Command]:
    """Before the accounts go: a policy keeps the rights of deleted ones for ever."""
    remove = f"gcloud projects remove-iam-policy-binding {to.project} --condition=None --format=none"
    return [
        command(f"{remove} --member=serviceAccount:{account} --role={role}", fine=GONE_ALREADY)
        for account, role in to.roles()
    ]


def _buckets(to: Target) -> list[Command]:
    """Those that Cloud Functions made for the uploaded source, named after the project's number."""
    number = command(f"gcloud projects describe {to.project} --format=value(projectNumber)")
    sources = Output(number, "gs://gcf-v2-sources-", f"-{to.region}")
    uploads = Output(number, "gs://gcf-v2-uploads-", f".{to.region}.cloudfunctions.appspot.com")
    return [_gone(to, "storage rm --recursive", each) for each in (sources, uploads)]


def main() -> None:
    """Asks, then deletes; with DRY_RUN=1 prints what it would type."""
    to = Target.typed("destroy")
    to.use_credentials_of_gcloud()
    if os.environ.get("DRY_RUN"):
        show(plan(to))
        return
    print(f"This deletes the API, its users, listings and leads from {to.project}. Backups expire by themselves.")
    print("Type the project id to go on: ", end="", flush=True)
    if sys.stdin.readline().strip() != to.project:
        sys.exit("Nothing was deleted.")
    run(plan(to))
    print("\nA new database of the same name can be made after about five minutes.")


if __name__ == "__main__":
    main()
