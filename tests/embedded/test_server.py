"""script/server: what it takes from the environment, and what it refuses by name."""

import os
import socket
from pathlib import Path

import pytest

from ecomwg.embedded import CannotStart, server, variables
from ecomwg.embedded.runfolder import RunFolder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A fresh `.run/`, in a shell in which none of the portal's variables is set."""
    for name in variables.names(ROOT / ".env.example"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    return RunFolder(tmp_path / ".run")


def test_with_nothing_set_it_is_a_demonstration_on_this_machine(run: RunFolder) -> None:
    environment = server.environment_of(run, os.environ)
    assert environment["DEMONSTRATION"] == "on"
    assert environment["SITE_URL"] == "http://127.0.0.1:8000"
    assert environment["SECRET_KEY"] == run.secret_key()
    assert environment["GROUP_FILE"] == "ecomwg/examples/ecomwg.yaml"
    assert environment["MEDIA_ROOT"] == str(run.path / "media")


def test_what_is_set_wins(run: RunFolder, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from a file\n")
    given = {"PORT": "8123", "SECRET_KEY_FILE": str(secret), "GROUP_FILE": "other.yaml"}
    environment = server.environment_of(run, given)
    assert environment["SITE_URL"] == "http://127.0.0.1:8123"
    assert environment["GROUP_FILE"] == "other.yaml"
    assert "SECRET_KEY" not in environment
    assert variables.value(environment, "SECRET_KEY") == "from a file"


def test_a_portal_in_use_names_all_that_is_missing(run: RunFolder) -> None:
    given = {"DEMONSTRATION": "off", "SITE_URL": "https://portal.example", "SECRET_KEY": "s" * 50}
    with pytest.raises(CannotStart, match=r"^DATABASE_URL, REDIS_URL are not set, and DEMONSTRATION is off"):
        server.environment_of(run, given)


def test_a_portal_in_use_gets_no_example_group(run: RunFolder) -> None:
    given = {"DEMONSTRATION": "off", **dict.fromkeys(variables.REQUIRED, "given")}
    assert "GROUP_FILE" not in server.environment_of(run, given)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"DEMONSTRATION": "perhaps"}, "DEMONSTRATION is 'perhaps'; it must be on or off"),
        ({"PORT": "80x"}, "PORT is '80x'; it must be a whole number"),
        ({"PORT": "70000"}, "PORT is '70000'; it must be a whole number from 1 to 65535"),
        ({"SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY_FILE names /nowhere, which cannot be read"),
    ],
)
def test_a_wrong_setting_is_named(run: RunFolder, given: dict[str, str], complaint: str) -> None:
    with pytest.raises(CannotStart, match=complaint):
        server.environment_of(run, given)


def test_a_port_in_use_is_named_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"Port {port} .* in use .* PORT=\d+ script/server"):
            server.listen({"PORT": str(port)})


def test_the_port_is_held_from_the_start() -> None:
    with server.listen({"PORT": str(free_port())}) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(CannotStart, match="in use"):
            server.listen({"PORT": str(port)})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_second_terminal_gets_the_settings_that_are_listed_and_no_others() -> None:
    listed = variables.names(ROOT / ".env.example")
    assert {*variables.REQUIRED, "DEMONSTRATION", "PORT", "GROUP_FILE"} <= set(listed)
    environment = {"SECRET_KEY": "s", "DATABASE_URL_FILE": "secrets/url", "EDITOR": "vi", "SITE_URL": ""}
    assert variables.given(environment, ROOT / ".env.example") == {
        "SECRET_KEY": "s",
        "DATABASE_URL_FILE": str(Path.cwd() / "secrets/url"),
    }
