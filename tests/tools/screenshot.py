"""Takes the picture of a page that the README shows; its argument is the file."""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

from browser import open_page, opened_browser, with_scheme
from pages import list_page_of, pyside6_report

SCREEN = {"width": 1120, "height": 1250, "deviceScaleFactor": 1, "mobile": False}


def main(picture: Path) -> None:
    """Open the page of PySide6, with one package open, and write what is seen."""
    with tempfile.TemporaryDirectory() as folder, opened_browser() as browser:
        text = list_page_of(pyside6_report(Path(folder)))
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", SCREEN)
        with with_scheme(browser, "light"):
            open_page(browser, text, Path(folder) / "page.html")
            browser.execute_script("document.getElementById('package-libgtk-3-0t64').open = true")
            taken = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    picture.write_bytes(base64.b64decode(taken["data"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
