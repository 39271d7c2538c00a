"""The functions: a new revision is made beside the running one, has to answer, and only then gets the traffic.

A revision is what Cloud Run keeps of each deploy of a function: its code, its size, its settings and the versions of
its secrets. The tag ``previous`` marks the one that had the traffic before, which is what ``make rollback`` goes to.
"""

import hashlib
from functools import cache

from infra.cloud.manifest import ROOT, SECRETS, Function, release, runtime, uploaded_files
from infra.cloud.plan import GONE_ALREADY, THERE_ALREADY, Check, Command, Text, Word, command, text
from infra.cloud.project import BUILDER, DATABASE, Project

NO_PUBLIC_MEMBERS = r"permitted customer|allowedPolicyMemberDomains|organi[sz]ation policy"
"""What Google says where an organisation's policy forbids to name everybody (allUsers) in a policy."""


def function(project: Project, each: Function) -> list[Command]:
    """The function, if it is not there as it should be. The traffic stays where it is."""
    words = [*_size(project, each), *_rights(project, each), *_trigger(project, each)]
    settings = project.settings(each)
    content = text(_digest(*map(str, words), _pairs(settings), *_source()), *_versions(project, each))
    is_there = None if project.force else Check(_state(project, each), text("ACTIVE:", *content.parts))
    hold = project.gcloud(
        f"run services update-traffic {each.service} --region={project.region}",
        text("--to-revisions=", running(project, each), "=100"),
        fine=GONE_ALREADY,
        unless=is_there,
    )
    deploy = project.gcloud(
        f"functions deploy {each.service}",
        *words,
        f"--set-env-vars={_pairs(settings | {'RELEASE': release()})}",
        text(f"--update-labels=release={release()},content=", *content.parts),
        unless=is_there,
    )
    return [hold, deploy]


def running(project: Project, each: Function) -> Command:
    """Prints the revision that has the traffic."""
    largest = 'value(status.traffic.filter("percent>0").sort("percent").slice(-1:).extract("revisionName").flatten())'
    return project.gcloud(f"run services describe {each.service} --region={project.region}", f"--format={largest}")


def newest(project: Project, each: Function) -> Command:
    """Prints the newest revision that has started."""
    return project.gcloud(
        f"run services describe {each.service} --region={project.region} --format=value(status.latestReadyRevisionName)"
    )


def callers(project: Project, each: Function) -> Command:
    """Who may call the function: everybody, or the one account that its events or its schedule come with.

    Bound at every deploy and on its own, because a deploy that is interrupted after it has made the function would
    otherwise leave it closed for ever.
    """
    where = f"{each.service} --region={project.region}"
    bind = f"run services add-iam-policy-binding {where} --role=roles/run.invoker --format=none"
    if not each.public:
        return project.gcloud(f"{bind} --member=serviceAccount:{project.account(each.account)}")
    unchecked = project.gcloud(f"run services update {where} --no-invoker-iam-check")
    return project.gcloud(f"{bind} --member=allUsers", otherwise=(NO_PUBLIC_MEMBERS, unchecked))


def trial(project: Project, each: Function) -> list[Command]:
    """Asks the new revision at an address of its own: a preflight request, and for listings the database too.

    Events and schedules have nobody to answer. Cloud Run has seen those revisions start, with their settings.
    """
    if not each.public:
        return []
    has_traffic = Check(running(project, each), text(newest(project, each)))
    where = f"{each.service} --region={project.region}"
    tag = project.gcloud(
        f"run services update-traffic {where}",
        text("--update-tags=candidate=", newest(project, each)),
        unless=has_traffic,
    )
    url = 'value(status.traffic.filter("tag=candidate").extract("url").flatten())'
    candidate = project.gcloud(f"run services describe {where}", f"--format={url}")
    preflight = ["--request=OPTIONS", f"--header=Origin: {project.address}", f"--header={PREFLIGHT}: GET"]
    return [
        tag,
        command(f"{PATIENT_CURL} --output=/dev/null", *preflight, text(candidate, "/"), unless=has_traffic),
        *(
            command(f"{PATIENT_CURL} --output=/dev/null", text(candidate, path), unless=has_traffic)
            for path in READS_DATA.get(each.name, [])
        ),
    ]


PREFLIGHT = "Access-Control-Request-Method"
READS_DATA = {"listings": ["/?limit=1"]}
"""Addresses that read the database for everybody, by function."""

PATIENT_CURL = "curl --fail --silent --show-error --retry 12 --retry-all-errors --retry-delay 10 --max-time 60"
"""Rights and addresses of Google's need some minutes to spread; until then they answer 403 and 404."""


def traffic(project: Project, each: Function) -> Command:
    """Gives the newest revision all traffic, and marks the one before it."""
    return project.gcloud(
        f"run services update-traffic {each.service} --region={project.region}",
        text("--to-revisions=", newest(project, each), "=100"),
        text("--set-tags=previous=", running(project, each)),
        unless=Check(running(project, each), text(newest(project, each))),
    )


def schedule(project: Project, each: Function) -> list[Command]:
    """The job that calls the function by the clock, as the function's own account."""
    trigger = each.schedule or {}
    url = project.gcloud(f"run services describe {each.service} --region={project.region} --format=value(status.url)")
    flags: list[Word] = [
        f"--location={project.region}",
        f"--schedule={trigger['schedule']}",
        f"--time-zone={trigger.get('timeZone', 'Etc/UTC')}",
        text("--uri=", url),
        f"--oidc-service-account-email={project.account(each.account)}",
        text("--oidc-token-audience=", url),
        f"--attempt-deadline={each.spec['timeoutSeconds']}s",
        "--max-retry-attempts=3",
    ]
    return [
        project.gcloud(f"scheduler jobs create http {each.service}", *flags, fine=THERE_ALREADY),
        project.gcloud(f"scheduler jobs update http {each.service}", *flags),
    ]


def version(project: Project, secret: str) -> Command:
    """Prints the number of a secret's newest version."""
    newest = f"secrets versions describe latest --secret={secret} --format=value(name.basename())"
    return project.gcloud(newest, once=True)


def _state(project: Project, each: Function) -> Command:
    return project.gcloud(
        f"functions describe {each.service} --gen2 --region={project.region}",
        "--format=value[separator=:](state,labels.content)",
    )


def _versions(project: Project, each: Function) -> list[str | Command]:
    return [part for name in project.secrets(each) for part in ("-", version(project, SECRETS[name]))]


def _size(project: Project, each: Function) -> list[str]:
    spec = each.spec
    return [
        "--gen2",
        f"--region={project.region}",
        f"--runtime={runtime()}",
        "--source=.",
        f"--entry-point={spec['entryPoint']}",
        f"--memory={spec['availableMemoryMb']}Mi",
        f"--cpu={spec['cpu']}",
        f"--concurrency={spec['concurrency']}",
        f"--min-instances={spec.get('minInstances', 0)}",
        f"--max-instances={spec['maxInstances']}",
        f"--timeout={spec['timeoutSeconds']}s",
    ]


def _pairs(settings: dict[str, str]) -> str:
    """Origins have commas in them, so the pairs need another separator, told in front (gcloud topic escaping)."""
    return f"^;^{';'.join(f'{name}={value}' for name, value in settings.items())}"


def _rights(project: Project, each: Function) -> list[Word]:
    return [
        f"--service-account={project.account(each.account)}",
        f"--build-service-account=projects/{project.id}/serviceAccounts/{project.account(BUILDER)}",
        _secrets(project, each),
    ]


def _secrets(project: Project, each: Function) -> Word:
    """By number, so that a bad new version of a secret cannot reach instances of running code."""
    parts: list[str | Command] = ["--set-secrets="]
    for name in project.secrets(each):
        parts += [f"{'' if len(parts) == 1 else ','}{name}={SECRETS[name]}:", version(project, SECRETS[name])]
    return Text(tuple(parts)) if len(parts) > 1 else "--clear-secrets"


def _trigger(project: Project, each: Function) -> list[Word]:
    if not each.event:
        return ["--trigger-http"]
    filters = {"type": each.event["eventType"]} | each.event["eventFilters"]
    paths = each.event["eventFilterPathPatterns"]
    # Asked, not assumed: events come from where the database is, and that may be older than this deploy.
    location = project.gcloud(f"firestore databases describe {DATABASE} --format=value(locationId)", once=True)
    return [
        *(f"--trigger-event-filters={name}={value}" for name, value in filters.items()),
        *(f"--trigger-event-filters-path-pattern={name}={value}" for name, value in paths.items()),
        text("--trigger-location=", location),
        f"--trigger-service-account={project.account(each.account)}",
        *(["--retry"] if each.event["retry"] else []),
    ]


@cache
def _source() -> list[str]:
    return [f"{path.relative_to(ROOT)} {_digest(path.read_bytes())}" for path in uploaded_files()]


def _digest(*parts: str | bytes) -> str:
    joined = b"\0".join(part if isinstance(part, bytes) else part.encode() for part in parts)
    return hashlib.sha256(joined).hexdigest()[:16]
