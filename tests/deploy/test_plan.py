"""How a plan is run: side by side, patiently, and no further than the first failure. With small real programs."""

from pathlib import Path

import pytest

from infra.cloud import rollout, running
from infra.cloud.plan import GONE_ALREADY, THERE_ALREADY, Check, Command, IsThere, Stage, command, text
from infra.cloud.running import run


def sh(
    script: str, fine: str | None = None, unless: Check | IsThere | None = None, stdin: Command | None = None
) -> Command:
    return command("sh -c", script, fine=fine, unless=unless, stdin=stdin)


def run_one(each: Command) -> None:
    run([Stage("one", [[each]])])


def test_the_first_failure_ends_the_run_and_shows_the_command_and_its_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later, process = tmp_path / "later", tmp_path / "process"
    failing = [sh(f"echo $$ > {process}; echo so it is >&2; exit 3"), sh(f"touch {later}")]
    # It ends after the other has failed.
    slow = [sh(f"until test -s {process} && ! kill -0 $(cat {process}); do sleep 0.05; done; sleep 0.5")]
    slow.append(sh(f"touch {later}"))
    with pytest.raises(SystemExit) as stop:
        run([Stage("both", [failing, slow]), Stage("after", [[sh(f"touch {later}")]])])
    said = capsys.readouterr()
    assert stop.value.code
    assert "so it is >&2; exit 3'\n\nso it is" in said.err
    assert "2. after" not in said.out
    assert not later.exists()


def test_lanes_run_side_by_side_and_their_commands_in_order(tmp_path: Path) -> None:
    """Each lane waits for the others to begin: one after the other, the first would wait in vain."""
    log = tmp_path / "log"
    meet = f"for _ in $(seq 1200); do test $(ls {tmp_path} | grep -c began) = 3 && exit; sleep 0.05; done; exit 1"
    run(
        [
            Stage(
                "three",
                [[sh(f"touch {tmp_path}/began{lane}; {meet}"), sh(f"echo {lane} >> {log}")] for lane in range(3)],
            )
        ]
    )
    assert sorted(log.read_text().split()) == ["0", "1", "2"]


def test_what_exists_is_not_created_and_what_is_gone_not_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    run_one(sh("echo 'ALREADY_EXISTS: Database already exists.' >&2; exit 1", fine=THERE_ALREADY))
    run_one(sh("echo 'NOT_FOUND: no such thing' >&2; exit 1", fine=GONE_ALREADY))
    run_one(command("false", text(sh("true")), fine=GONE_ALREADY))
    assert capsys.readouterr().out.count("nothing to do") == 3
    with pytest.raises(SystemExit):
        run_one(sh("echo 'PERMISSION_DENIED' >&2; exit 1", fine=THERE_ALREADY))


def test_a_command_whose_check_holds_is_not_run(tmp_path: Path) -> None:
    file = tmp_path / "file"
    run_one(sh(f"touch {file}", unless=Check(sh("echo state ACTIVE"), "ACTIVE")))
    run_one(sh(f"touch {file}", unless=Check(sh("true"))))
    assert not file.exists()
    run_one(sh(f"touch {file}", unless=Check(sh("echo state FAILED"), "ACTIVE")))
    assert file.exists()


def test_what_google_needs_a_moment_for_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "WAITS", (0, 0))
    log = tmp_path / "log"
    fresh = "Service account fn-auth@p.iam.gserviceaccount.com does not exist."
    run_one(sh(f"echo try >> {log}; test $(wc -l < {log}) = 3 || {{ echo '{fresh}' >&2; exit 1; }}"))
    assert log.read_text().count("try") == 3
    with pytest.raises(SystemExit):
        run_one(sh(f"echo try >> {log}; echo '{fresh}' >&2; exit 1"))
    assert log.read_text().count("try") == 6


def test_it_is_waited_for_three_minutes_and_longer_each_time() -> None:
    assert running.WAITS == (10, 20, 40, 60, 60)


def test_the_source_counts_by_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "main.py"
    monkeypatch.setattr(rollout, "ROOT", tmp_path)
    monkeypatch.setattr(rollout, "uploaded_files", lambda: [file])
    found = []
    for content in ("one", "two", "one"):
        file.write_text(content)
        found.append(rollout._source.__wrapped__())
    assert found[0] == found[2] != found[1]


def test_a_secret_is_piped_and_never_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    run_one(sh(f"cat > {file}", stdin=sh("printf hidden; echo noise >&2")))
    assert file.read_text() == "hidden"
    with pytest.raises(SystemExit):
        run_one(sh("cat > /dev/null; exit 1", stdin=sh("printf hid; printf den")))
    said = capsys.readouterr()
    assert "hidden" not in said.out + said.err


def test_a_program_that_is_not_installed_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run_one(command("no-such-program --flag"))
    assert "no-such-program is not installed." in capsys.readouterr().err


def test_a_command_is_repeated_until_it_prints_what_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "WAITS", (0,))
    log = tmp_path / "log"
    run_one(command("sh -c", f"echo try >> {log}; test $(wc -l < {log}) = 3 || echo CREATING", until=""))
    assert log.read_text().count("try") == 3
    monkeypatch.setattr(running, "UNTIL_SECONDS", 0)
    with pytest.raises(SystemExit):
        run_one(command("sh -c", "echo CREATING", until=""))


def test_another_command_runs_where_an_error_says_so(tmp_path: Path) -> None:
    file = tmp_path / "file"
    instead = sh(f"touch {file}")
    run_one(command("sh -c", "echo forbidden here >&2; exit 1", otherwise=("forbidden", instead)))
    assert file.exists()
    file.unlink()
    with pytest.raises(SystemExit):
        run_one(command("sh -c", "echo broken >&2; exit 1", otherwise=("forbidden", instead)))
    assert not file.exists()


def test_what_cannot_be_asked_for_is_not_made_a_second_time(tmp_path: Path) -> None:
    file = tmp_path / "file"
    with pytest.raises(SystemExit):
        run_one(sh(f"touch {file}", unless=IsThere(sh("exit 1"))))
    run_one(sh(f"touch {file}", unless=IsThere(sh("echo something"))))
    assert not file.exists()
    run_one(sh(f"touch {file}", unless=IsThere(sh("true"))))
    assert file.exists()


def test_what_does_not_change_is_asked_once_a_run(tmp_path: Path) -> None:
    log = tmp_path / "log"
    number = command("sh -c", f"echo asked >> {log}; echo 7", once=True)
    run([Stage("three", [[command("test 7 =", text(number))] for _ in range(3)])])
    assert log.read_text().count("asked") == 1
