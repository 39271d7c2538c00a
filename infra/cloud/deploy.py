"""Brings a Google Cloud project to what this working tree describes: ``make deploy PROJECT=… REGION=…``.

functions.yaml says which functions there are and how large, firebase.json which runtime and addresses, and
infra/firestore.indexes.json which indexes. This file says the rest: who may do what, and in which order.
Nothing is remembered between two runs: every command either finds its work done or does it.
"""

import hashlib
import json
import os
import sys
from functools import cache
from typing import Any

from infra.cloud.plan import THERE_ALREADY, Check, Command, Output, Stage, command, run, show
from infra.cloud.project import (
    ALERTS,
    BUILDER,
    DATABASE,
    FIREBASE,
    INSTALL_FIREBASE,
    ROOT,
    SECRETS,
    Function,
    Target,
    functions,
    runtime,
    uploaded_files,
)

APIS = (
    "artifactregistry cloudbuild cloudfunctions cloudresourcemanager eventarc firebase firebasehosting firebaserules"
    " firestore iam logging monitoring pubsub run secretmanager"
)

RANDOM = command("python3 -c", 'import secrets; print(secrets.token_urlsafe(48), end="")')


def plan(to: Target) -> list[Stage]:
    """Every command of a deploy, in order."""
    every = functions()
    return [
        Stage("The project and its services", [[_project(to), _services(to)]]),
        Stage(
            "The database, the accounts, the secrets, Firebase",
            [[_database(to)], *_accounts(to, every), *_secrets(to), _firebase(to)],
        ),
        Stage(
            "Rights, indexes, expiry, backups",
            [_project_roles(to), *_secret_roles(to, every), *_indexes(to), *_fields(to), *_backups(to)],
        ),
        Stage("The functions", [_function(to, each) for each in every]),
        Stage("Rules, pages and addresses", [[_rules_and_hosting(to)]]),
        *(_alerts(to) if to.alert_email else []),
        Stage("A first request, all the way to the database", [[_first_request(to)]]),
    ]


def _project(to: Target) -> Command:
    """Comes first, so that a wrong name or a missing login is told before anything else."""
    return command(f"gcloud projects describe {to.project}")


def _services(to: Target) -> Command:
    return to.gcloud(f"services enable {' '.join(f'{name}.googleapis.com' for name in APIS.split())}")


def _database(to: Target) -> Command:
    """Cannot be deleted by mistake, and keeps every version of the last seven days for a restore."""
    how = f"--location={to.location} --type=firestore-native --delete-protection --enable-pitr"
    return to.gcloud(f"firestore databases create {DATABASE} {how}", fine=THERE_ALREADY)


def _accounts(to: Target, every: list[Function]) -> list[list[Command]]:
    described = {each.account: f"Function {each.service}" for each in every} | {BUILDER: "Builds the functions"}
    return [
        [to.gcloud(f"iam service-accounts create {name}", f"--display-name={text}", fine=THERE_ALREADY)]
        for name, text in described.items()
    ]


def _secrets(to: Target) -> list[list[Command]]:
    """Made up where there is none yet, and piped in: what stands on a command line, everybody on the machine sees."""
    how = "--replication-policy=automatic --data-file=-"
    return [[to.gcloud(f"secrets create {name} {how}", stdin=RANDOM, fine=THERE_ALREADY)] for name in SECRETS.values()]


def _firebase(to: Target) -> list[Command]:
    """Makes it a Firebase project with a Hosting site, which gcloud cannot and firebase-tools can."""
    is_firebase = Check(to.firebase("apps:list"))
    has_site = Check(to.firebase("hosting:sites:list"), "web.app")
    return [
        INSTALL_FIREBASE,
        command(f"{FIREBASE} projects:addfirebase {to.project} --non-interactive", unless=is_firebase),
        to.firebase(f"hosting:sites:create {to.project}", unless=has_site),
    ]


def _project_roles(to: Target) -> list[Command]:
    """One after another, because all of them change the one policy of the project."""
    add = f"gcloud projects add-iam-policy-binding {to.project} --condition=None --format=none"
    return [command(f"{add} --member=serviceAccount:{account} --role={role}") for account, role in to.roles()]


def _secret_roles(to: Target, every: list[Function]) -> list[list[Command]]:
    add, role = "secrets add-iam-policy-binding", "--role=roles/secretmanager.secretAccessor"
    return [
        [
            to.gcloud(f"{add} {secret} {role} --member=serviceAccount:{to.account(each.account)} --format=none")
            for each in every
            if setting in each.secrets
        ]
        for setting, secret in SECRETS.items()
    ]


def _indexes(to: Target) -> list[list[Command]]:
    """Each is waited for, before code that needs it is deployed: on a large collection it takes a while to build."""
    lanes = []
    for index in _index_file()["indexes"]:
        fields = " ".join(f"--field-config=field-path={field['fieldPath']},{_kind(field)}" for field in index["fields"])
        where = f"--collection-group={index['collectionGroup']} --query-scope={_hyphens(index['queryScope'])}"
        lanes.append([to.gcloud(f"firestore indexes composite create {DATABASE} {where} {fields}", fine=THERE_ALREADY)])
    return lanes


def _fields(to: Target) -> list[list[Command]]:
    """Fields with other single indexes than Firestore's own, and those by which documents expire."""
    lanes: dict[str, list[Command]] = {}
    for field in _index_file()["fieldOverrides"]:
        group, path = field["collectionGroup"], field["fieldPath"]
        where = f"{path} --collection-group={group} {DATABASE}"
        if any(index["queryScope"] != "COLLECTION" for index in field["indexes"]):
            sys.exit(f"firestore.indexes.json, {group}.{path}: gcloud makes no single index of a collection group.")
        flags = [f"--index={_kind(index)}" for index in field["indexes"]]
        lane = lanes.setdefault(group, [])
        lane.append(to.gcloud(f"firestore indexes fields update {where} {' '.join(flags) or '--disable-indexes'}"))
        if field.get("ttl"):
            there = to.gcloud(f"firestore fields ttls list {DATABASE} --format=value(name)")
            expires = Check(there, f"{group}/fields/{path}")
            lane.append(to.gcloud(f"firestore fields ttls update {where} --enable-ttl --async", unless=expires))
    return list(lanes.values())


def _index_file() -> dict[str, Any]:
    spec: dict[str, Any] = json.loads((ROOT / "infra/firestore.indexes.json").read_text())
    return spec


def _kind(field: dict[str, str]) -> str:
    return f"order={field['order'].lower()}" if "order" in field else f"array-config={field['arrayConfig'].lower()}"


def _hyphens(constant: str) -> str:
    return constant.lower().replace("_", "-")


def _backups(to: Target) -> list[list[Command]]:
    """Days to look for a mistake in, and months to notice it. Firestore allows one schedule of each kind."""
    there = to.gcloud(f"firestore backups schedules list {DATABASE} --format=json")
    make = f"firestore backups schedules create {DATABASE}"
    return [
        [to.gcloud(f"{make} --recurrence=daily --retention=7d", unless=Check(there, "dailyRecurrence"))],
        [
            to.gcloud(
                f"{make} --recurrence=weekly --day-of-week=SUN --retention=14w", unless=Check(there, "weeklyRecurrence")
            )
        ],
    ]


def _function(to: Target, each: Function) -> list[Command]:
    """The function, if it is not there as it should be; for a trigger, the right to call this one service."""
    words = [*_size(to, each), *_rights_and_settings(to, each), *_trigger(to, each)]
    release = _digest(*map(str, words), *_source())
    there = Check(
        to.gcloud(
            f"functions describe {each.service} --gen2 --region={to.region}",
            "--format=value[separator=:](state,labels.release)",
        ),
        f"ACTIVE:{release}",
    )
    deploy = to.gcloud(
        f"functions deploy {each.service}",
        *words,
        f"--update-labels=release={release}",
        unless=None if to.force else there,
    )
    if not each.event:
        return [deploy]
    invoker = f"--member=serviceAccount:{to.account(each.account)} --role=roles/run.invoker --format=none"
    where = f"{each.service} --region={to.region}"
    return [deploy, to.gcloud(f"run services add-iam-policy-binding {where} {invoker}")]


def _size(to: Target, each: Function) -> list[str]:
    spec = each.spec
    return [
        "--gen2",
        f"--region={to.region}",
        f"--runtime={runtime()}",
        "--source=.",
        f"--entry-point={spec['entryPoint']}",
        f"--memory={spec['availableMemoryMb']}Mi",
        f"--cpu={spec['cpu']}",
        f"--concurrency={spec['concurrency']}",
        f"--min-instances={spec.get('minInstances', 0)}",
        f"--max-instances={spec['maxInstances']}",
        f"--timeout={spec['timeoutSeconds']}s",
        # After a rollback all traffic stays with the old revision; this takes it back.
        "--serve-all-traffic-latest-revision",
    ]


def _rights_and_settings(to: Target, each: Function) -> list[str]:
    secrets = ",".join(f"{setting}={SECRETS[setting]}:latest" for setting in each.secrets)
    # Origins have commas in them, so the pairs need another separator, told in front (gcloud topic escaping).
    settings = ";".join(f"{name}={value}" for name, value in to.settings(each).items())
    return [
        f"--service-account={to.account(each.account)}",
        f"--build-service-account=projects/{to.project}/serviceAccounts/{to.account(BUILDER)}",
        f"--set-env-vars=^;^{settings}",
        f"--set-secrets={secrets}" if secrets else "--clear-secrets",
    ]


def _trigger(to: Target, each: Function) -> list[str | Output]:
    if not each.event:
        return ["--trigger-http", "--allow-unauthenticated" if each.public else "--no-allow-unauthenticated"]
    filters = {"type": each.event["eventType"]} | each.event["eventFilters"]
    paths = each.event["eventFilterPathPatterns"]
    # Asked, not assumed: events come from where the database is, and that may be older than this deploy.
    location = to.gcloud(f"firestore databases describe {DATABASE} --format=value(locationId)")
    return [
        "--no-allow-unauthenticated",
        *(f"--trigger-event-filters={name}={value}" for name, value in filters.items()),
        *(f"--trigger-event-filters-path-pattern={name}={value}" for name, value in paths.items()),
        Output(location, before="--trigger-location="),
        f"--trigger-service-account={to.account(each.account)}",
        *(["--retry"] if each.event["retry"] else []),
    ]


@cache
def _source() -> list[str]:
    return [f"{path.relative_to(ROOT)} {_digest(path.read_bytes())}" for path in uploaded_files()]


def _digest(*parts: str | bytes) -> str:
    joined = b"\0".join(part if isinstance(part, bytes) else part.encode() for part in parts)
    return hashlib.sha256(joined).hexdigest()[:16]


def _rules_and_hosting(to: Target) -> Command:
    """Neither has gcloud commands. After the functions, because Hosting looks up where they are."""
    return to.firebase("deploy --only=firestore:rules,hosting")


def _alerts(to: Target) -> list[Stage]:
    channel = to.gcloud(
        "beta monitoring channels create --display-name=Operators --type=email",
        f"--channel-labels=email_address={to.alert_email}",
        unless=Check(to.alert_channels(), "notificationChannels"),
    )
    return [
        Stage("Who is told when something is wrong", [[channel]]),
        Stage("Alerts", [_alert(to, name, title) for name, title in ALERTS.items()]),
    ]


def _alert(to: Target, name: str, title: str) -> list[Command]:
    """Created once, and from then on brought to what its file says."""
    file = f"--policy-from-file=infra/cloud/alerts/{name}.yaml"
    there = to.alert_policies(title)
    told = Output(to.alert_channels(), before="--set-notification-channels=")
    return [
        to.gcloud(f"alpha monitoring policies create {file}", unless=Check(there, "alertPolicies")),
        to.gcloud("alpha monitoring policies update", Output(there), file, told),
    ]


def _first_request(to: Target) -> Command:
    return command(f"curl --fail --silent --show-error --retry 5 https://{to.project}.web.app/listings?limit=1")


def main() -> None:
    """Deploys, or with DRY_RUN=1 prints what a deploy types."""
    os.chdir(ROOT)
    to = Target.typed("deploy")
    to.use_credentials_of_gcloud()
    if os.environ.get("DRY_RUN"):
        show(plan(to))
        return
    run(plan(to))
    print(f"\nThe API: https://{to.project}.web.app/docs")
    print(f"The first admin: make admin EMAIL=… PASSWORD=… PROJECT={to.project}")


if __name__ == "__main__":
    main()
