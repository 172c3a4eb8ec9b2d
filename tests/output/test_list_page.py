"""The page of a list in a real browser: searched, filtered, clicked, tabbed through."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from browser import found, open_all, open_page, the
from find_libdeps.report.document import tool_version
from fixture_roots import root_of, scanned
from pages import list_page_of
from project import FIXTURES


def names(browser: Chrome) -> list[str]:
    """The packages that are shown."""
    return [element.text for element in found(browser, ".item > summary .name")]


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
    assert "adwaita-icon-theme (14 MB)" in the(browser, "details[open] .brings").text
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
    assert summary.text.split("\n") == ["shared by several", "208 MB"]
    summary.click()
    first = the(browser, ".shared h3").text
    assert first == "204 MB brought by libegl1, libgbm1, libgl1"
    assert "libllvm19 (131 MB)" in the(browser, ".shared .brings").text
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


def test_page_says_what_is_expected(browser: Chrome, tmp_path: Path) -> None:
    """All that a reader can read of a small page, with everything open."""
    report = scanned(root_of("scan/distributions", tmp_path))
    open_page(browser, list_page_of(report), tmp_path / "page.html")
    open_all(browser)
    told = the(browser, "body").text.replace(tool_version(), "VERSION") + "\n"
    expected = FIXTURES / "pages" / "distributions.txt"
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_text(told)
    assert told == expected.read_text()
