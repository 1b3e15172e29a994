"""script/test: every check is run, and none that failed is forgotten."""

import sys

import pytest

from tests import run


def step(name: str, code: str) -> run.Step:
    return run.Step(name, [sys.executable, "-c", code], {})


def test_checks_go_on_after_one_that_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = [step("first", "exit('what is wrong')"), step("second", "pass")]
    monkeypatch.setattr(run, "checks", lambda: steps)
    assert run.run_checks() == ["first"]
    printed = capsys.readouterr().out
    assert "what is wrong" in printed
    assert [line.split()[:2] for line in printed.splitlines()[-2:]] == [["first", "FAILED"], ["second", "ok"]]


def test_a_failed_check_fails_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "checks", lambda: [step("first", "exit(1)")])
    assert run.main(["--lint"]) == 1
    monkeypatch.setattr(run, "checks", lambda: [step("first", "pass")])
    assert run.main(["--lint"]) == 0
