"""Two pages, and a browser to open them in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome

from browser import complaints_of, open_page, opened_browser, requests_of
from find_libdeps.output.audit_alerts import audit_alerts
from find_libdeps.output.formats import Format, render_alerts
from pages import FIFTY, audit_with_fifty_findings, list_page_of, pyside6_report


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    """One browser for all pages of a module: other tests look for processes that are left."""
    with opened_browser() as browser:
        yield browser


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
