"""Pages in a real browser: what holds of all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By

from browser import (
    complaints_of,
    found,
    on_phone,
    open_all,
    open_page,
    requests_of,
    the,
    with_scheme,
)
from find_libdeps import audit_root, scan_paths
from find_libdeps.commands.main import main
from find_libdeps.errors import printable
from find_libdeps.output.audit_alerts import audit_alerts
from find_libdeps.output.formats import Format, render_alerts
from fixture_roots import root_of
from hostile_names import MARKUP, NAMES, SITE, TAGS, name_all
from npm import file_of_package
from pages import FIFTY, list_page_of
from runner import CliRunner
from small_elf import small_elf
from traced import made

KINDS = "list", "audit"
MOST_BYTES = 300_000
"""How large a page may be, which people send by mail."""


@pytest.mark.parametrize("kind", KINDS)
def test_page_is_small_and_one_file(pages: dict[str, str], opened: Any, kind: str) -> None:
    """It asks for nothing, and its policy would refuse it."""
    browser = opened(kind)
    assert len(pages[kind].encode()) < MOST_BYTES
    assert browser.title in ("What /venv needs", "find-libdeps audit myapp:latest")
    policy = the_policy(browser)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def the_policy(browser: Chrome) -> str:
    """The content security policy of a page."""
    script = "return document.querySelector('meta[http-equiv]').content"
    return str(browser.execute_script(script))


@pytest.mark.parametrize("kind", KINDS)
def test_button_copies_the_command(opened: Any, kind: str) -> None:
    """What is shown beside it gets into the clipboard, by a click or by the keyboard."""
    browser = opened(kind)
    shown = the(browser, ".paste code").text.replace("\n", " ")
    the(browser, "button.copy").send_keys(Keys.ENTER)
    assert browser.find_element(By.ID, "told").get_attribute("textContent") == "Copied"
    field = the(browser, "input[type=search]")
    field.send_keys(Keys.CONTROL, "v")
    assert field.get_property("value") == shown
    assert shown.startswith({"list": "apt-get install", "audit": "apt-install "}[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_phone_scrolls_in_one_direction(opened: Any, kind: str) -> None:
    """All fits into 360 pixels, even with everything open."""
    browser = opened(kind)
    with on_phone(browser, 360):
        open_all(browser)
        wide = browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= 360


@pytest.mark.parametrize("kind", KINDS)
def test_all_is_there_without_the_script(
    browser: Chrome, pages: dict[str, str], tmp_path: Path, kind: str
) -> None:
    """No control shows that would do nothing; every package and finding does."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        open_page(browser, pages[kind], tmp_path / "page.html")
        assert found(browser, "input, select, button.copy") == []
        if kind == "list":
            assert len(found(browser, ".item > summary .name")) == 46
        else:
            assert len(found(browser, ".finding")) == FIFTY
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_commands_write_pages(tmp_path: Path) -> None:
    """To stdout or into a file, with the exit status of other formats; --check takes none."""
    root, file = root_of("scan/missing_required", tmp_path), tmp_path / "page.html"
    for command in (["--root", str(root), "/venv"], ["audit", str(root)]):
        done = CliRunner().invoke(main, [*command, "-f", "html", "--also", f"html={file}"])
        assert done.exit_code == 1
        assert done.stdout.startswith("<!doctype html>")
        assert "libGL.so.1" in done.stdout
        assert done.stdout == file.read_text()
    compared = ["--check", str(file), "-f", "html", "--root", str(root), "/venv"]
    done = CliRunner().invoke(main, compared)
    assert done.exit_code == 2
    assert "--format html tells no difference" in done.stderr


ELEMENTS = {
    *("html", "head", "meta", "title", "style", "script", "body", "header", "main", "footer"),
    *("section", "article", "details", "summary", "div", "span", "p", "h1", "h2", "h3", "dl", "dt"),
    *("dd", "ul", "li", "code", "pre", "small", "a", "svg", "rect", "button", "input", "select"),
    *("option", "label", "fieldset", "legend", "output"),
}
ATTRIBUTES = {
    *("lang", "charset", "name", "content", "http-equiv", "class", "id", "href", "hidden", "type"),
    *("role", "value", "checked", "placeholder", "autocomplete", "viewBox", "preserveAspectRatio"),
    *("width", "height", "open"),
}
"""What pages are made of, beside ``aria-`` and ``data-``."""
INVENTORY = """
    const all = [...document.querySelectorAll("*")];
    return [
        [...new Set(all.map(e => e.localName))],
        [...new Set(all.flatMap(e => e.getAttributeNames()))],
        all.filter(e => ["script", "style", "title"].includes(e.localName)).length,
        document.title,
        document.body.innerText,
    ];
"""


def test_names_are_text(browser: Chrome, tmp_path: Path) -> None:
    """No name is an element, an attribute, or a character that changes the order of others."""
    root = made("release 12\nvenv /venv\n", tmp_path)
    asked = [f"{name}.so.1" for name in (*NAMES, *MARKUP, *TAGS)]
    for name in (*NAMES, *MARKUP, *TAGS):
        if "/" not in name:
            name_all(root, name)
    slashes = small_elf([each for each in asked if "/" in each])
    (root / SITE / "_slashes.abi3.so").write_bytes(slashes)
    title = "</title></style><script>alert(1)</script>\u202e"
    report = scan_paths(["/venv"], root=root)
    alerts = audit_alerts(audit_root(root), title, verbose=True)
    file = tmp_path / "page.html"
    complaints_of(browser)
    requests_of(browser)
    for text in (list_page_of(report), render_alerts(alerts, Format.HTML)):
        open_page(browser, text, file)
        open_all(browser)
        elements, attributes, single, shown, body = browser.execute_script(INVENTORY)
        assert set(elements) <= ELEMENTS
        foreign = {name for name in attributes if not name.startswith(("aria-", "data-"))}
        assert foreign <= ATTRIBUTES
        assert single == 3
        assert shown.startswith(("What /venv needs", f"find-libdeps audit {printable(title)}"))
        assert all(line.isprintable() for line in body.splitlines())
        words = " ".join(body.split())
        assert [a for a in asked if " ".join(printable(a).split()) not in words] == []
        assert complaints_of(browser) == []
        assert set(requests_of(browser)) == {file.as_uri()}


@pytest.mark.thorough
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing(opened: Any, tmp_path: Path, kind: str, scheme: str) -> None:
    """Deque's axe looks at contrast, names, roles and order, with everything open."""
    axe = file_of_package("axe-core@4", "axe.min.js", tmp_path).read_text()
    browser = opened(kind)
    with with_scheme(browser, scheme):
        open_all(browser)
        browser.execute_script(axe)
        run = "const done = arguments[0]; axe.run().then(result => done(result.violations), done)"
        violations = browser.execute_async_script(run)
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []
