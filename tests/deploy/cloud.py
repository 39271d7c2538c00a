"""A project in memory that understands the words of a deploy and misbehaves when told to.

It stands where the programs are started (running.start), so a whole deploy takes a moment and can be interrupted
anywhere. That the real gcloud understands the same words, and what it sends for them, is tested beside it.
"""

import json
import pickle
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from infra.cloud.project import FIREBASE

Answer = str
THERE = "ALREADY_EXISTS: it already exists."
MISSING = "NOT_FOUND: not found."


class Refused(Exception):
    """What a program prints before it fails."""


@dataclass(frozen=True)
class Words:
    """A command line, taken apart: what it is about, and its flags."""

    about: tuple[str, ...]
    flags: dict[str, list[str]]

    @classmethod
    def of(cls, words: list[str]) -> "Words":
        flags: dict[str, list[str]] = {}
        for word in words:
            if word.startswith("--"):
                name, _, value = word[2:].partition("=")
                flags.setdefault(name, []).append(value)
        return cls(tuple(word for word in words if not word.startswith("--")), flags)

    def __getitem__(self, flag: str) -> str:
        return self.flags[flag][0]

    def get(self, flag: str, default: str = "") -> str:
        return self.flags.get(flag, [default])[0]


@dataclass
class Service:
    """A function, and the Cloud Run service that it runs as."""

    content: str
    state: str = "ACTIVE"
    account: str = ""
    trigger: str = ""
    revisions: list[dict[str, str]] = field(default_factory=list)
    """Oldest first: name and settings."""
    traffic: str = "LATEST"
    tags: dict[str, str] = field(default_factory=dict)
    callers: set[str] = field(default_factory=set)
    unchecked: bool = False

    @property
    def newest(self) -> str:
        return self.revisions[-1]["name"]

    @property
    def running(self) -> str:
        return self.newest if self.traffic == "LATEST" else self.traffic


CHANGES = re.compile(
    r" (create|add|update|deploy|delete|rm|enable|update-traffic|(add|remove)-iam-policy-binding"
    r"|projects:addfirebase|hosting:sites:create|hosting:disable)\b"
)


@dataclass
class Cloud:
    """What exists, what was typed, and the faults that are still to come."""

    services: dict[str, Service] = field(default_factory=dict)
    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    """All else, by kind and name."""
    grants: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    """Account and role by what they are granted on."""
    typed: list[str] = field(default_factory=list)
    words: list[list[str]] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    """The commands that change something, also if it was so before."""
    asked: list[str] = field(default_factory=list)
    """The addresses that curl has asked."""
    no_public_members: bool = False
    broken_revisions: bool = False
    keeps_history: bool = False
    history: list[bytes] = field(default_factory=list)
    """What existed after each change: services, things and grants."""
    answers: list[tuple[str, str]] = field(default_factory=list)
    """Faults: a pattern and an error. The first command that matches gets the error, once, and does nothing."""
    half: list[tuple[str, str]] = field(default_factory=list)
    """The same, but the command does its work before it fails."""
    lock: Any = field(default_factory=RLock)

    def start(self, words: list[str], piped: str) -> subprocess.CompletedProcess[str]:
        """In place of running.start."""
        with self.lock:
            line = " ".join(words)
            self.typed.append(line)
            self.words.append(words)
            try:
                printed = self._run(line, words, piped)
            except Refused as refused:
                return subprocess.CompletedProcess(words, 1, "", str(refused))
            return subprocess.CompletedProcess(words, 0, printed, "")

    @property
    def secrets(self) -> dict[str, dict[str, Any]]:
        return self.things.get("secret", {})

    def view(self) -> dict[str, Any]:
        """What matters of the state: two deploys of one tree must leave the same."""
        return {
            "services": {
                name: {
                    "content": each.content,
                    "trigger": each.trigger,
                    "runs": {key: value for key, value in _revision(each, each.running).items() if key != "name"},
                    "newest runs": each.running == each.newest,
                    "callers": sorted(each.callers),
                    "tags": sorted(tag for tag in each.tags if tag != "previous"),
                }
                for name, each in self.services.items()
            },
            "things": self.things | {"secret": {name: len(each["versions"]) for name, each in self.secrets.items()}},
            "grants": {name: sorted(each) for name, each in self.grants.items()},
        }

    def _run(self, line: str, words: list[str], piped: str) -> Answer:
        self._fail(self.answers, line)
        printed = self._dispatch(words, piped)
        if CHANGES.search(line):
            self.changes.append(line)
            if self.keeps_history:
                self.history.append(pickle.dumps((self.services, self.things, self.grants)))
        self._fail(self.half, line)
        return printed

    def as_after(self, change: int) -> "Cloud":
        """The project as it was after one of the changes; what a deploy leaves that ends there."""
        return Cloud(*pickle.loads(self.history[change]))

    @staticmethod
    def _fail(faults: list[tuple[str, str]], line: str) -> None:
        for fault in faults:
            if re.search(fault[0], line):
                faults.remove(fault)
                raise Refused(fault[1])

    def _dispatch(self, words: list[str], piped: str) -> Answer:
        program = words[0]
        if program == "python3":
            return self._python(words, piped)
        if program == "npm":
            return ""
        if program == "curl":
            return self._curl(words)
        if program == FIREBASE:
            return self._firebase(words[1:])
        typed = Words.of(words[1:])
        about = tuple(word for word in typed.about if word not in ("alpha", "beta"))
        for length in (5, 4, 3, 2):
            handler = HANDLERS.get(" ".join(about[:length]))
            if handler:
                return handler(self, typed, about[length:], piped) or ""
        raise AssertionError(f"The stand-in does not know: {' '.join(words)}")

    def _python(self, words: list[str], piped: str) -> Answer:
        if "token_urlsafe" in words[2]:
            return f"random-{len(self.typed)}"
        done = subprocess.run(words, input=piped, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Refused(done.stderr or "differs")
        return done.stdout

    def _curl(self, words: list[str]) -> Answer:
        address = next(word for word in words if word.startswith("https://"))
        self.asked.append(("OPTIONS " if "--request=OPTIONS" in words else "GET ") + address)
        host, _, path = address.removeprefix("https://").partition("/")
        if host.endswith(".web.app"):
            name, tag = path.split("?")[0].split("/")[0], ""
            if "hosting" not in self.things.get("firebase", {}):
                raise Refused("curl: (22) The requested URL returned error: 404")
        else:
            tag, name = host.removesuffix(".run.app").split("---")
        service = self.services[name]
        if "allUsers" not in service.callers and not service.unchecked:
            raise Refused("curl: (22) The requested URL returned error: 403")
        if self.broken_revisions and (not tag or service.tags[tag] == service.newest):
            raise Refused("curl: (22) The requested URL returned error: 500")
        return "[]"

    def _firebase(self, words: list[str]) -> Answer:
        there = self.things.setdefault("firebase", {})
        verb = words[0]
        if verb == "apps:list":
            if "project" not in there:
                raise Refused("Failed to list Firebase apps.")
            return "No apps found."
        if verb == "projects:addfirebase":
            there["project"] = True
        elif verb == "hosting:sites:list":
            return "my-project https://my-project.web.app" if "site" in there else "No sites."
        elif verb == "hosting:sites:create":
            there["site"] = True
        elif verb == "deploy":
            there["hosting"] = words[1]
        elif verb == "hosting:disable":
            there.pop("hosting", None)
        return ""

    # What the handlers below share.

    def create(self, kind: str, name: str, **content: Any) -> None:
        if name in self.things.setdefault(kind, {}):
            raise Refused(THERE)
        self.things[kind][name] = content

    def update(self, kind: str, name: str, **content: Any) -> None:
        self.one(kind, name).update(content)

    def one(self, kind: str, name: str) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self.things[kind][name]
        except KeyError:
            raise Refused(MISSING) from None
        return found

    def delete(self, kind: str, name: str) -> None:
        self.one(kind, name)
        del self.things[kind][name]

    def service(self, name: str) -> Service:
        if name not in self.services:
            raise Refused(f"Cannot find service [{name}]")
        return self.services[name]

    def listed(self, typed: Words, kind: str, key: str = "name") -> Answer:
        """Names, or all as JSON; of the one title that is asked for."""
        titled = re.search(r'displayName="(.*)"', typed.get("filter"))
        found = [
            {key: name, **content}
            for name, content in self.things.get(kind, {}).items()
            if not titled or content.get("displayName") == titled[1]
        ]
        if typed.get("format") == "json":
            return json.dumps(found)
        return "\n".join(
            str(each.get("etag", each[key]) if "etag" in typed.get("format") else each[key]) for each in found
        )

    def grant(self, where: str, member: str, role: str) -> None:
        account = member.removeprefix("serviceAccount:").partition("@")[0]
        if member != "allUsers" and account not in self.things.get("account", {}):
            raise Refused(f"Service account {account} does not exist.")
        self.grants.setdefault(where, set()).add((account, role))

    def revoke(self, where: str, member: str, role: str) -> None:
        pair = (member.removeprefix("serviceAccount:").partition("@")[0], role)
        if pair not in self.grants.get(where, set()):
            raise Refused(MISSING)
        self.grants[where].remove(pair)

    def policy(self, where: str) -> Answer:
        members: dict[str, list[str]] = {}
        for account, role in sorted(self.grants.get(where, set())):
            members.setdefault(role, []).append(f"serviceAccount:{account}@my-project.iam.gserviceaccount.com")
        return json.dumps({"bindings": [{"role": role, "members": each} for role, each in members.items()]})


Handler = Callable[[Cloud, Words, tuple[str, ...], str], str | None]
HANDLERS: dict[str, Handler] = {}


def understands(*lines: str) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(lines, handler))
        return handler

    return register


@understands("projects describe")
def _project(cloud: Cloud, typed: Words, _: tuple[str, ...], __: str) -> str:
    return "123456" if "projectNumber" in typed.get("format") else "projectId: my-project"


@understands("services enable")
def _services(cloud: Cloud, _: Words, names: tuple[str, ...], __: str) -> None:
    cloud.things.setdefault("api", {}).update({name: {} for name in names})


@understands("firestore databases create")
def _database(cloud: Cloud, typed: Words, _: tuple[str, ...], __: str) -> None:
    protected = "delete-protection" in typed.flags
    cloud.create("database", typed["database"], location=typed["location"], protected=protected)


@understands("firestore databases update")
def _protect(cloud: Cloud, typed: Words, _: tuple[str, ...], __: str) -> None:
    cloud.update("database", typed["database"], protected="delete-protection" in typed.flags)


@understands("firestore databases describe")
def _location(cloud: Cloud, typed: Words, _: tuple[str, ...], __: str) -> str:
    return str(cloud.one("database", typed["database"])["location"])


@understands("firestore databases delete")
def _no_database(cloud: Cloud, typed: Words, _: tuple[str, ...], __: str) -> None:
    if cloud.one("database", typed["database"])["protected"]:
        raise Refused("FAILED_PRECONDITION: delete protection is enabled")
    cloud.delete("database", typed["database"])
    for kind in ("index", "field", "ttl", "backup"):
        cloud.things.pop(kind, None)


@understands("firestore indexes composite create")
def _index(cloud: Cloud, typed: Words, _: tuple[str, ...], __: str) -> None:
    cloud.one("database", typed["database"])
    fields = [dict(pair.split("=") for pair in each.split(",")) for each in typed.flags["field-config"]]
    sent = [{"fieldPath": each["field-path"], "order": each["order"].upper()} for each in fields]
    group = typed["collection-group"]
    path = f"projects/p/databases/d/collectionGroups/{group}/indexes/{len(cloud.things.get('index', {}))}"
    for name, there in cloud.things.get("index", {}).items():
        if there["fields"][:-1] == sent and f"/{group}/" in name:
            raise Refused("ALREADY_EXISTS: index already exists")
    cloud.create("index", path, queryScope=typed["query-scope"].upper(), fields=[*sent, {"fieldPath": "__name__"}])


@understands("firestore indexes composite list")
def _index_list(cloud: Cloud, typed: Words, _: tuple[str, ...], __: str) -> str:
    return "" if "filter" in typed.flags else cloud.listed(typed, "index")


@understands("firestore indexes composite delete")
def _no_index(cloud: Cloud, _: Words, names: tuple[str, ...], __: str) -> None:
    [path] = [each for each in cloud.things["index"] if each.endswith(f"/{names[0]}")]
    cloud.delete("index", path)


def _field_path(typed: Words, names: tuple[str, ...]) -> str:
    return f"projects/p/databases/d/collectionGroups/{typed['collection-group']}/fields/{names[0]}"


@understands("firestore indexes fields update")
def _field(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    cloud.one("database", typed["database"])
    path = _field_path(typed, names)
    if "clear-exemption" in typed.flags:
        cloud.delete("field", path)
    else:
        cloud.things.setdefault("field", {})[path] = {"index": typed.get("index", "none")}


@understands("firestore fields ttls update")
def _ttl(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    if "disable-ttl" in typed.flags:
        cloud.delete("ttl", _field_path(typed, names))
    else:
        cloud.create("ttl", _field_path(typed, names))


@understands("firestore backups schedules create")
def _backup(cloud: Cloud, typed: Words, _: tuple[str, ...], __: str) -> None:
    cloud.create("backup", f"{typed['recurrence']}Recurrence", retention=typed["retention"])


LISTS = {
    "firestore indexes fields list": "field",
    "firestore fields ttls list": "ttl",
    "firestore backups schedules list": "backup",
    "secrets list": "secret",
    "storage buckets list": "bucket",
    "logging metrics list": "metric",
    "monitoring channels list": "channel",
    "monitoring policies list": "alert",
    "monitoring uptime list-configs": "uptime",
    "monitoring dashboards list": "dashboard",
    "billing budgets list": "budget",
}


def _register_lists() -> None:
    for line, kind in LISTS.items():
        HANDLERS[line] = lambda cloud, typed, _, __, kind=kind: cloud.listed(typed, kind)  # type: ignore[misc]


_register_lists()


@understands("iam service-accounts create")
def _account(cloud: Cloud, _: Words, names: tuple[str, ...], __: str) -> None:
    cloud.create("account", names[0])


@understands("iam service-accounts list")
def _account_list(cloud: Cloud, _: Words, __: tuple[str, ...], ___: str) -> str:
    names = cloud.things.get("account", {})
    return json.dumps([{"email": f"{each}@my-project.iam.gserviceaccount.com"} for each in names])


@understands("iam service-accounts delete")
def _no_account(cloud: Cloud, _: Words, names: tuple[str, ...], __: str) -> None:
    cloud.delete("account", names[0].partition("@")[0])


@understands("projects add-iam-policy-binding")
def _project_grant(cloud: Cloud, typed: Words, _: tuple[str, ...], __: str) -> None:
    cloud.grant("project", typed["member"], typed["role"])


@understands("projects remove-iam-policy-binding")
def _project_revoke(cloud: Cloud, typed: Words, _: tuple[str, ...], __: str) -> None:
    cloud.revoke("project", typed["member"], typed["role"])


@understands("projects get-iam-policy")
def _project_policy(cloud: Cloud, _: Words, __: tuple[str, ...], ___: str) -> str:
    return cloud.policy("project")


@understands("secrets create")
def _secret(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    cloud.create("secret", names[0], labels=dict([typed["labels"].split("=")]), versions=[])


@understands("secrets delete")
def _no_secret(cloud: Cloud, _: Words, names: tuple[str, ...], __: str) -> None:
    cloud.delete("secret", names[0])
    cloud.grants.pop(names[0], None)


@understands("secrets versions add")
def _secret_version(cloud: Cloud, _: Words, names: tuple[str, ...], piped: str) -> None:
    assert piped
    cloud.one("secret", names[0])["versions"].append(piped)


@understands("secrets versions list", "secrets versions describe")
def _secret_newest(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> str:
    number = len(cloud.one("secret", typed.get("secret") or names[0])["versions"])
    if not number and "secret" in typed.flags:
        raise Refused(MISSING)
    return str(number or "")


@understands("secrets versions access")
def _secret_value(cloud: Cloud, typed: Words, _: tuple[str, ...], __: str) -> str:
    values = cloud.one("secret", typed["secret"])["versions"]
    if not values:
        raise Refused(MISSING)
    return str(values[-1])


@understands("secrets add-iam-policy-binding", "storage buckets add-iam-policy-binding")
def _grant(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    cloud.one("bucket" if names[0].startswith("gs:") else "secret", names[0].removeprefix("gs://"))
    cloud.grant(names[0].removeprefix("gs://"), typed["member"], typed["role"])


@understands("secrets remove-iam-policy-binding", "storage buckets remove-iam-policy-binding")
def _revoke(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    cloud.revoke(names[0].removeprefix("gs://"), typed["member"], typed["role"])


@understands("secrets get-iam-policy", "storage buckets get-iam-policy")
def _policy(cloud: Cloud, _: Words, names: tuple[str, ...], __: str) -> str:
    return cloud.policy(names[0].removeprefix("gs://"))


@understands("storage buckets create")
def _bucket(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    closed = {"uniform-bucket-level-access", "public-access-prevention"} <= typed.flags.keys()
    cloud.create("bucket", names[0].removeprefix("gs://"), closed=closed)


@understands("storage buckets update")
def _bucket_update(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    closed = {"uniform-bucket-level-access", "public-access-prevention"} <= typed.flags.keys()
    cloud.update(
        "bucket", names[0].removeprefix("gs://"), closed=closed, labels=dict([typed["update-labels"].split("=")])
    )


@understands("storage rm")
def _no_bucket(cloud: Cloud, _: Words, names: tuple[str, ...], __: str) -> None:
    cloud.delete("bucket", names[0].removeprefix("gs://"))
    cloud.grants.pop(names[0].removeprefix("gs://"), None)


@understands("artifacts repositories delete")
def _no_images(cloud: Cloud, _: Words, names: tuple[str, ...], __: str) -> None:
    cloud.delete("repository", names[0])


@understands("logging metrics create")
def _metric(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    cloud.create("metric", names[0], filter=typed["log-filter"])


@understands("logging metrics update")
def _metric_update(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    cloud.update("metric", names[0], filter=typed["log-filter"])


@understands("logging metrics delete", "monitoring dashboards delete", "monitoring uptime delete")
def _no_watcher(cloud: Cloud, _: Words, names: tuple[str, ...], __: str) -> None:
    [kind] = [kind for kind in ("metric", "dashboard", "uptime") if names[0] in cloud.things.get(kind, {})]
    cloud.delete(kind, names[0])


@understands("logging sinks describe")
def _sink_state(cloud: Cloud, _: Words, __: tuple[str, ...], ___: str) -> str:
    return ",".join(cloud.things.get("exclusion", {}))


@understands("logging sinks update")
def _sink(cloud: Cloud, typed: Words, _: tuple[str, ...], __: str) -> None:
    if "add-exclusion" in typed.flags:
        cloud.create("exclusion", "cloud-run-requests", how=typed["add-exclusion"])
    elif "remove-exclusions" in typed.flags:
        cloud.delete("exclusion", typed["remove-exclusions"])
    else:
        cloud.update("exclusion", "cloud-run-requests", how=typed["update-exclusion"])


@understands("monitoring channels create")
def _channel(cloud: Cloud, typed: Words, _: tuple[str, ...], __: str) -> None:
    name = f"projects/p/notificationChannels/{len(cloud.things.get('channel', {}))}"
    cloud.create("channel", name, address=typed["channel-labels"])


@understands("monitoring channels delete")
def _no_channel(cloud: Cloud, _: Words, names: tuple[str, ...], __: str) -> None:
    cloud.delete("channel", names[0])


@understands("monitoring policies create")
def _alert(cloud: Cloud, typed: Words, _: tuple[str, ...], __: str) -> None:
    policy = json.loads(typed["policy"])
    cloud.create("alert", f"projects/p/alertPolicies/{len(cloud.things.get('alert', {}))}", **policy)


@understands("monitoring policies update")
def _alert_update(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    told = typed["set-notification-channels"].splitlines()
    assert set(told) <= cloud.things["channel"].keys()
    cloud.update("alert", names[0], **json.loads(typed["policy"]), told=told)


@understands("monitoring policies delete")
def _no_alert(cloud: Cloud, _: Words, names: tuple[str, ...], __: str) -> None:
    cloud.delete("alert", names[0])


@understands("monitoring uptime create")
def _uptime(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    cloud.create("uptime", "uptime/1", displayName=" ".join(names), host=typed["resource-labels"], path=typed["path"])


@understands("monitoring dashboards create")
def _dashboard(cloud: Cloud, typed: Words, _: tuple[str, ...], __: str) -> None:
    cloud.create("dashboard", "dashboards/1", etag="1", **json.loads(typed["config"]))


@understands("monitoring dashboards update")
def _dashboard_update(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    sent = json.loads(typed["config"])
    if sent["etag"] != cloud.one("dashboard", names[0])["etag"]:
        raise Refused("ABORTED: etag")
    cloud.update("dashboard", names[0], **sent)


@understands("billing projects describe")
def _billing(cloud: Cloud, _: Words, __: tuple[str, ...], ___: str) -> str:
    return "0A-1B"


@understands("billing budgets create")
def _budget(cloud: Cloud, typed: Words, _: tuple[str, ...], __: str) -> None:
    cloud.create(
        "budget", "billingAccounts/0A-1B/budgets/1", displayName=typed["display-name"], amount=typed["budget-amount"]
    )


@understands("billing budgets update")
def _budget_update(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    cloud.update("budget", names[0], amount=typed["budget-amount"])


@understands("functions describe")
def _function_state(cloud: Cloud, _: Words, names: tuple[str, ...], __: str) -> str:
    service = cloud.service(names[0])
    return f"{service.state}:{service.content}"


@understands("functions deploy")
def _function(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    labels = dict(pair.split("=") for pair in typed["update-labels"].split(","))
    account = typed["service-account"].partition("@")[0]
    cloud.one("account", account)
    _can_read(cloud, account, typed.get("set-secrets"))
    trigger = ",".join(typed.flags.get("trigger-event-filters-path-pattern", ["http"]))
    service = cloud.services.setdefault(names[0], Service("", account=account))
    service.content, service.trigger = labels["content"], trigger
    number = len(service.revisions) + 1
    settings = typed["set-env-vars"].removeprefix("^;^")
    revision = {"name": f"{names[0]}-{number:05}-abc", "settings": settings, "secrets": typed.get("set-secrets")}
    service.revisions.append(revision | {"size": typed["memory"]})
    cloud.things.setdefault("repository", {}).setdefault("gcf-artifacts", {})


def _can_read(cloud: Cloud, account: str, bound: str) -> None:
    for each in filter(None, bound.split(",")):
        secret = each.partition("=")[2].partition(":")[0]
        if (account, "roles/secretmanager.secretAccessor") not in cloud.grants.get(secret, set()):
            raise Refused(f"Cannot bind {secret}: the account may not read it")


@understands("functions list")
def _function_list(cloud: Cloud, _: Words, __: tuple[str, ...], ___: str) -> str:
    return json.dumps(
        [
            {
                "name": f"projects/p/locations/r/functions/{name}",
                "serviceConfig": {"serviceAccountEmail": f"{each.account}@my-project.iam.gserviceaccount.com"},
            }
            for name, each in cloud.services.items()
        ]
    )


@understands("functions delete")
def _no_function(cloud: Cloud, _: Words, names: tuple[str, ...], __: str) -> None:
    cloud.service(names[0])
    del cloud.services[names[0]]


@understands("run services describe")
def _service(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> str:
    service, wanted = cloud.service(names[0]), typed["format"]
    if "percent>0" in wanted:
        return service.running
    if "latestReady" in wanted:
        return service.newest
    if "tag=candidate" in wanted:
        return f"https://candidate---{names[0]}.run.app" if "candidate" in service.tags else ""
    assert "status.url" in wanted
    return f"https://{names[0]}.run.app"


@understands("run services update-traffic")
def _traffic(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    service = cloud.service(names[0])
    if "to-revisions" in typed.flags:
        revision, _, share = typed["to-revisions"].partition("=")
        assert share == "100"
        _revision(service, revision)
        service.traffic = revision
    if "set-tags" in typed.flags:
        service.tags = dict([typed["set-tags"].split("=")])
    if "update-tags" in typed.flags:
        service.tags |= dict([typed["update-tags"].split("=")])


@understands("run services add-iam-policy-binding")
def _caller(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    if typed["member"] == "allUsers" and cloud.no_public_members:
        raise Refused("One or more users named in the policy do not belong to a permitted customer.")
    cloud.service(names[0]).callers.add(typed["member"])


@understands("run services update")
def _unchecked(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    assert "no-invoker-iam-check" in typed.flags
    cloud.service(names[0]).unchecked = True


@understands("run services list")
def _service_list(cloud: Cloud, _: Words, __: tuple[str, ...], ___: str) -> str:
    return json.dumps(
        [
            {
                "metadata": {"name": name},
                "spec": {"template": {"spec": {"serviceAccountName": f"{each.account}@p"}}},
                "status": {
                    "traffic": [
                        *({"revisionName": revision, "tag": tag} for tag, revision in each.tags.items()),
                        {"revisionName": each.running, "percent": 100},
                    ]
                },
            }
            for name, each in cloud.services.items()
        ]
    )


@understands("run revisions list")
def _revision_list(cloud: Cloud, _: Words, __: tuple[str, ...], ___: str) -> str:
    return json.dumps(
        [
            {
                "metadata": {"name": each["name"], "creationTimestamp": each["name"][-9:-4]},
                "spec": {"serviceAccountName": f"{service.account}@p", "containers": [{"env": _variables(each)}]},
            }
            for service in cloud.services.values()
            for each in service.revisions
        ]
    )


def _variables(revision: dict[str, str]) -> list[dict[str, str]]:
    pairs = [pair.split("=", 1) for pair in revision["settings"].split(";")]
    return [{"name": name, "value": value} for name, value in pairs]


@understands("scheduler jobs create", "scheduler jobs update")
def _job(cloud: Cloud, typed: Words, names: tuple[str, ...], _: str) -> None:
    content = {"schedule": typed["schedule"], "uri": typed["uri"], "account": typed["oidc-service-account-email"]}
    if typed.about[2] == "create":
        cloud.create("job", names[1], **content)
    else:
        cloud.update("job", names[1], **content)


@understands("scheduler jobs list")
def _job_list(cloud: Cloud, _: Words, __: tuple[str, ...], ___: str) -> str:
    return json.dumps(
        [
            {"name": name, "httpTarget": {"oidcToken": {"serviceAccountEmail": each["account"]}}}
            for name, each in cloud.things.get("job", {}).items()
        ]
    )


@understands("scheduler jobs delete")
def _no_job(cloud: Cloud, _: Words, names: tuple[str, ...], __: str) -> None:
    cloud.delete("job", names[0])


def _revision(service: Service, name: str) -> dict[str, str]:
    try:
        return next(each for each in service.revisions if each["name"] == name)
    except StopIteration:
        raise Refused(f"Revision {name} not found") from None
