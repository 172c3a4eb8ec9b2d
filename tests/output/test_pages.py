"""The pages of `--format html`, in a real browser: searched, clicked, copied, tabbed through."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select

from browser import complaints_of, on_phone, open_page, opened_browser, requests_of, with_scheme
from find_libdeps import Report, audit_root, scan_paths
from find_libdeps.commands.main import main
from find_libdeps.errors import printable
from find_libdeps.output.audit_alerts import audit_alerts
from find_libdeps.output.formats import Format, render_alerts, render_page
from find_libdeps.output.list_alerts import list_alerts
from find_libdeps.output.messages import messages
from find_libdeps.report.document import tool_version
from fixture_roots import root_of, scanned
from hostile_names import MARKUP, NAMES, SITE, TAGS, name_all
from npm import file_of_package
from pages import FIFTY, audit_with_fifty_findings, pyside6_report
from project import FIXTURES
from runner import CliRunner
from small_elf import small_elf
from traced import made

KINDS = "list", "audit"
OPEN_ALL = "for (const each of document.querySelectorAll('details')) each.open = true"
MOST_BYTES = 300_000
"""How large a page may be, which people send by mail."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    """One browser for all pages."""
    with opened_browser() as browser:
        yield browser


def list_page_of(report: Report) -> str:
    """The page of a list."""
    return render_page(report, list_alerts(report, messages(report), None))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The page of PySide6's list, and that of an audit with fifty findings."""
    audit = audit_with_fifty_findings(tmp_path_factory.mktemp("audit"))
    assert len(audit.findings) == FIFTY
    return {
        "list": list_page_of(pyside6_report(tmp_path_factory.mktemp("list"))),
        "audit": render_alerts(audit_alerts(audit, "myapp:latest", verbose=True), Format.HTML),
    }


@pytest.fixture
def opened(browser: Chrome, pages: dict[str, str], tmp_path: Path) -> Any:
    """Opens one of the pages, which must complain of nothing and ask for nothing to the end."""
    file = tmp_path / "page.html"
    complaints_of(browser)
    requests_of(browser)

    def open_(kind: str) -> Chrome:
        open_page(browser, pages[kind], file)
        return browser

    yield open_
    assert complaints_of(browser) == []
    assert set(requests_of(browser)) == {file.as_uri()}


def found(browser: Chrome, selector: str) -> list[WebElement]:
    """The elements that a reader sees."""
    return [e for e in browser.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed()]


def the(browser: Chrome, selector: str) -> WebElement:
    """The first of them."""
    return found(browser, selector)[0]


def names(browser: Chrome) -> list[str]:
    """The packages that are shown."""
    return [element.text for element in found(browser, ".item > summary .name")]


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


def test_packages_are_found_by_who_asks(opened: Any) -> None:
    """The search knows packages, libraries, files and distributions; a path is one, too."""
    browser = opened("list")
    assert the(browser, "output").text == "46 of 46 packages"
    assert names(browser)[:2] == ["libgtk-3-0t64", "libfbclient2"]  # the heaviest
    field = the(browser, "input[type=search]")
    field.send_keys("libgtk-3")
    assert names(browser) == ["libgtk-3-0t64"]
    assert not found(browser, "details[open]")
    field.clear()
    field.send_keys("PySide6/Qt/plugins/platformthemes/libqgtk3.so libpango-1")
    assert names(browser) == ["libpango-1.0-0"]
    assert [each.text for each in found(browser, ".files code")] == ["libqgtk3.so"]
    assert the(browser, "output").text == "1 of 46 packages"
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("adwaita-icon-theme")  # which another package brings
    assert names(browser) == ["libgtk-3-0t64"]
    assert "adwaita-icon-theme (13.9 MB)" in the(browser, "details[open] .brings").text
    field.send_keys(" no such thing")
    assert names(browser) == []
    assert the(browser, "output").text == "0 of 46 packages"
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(Keys.DELETE)
    assert len(names(browser)) == 46
    assert not found(browser, "details[open]")


def test_roles_and_distributions_filter(opened: Any) -> None:
    """What no plugin asks for goes with its box; a distribution shows what it asks for."""
    browser = opened("list")
    required = the(browser, "input[value=required]")
    plugin = the(browser, "input[value=plugin]")
    plugin.click()
    needed = names(browser)
    assert "libgl1" in needed
    assert "libgtk-3-0t64" not in needed
    required.click()
    assert names(browser) == []
    plugin.click()
    required.click()
    shiboken = the(browser, ".asking button[data-by='1']")
    assert shiboken.text.startswith("shiboken6 6.12.0")
    shiboken.click()
    assert names(browser) == ["libstdc++6"]
    assert shiboken.get_attribute("aria-pressed") == "true"
    shiboken.click()
    assert len(names(browser)) == 46
    assert shiboken.get_attribute("aria-pressed") == "false"


def test_package_tells_who_asks_when_it_is_clicked(opened: Any) -> None:
    """Its library, the distribution, the directory and the files."""
    browser = opened("list")
    package = browser.find_element(By.ID, "package-libgtk-3-0t64")
    package.find_element(By.TAG_NAME, "summary").click()
    assert [each.text for each in found(browser, "#package-libgtk-3-0t64 h3")] == [
        "libgdk-3.so.0",
        "libgtk-3.so.0",
    ]
    assert "PySide6_Essentials 6.12.0 plugin 1 file" in package.text
    assert "PySide6/Qt/plugins/platformthemes/" in package.text
    assert package.text.count("libqgtk3.so") == 2


def test_what_several_bring_is_told(opened: Any) -> None:
    """No package is to blame for it alone: it stands first, as long as all packages are shown."""
    browser = opened("list")
    summary = the(browser, ".shared > summary")
    assert summary.text.split("\n") == ["shared by several", "207.6 MB"]
    summary.click()
    first = the(browser, ".shared h3").text
    assert first == "203.6 MB brought by libegl1, libgbm1, libgl1"
    assert "libllvm19 (130.9 MB)" in the(browser, ".shared .brings").text
    the(browser, "input[type=search]").send_keys("libgl1")
    assert found(browser, ".shared") == []


def test_pointing_lights_what_belongs_together(opened: Any) -> None:
    """A distribution its packages, a package its distributions."""
    browser = opened("list")
    shiboken = the(browser, ".asking button[data-by='1']")
    ActionChains(browser).move_to_element(shiboken).perform()
    assert [e.get_attribute("id") for e in found(browser, ".item.lit")] == ["package-libstdc++6"]
    ActionChains(browser).move_to_element(the(browser, "#package-libgl1 summary")).perform()
    assert [e.text.split()[0] for e in found(browser, "button.lit")] == ["PySide6_Essentials"]
    ActionChains(browser).move_to_element(the(browser, "h1")).perform()
    assert found(browser, ".lit, .dim") == []


def test_packages_are_sorted(opened: Any) -> None:
    """By weight, by name, and by how many files ask."""
    browser = opened("list")
    by_weight = names(browser)
    order = Select(the(browser, "select"))
    order.select_by_visible_text("by name")
    assert names(browser) == sorted(by_weight)
    order.select_by_visible_text("by files that ask")
    assert names(browser)[0] == "libstdc++6"
    order.select_by_visible_text("by weight")
    assert names(browser) == by_weight


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


def test_remedy_of_each_finding_is_copied(opened: Any) -> None:
    """Each finding has its own."""
    browser = opened("audit")
    field = the(browser, "input[type=search]")
    field.send_keys("libmagic")
    (card,) = found(browser, ".finding")
    card.find_element(By.CSS_SELECTOR, "button.copy").click()
    field.clear()
    field.send_keys(Keys.CONTROL, "v")
    assert field.get_property("value") == "apt-install libmagic1t64"


def test_findings_are_searched_and_filtered(opened: Any) -> None:
    """By their text, their files and their kinds; accepted ones are a kind of their own."""
    browser = opened("audit")
    count = the(browser, "output")
    assert count.text == "50 of 50 findings"
    for box in found(browser, "input[type=checkbox]"):
        if box.get_attribute("value") != "accepted":
            box.click()
    accepted = [each.text for each in found(browser, ".finding")]
    assert [text.split("\n")[:2] for text in accepted] == [
        [
            "accepted",
            "libclntsh.so.23.1: the loader finds no file of that name, and no package has it",
        ],
        ["accepted", "libcups.so.2: the loader finds no file of that name"],
    ]
    assert "accepted: the image of production has Oracle's client (until 2027-06-30)" in accepted[0]
    the(browser, "input[value=error]").click()
    the(browser, "input[type=search]").send_keys("gui/parts/_part3")
    assert count.text == "1 of 50 findings"
    assert "libGL.so.1" in the(browser, ".finding h3").text


FOCUSED = """
    const {tagName, textContent, type, value, ariaLabel} = document.activeElement;
    const {outlineStyle, outlineWidth} = getComputedStyle(document.activeElement);
    const name = type === "checkbox" ? value : ariaLabel ?? textContent.split(":")[0];
    return [tagName.toLowerCase(), name, outlineStyle !== "none" && parseFloat(outlineWidth) >= 2];
"""


def test_tab_goes_through_in_reading_order(opened: Any) -> None:
    """Each control is reached, in the order in which it stands, and shows that it is."""
    browser = opened("list")
    visited = []
    for _ in range(9):
        ActionChains(browser).send_keys(Keys.TAB).perform()
        visited.append(browser.execute_script(FOCUSED))
    assert all(is_outlined for _, _, is_outlined in visited)
    assert [(tag, name[:17]) for tag, name, _ in visited[:5]] == [
        ("button", "Copy"),
        ("input", "Search packages"),
        ("input", "required"),
        ("input", "plugin"),
        ("select", "by weightby nameb"),
    ]
    assert [tag for tag, _, _ in visited[5:]] == ["button", "button", "summary", "summary"]
    ActionChains(browser).send_keys(Keys.ENTER).perform()
    assert found(browser, "details[open] .name")[0].text == "libgtk-3-0t64"


@pytest.mark.parametrize("kind", KINDS)
def test_phone_scrolls_in_one_direction(opened: Any, kind: str) -> None:
    """All fits into 360 pixels, even with everything open."""
    browser = opened(kind)
    with on_phone(browser, 360):
        browser.execute_script(OPEN_ALL)
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
            assert len(names(browser)) == 46
        else:
            assert len(found(browser, ".finding")) == FIFTY
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_page_says_what_is_expected(browser: Chrome, tmp_path: Path) -> None:
    """All that a reader can read of a small page, with everything open."""
    report = scanned(root_of("scan/distributions", tmp_path))
    open_page(browser, list_page_of(report), tmp_path / "page.html")
    browser.execute_script(OPEN_ALL)
    told = the(browser, "body").text.replace(tool_version(), "VERSION") + "\n"
    expected = FIXTURES / "pages" / "distributions.txt"
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_text(told)
    assert told == expected.read_text()


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
        browser.execute_script(OPEN_ALL)
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
        browser.execute_script(OPEN_ALL)
        browser.execute_script(axe)
        run = "const done = arguments[0]; axe.run().then(result => done(result.violations), done)"
        violations = browser.execute_async_script(run)
    assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []
