"""The page of an audit in a real browser: searched, filtered, copied."""

from __future__ import annotations

from typing import Any

from selenium.webdriver import Keys
from selenium.webdriver.common.by import By

from browser import found, the


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
