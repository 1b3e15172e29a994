"""The collection of the web assets of others, on a small made-up package tree."""

import json
from pathlib import Path

import pytest

from ecomwg.embedded import CannotStart, assets

ROOT = Path(__file__).resolve().parents[2]

STYLES = (
    '@font-face{font-family:"Sans";src:url(../fonts/sans/sans.woff2)format("woff2"),'
    'url(../fonts/sans/sans.woff)format("woff"),url(../fonts/sans/sans.ttf) format("truetype")}'
    ".a{background:url('../img/usa-icons/close.svg?v=1')}.b{background:url(data:image/png;base64,AA==)}"
    ".c{clip-path:url(#mask)}\n/*# sourceMappingURL=uswds.min.css.map */\n"
)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    uswds = tmp_path / "node_modules" / "@uswds" / "uswds"
    files = {
        "LICENSE.md": "public domain",
        "dist/css/uswds.min.css": STYLES,
        "dist/css/uswds.min.css.map": "{}",
        "dist/js/uswds.min.js": "run()\n//# sourceMappingURL=uswds.min.js.map",
        "dist/js/uswds-init.min.js": "init()",
        "dist/fonts/sans/sans.woff2": "font",
        "dist/fonts/sans/sans.woff": "old font",
        "dist/fonts/sans/sans.ttf": "older font",
        "dist/img/usa-icons/close.svg": "<svg/>",
        "dist/img/usa-icons/never-used.svg": "<svg/>",
        "dist/img/sprite.svg": "<svg/>",
        "dist/img/us_flag_small.png": "png",
        "dist/img/icon-dot-gov.svg": "<svg/>",
        "dist/img/icon-https.svg": "<svg/>",
        "dist/scss/theme.scss": "",
    }
    for name, text in files.items():
        (uswds / name).parent.mkdir(parents=True, exist_ok=True)
        (uswds / name).write_text(text)
    htmx = tmp_path / "node_modules" / "htmx.org"
    (htmx / "dist").mkdir(parents=True)
    (htmx / "dist" / "htmx.min.js").write_text("htmx")
    (htmx / "LICENSE").write_text("0BSD")
    return tmp_path / "node_modules"


def listing(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_only_what_the_pages_use_is_collected(packages: Path, tmp_path: Path) -> None:
    assets.collect(packages, tmp_path / ".assets", mark="m")
    assert listing(tmp_path / ".assets") == {
        ".portal-lock",
        "htmx/LICENSE",
        "htmx/htmx.min.js",
        "uswds/LICENSE.md",
        "uswds/css/uswds.min.css",
        "uswds/fonts/sans/sans.woff2",
        "uswds/img/icon-dot-gov.svg",
        "uswds/img/icon-https.svg",
        "uswds/img/sprite.svg",
        "uswds/img/us_flag_small.png",
        "uswds/img/usa-icons/close.svg",
        "uswds/js/uswds-init.min.js",
        "uswds/js/uswds.min.js",
    }


def test_the_style_sheet_names_only_files_that_are_there(packages: Path, tmp_path: Path) -> None:
    assets.collect(packages, tmp_path / ".assets", mark="m")
    styles = (tmp_path / ".assets" / "uswds" / "css" / "uswds.min.css").read_text()
    assert 'url(../fonts/sans/sans.woff2)format("woff2")}' in styles
    assert "sans.woff)" not in styles
    assert ".ttf" not in styles
    assert "sourceMappingURL" not in styles
    assert "sourceMappingURL" not in (tmp_path / ".assets" / "uswds" / "js" / "uswds.min.js").read_text()


def test_collecting_again_leaves_nothing_of_before(packages: Path, tmp_path: Path) -> None:
    target = tmp_path / ".assets"
    target.mkdir()
    (target / "of-before.css").touch()
    (tmp_path / ".assets.new").mkdir()
    (tmp_path / ".assets.new" / "half.css").touch()
    assets.collect(packages, target, mark="m")
    assert not {"of-before.css", "half.css"} & listing(target)
    assert not (tmp_path / ".assets.new").exists()


def test_a_package_without_a_needed_file_is_named_and_changes_nothing(packages: Path, tmp_path: Path) -> None:
    assets.collect(packages, tmp_path / ".assets", mark="m")
    (packages / "@uswds" / "uswds" / "dist" / "img" / "usa-icons" / "close.svg").unlink()
    with pytest.raises(CannotStart, match=r"uswds has no file dist/img/usa-icons/close\.svg"):
        assets.collect(packages, tmp_path / ".assets", mark="m2")
    assert (tmp_path / ".assets" / ".portal-lock").read_text() == "m"


def test_it_is_done_once_for_a_lock_and_again_for_another(packages: Path, tmp_path: Path) -> None:
    lock = tmp_path / "package-lock.json"
    lock.write_text("{}")
    stamp = packages / ".portal-lock"
    stamp.write_text(f"pages {assets.lock_mark(tmp_path)}")  # as after npm ci
    assert not assets.is_collected(tmp_path)
    assets.ensure(tmp_path)
    assert assets.is_collected(tmp_path)
    lock.write_text('{"lockfileVersion": 3}')
    assert not assets.is_collected(tmp_path)


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert all("resolved" not in entry for entry in packages.values())
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
