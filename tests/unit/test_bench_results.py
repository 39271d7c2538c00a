"""A benchmark that was interrupted goes on where it was."""

from pathlib import Path

import pytest

from tests.bench.results import Results

RUN = {"chosen": {"listings": 5}, "code": "a"}


def refuse() -> None:
    raise AssertionError("measured again")


def test_a_run_that_was_interrupted_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    first = Results(path, RUN)
    first.part("feed", lambda: {"reads": 4})
    with pytest.raises(KeyboardInterrupt):
        first.part("auth", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    second = Results(path, RUN)
    assert second.part("feed", refuse) == {"reads": 4}
    assert second.part("auth", lambda: 1) == 1


@pytest.mark.parametrize("other", [{"code": "b"}, {"chosen": {"listings": 6}}])
def test_figures_of_other_code_or_sizes_are_not_taken_over(tmp_path: Path, other: dict[str, object]) -> None:
    Results(tmp_path / "result.json", RUN).part("feed", lambda: 1)
    assert Results(tmp_path / "result.json", RUN | other).part("feed", lambda: 2) == 2


def test_after_a_whole_run_the_next_one_begins_anew(tmp_path: Path) -> None:
    results = Results(tmp_path / "result.json", RUN)
    results.part("feed", lambda: 1)
    results.finish()
    assert Results(tmp_path / "result.json", RUN).part("feed", lambda: 2) == 2
