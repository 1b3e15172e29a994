"""docker-compose.yml and Dockerfile keep their promises, as far as can be seen without a container engine."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("web", "worker", "beat", "migrate")


def test_the_parts_are_all_there() -> None:
    assert set(SERVICES) == {*OURS, "postgres", "redis"}


@pytest.mark.parametrize("name", SERVICES)
def test_none_runs_as_root_or_can_become_it(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] not in {"", "0", "root"}
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", SERVICES)
def test_each_says_whether_it_is_well(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    if name == "migrate":
        assert check == {"disable": True}
        assert SERVICES[name]["restart"] == "no"
    else:
        assert check["test"][0] in {"CMD", "CMD-SHELL"}


def test_our_parts_share_one_image_and_the_uploads() -> None:
    assert {SERVICES[name]["image"] for name in OURS} == {"ecomwg-portal"}
    for name in OURS:
        assert SERVICES[name]["volumes"] == ["media:/srv/media"]


@pytest.mark.parametrize("name", OURS)
def test_our_commands_name_programs_that_exist(name: str) -> None:
    program, first, *rest = SERVICES[name]["command"]
    assert program == "python"
    if first == "-m":
        assert importlib.util.find_spec(rest[0]) is not None
        assert importlib.util.find_spec("ecomwg") is not None
    else:
        assert (ROOT / first).is_file()
    script = SERVICES[name]["healthcheck"].get("test", [])[2:3]
    assert all((ROOT / path).is_file() for path in script)


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_they_wait_for_the_migrations(name: str) -> None:
    assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", ["web", "worker"])
def test_more_than_one_can_run(name: str) -> None:
    assert "container_name" not in SERVICES[name]
    for port in SERVICES[name].get("ports", []):
        host, first_to_last, _inside = port.split(":")
        assert host == "127.0.0.1"
        first, last = map(int, first_to_last.split("-"))
        assert last - first >= 2


@pytest.mark.parametrize(("name", "folder"), [("postgres", "/var/lib/postgresql"), ("redis", "/data")])
def test_what_the_services_know_outlives_them(name: str, folder: str) -> None:
    volume, place = SERVICES[name]["volumes"][0].split(":")
    assert place == folder
    assert volume in COMPOSE["volumes"]


def test_the_broker_loses_nothing_that_waits() -> None:
    command = SERVICES["redis"]["command"]
    assert command[command.index("--appendonly") + 1] == "yes"
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


def test_the_image_ends_as_an_account_without_rights_and_checks_itself() -> None:
    last_stage = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert "\nUSER portal\n" in last_stage
    assert "\nHEALTHCHECK " in last_stage


def test_only_what_is_needed_goes_into_the_image() -> None:
    first, *exceptions = (ROOT / ".dockerignore").read_text().split()
    assert first == "*"
    kept = {line.removeprefix("!") for line in exceptions if line.startswith("!")}
    assert not kept & {".env", ".run", ".git", "tests"}
    assert all((ROOT / path).exists() for path in kept)
