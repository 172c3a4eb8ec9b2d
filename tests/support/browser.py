"""A real browser, headless: Debian's Chromium, driven by Selenium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from programs import need

_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # which root can't have
    "--disable-dev-shm-usage",  # containers have little of it
    "--hide-scrollbars",
    "--force-prefers-reduced-motion",  # nothing moves while it is clicked
    "--force-color-profile=srgb",
)


@contextmanager
def opened_browser() -> Iterator[Chrome]:
    """A browser that remembers what it asks of the network, and what its console says."""
    need("chromium", "chromedriver")
    options = ChromeOptions()
    for argument in _ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = Chrome(options, ChromeService("/usr/bin/chromedriver"))
    try:
        yield browser
    finally:
        browser.quit()


def requests_of(browser: Chrome) -> list[str]:
    """The addresses that were asked for since the last call, pages included."""
    events = [json.loads(message)["message"] for message in _log(browser, "performance")]
    sent = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
    return [each["request"]["url"] for each in sent]


def complaints_of(browser: Chrome) -> list[str]:
    """What the console has said since the last call: errors, and what a policy has refused."""
    return _log(browser, "browser")


def _log(browser: Chrome, name: str) -> list[str]:
    entries = browser.get_log(name)  # type: ignore[no-untyped-call]
    return [entry["message"] for entry in entries]


def open_page(browser: Chrome, text: str, file: Path) -> None:
    """Open a page from disk, as whoever got it by mail would."""
    file.write_text(text, "utf-8")
    browser.get(file.as_uri())


def found(browser: Chrome, selector: str) -> list[WebElement]:
    """The elements that a reader sees."""
    return [e for e in browser.find_elements(By.CSS_SELECTOR, selector) if e.is_displayed()]


def the(browser: Chrome, selector: str) -> WebElement:
    """The first of them."""
    return found(browser, selector)[0]


def open_all(browser: Chrome) -> None:
    """Open whatever can be opened."""
    browser.execute_script("for (const e of document.querySelectorAll('details')) e.open = true")


@contextmanager
def on_phone(browser: Chrome, width: int) -> Iterator[None]:
    """A screen of that many pixels, to be touched."""
    screen = {"width": width, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@contextmanager
def with_scheme(browser: Chrome, scheme: str) -> Iterator[None]:
    """A reader who wants pages ``light`` or ``dark``."""
    wanted = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", wanted)
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
