"""A real browser looks at a page: how wide it is, what it logs, what it asks the network for."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)
_OUTSIDE = """
const width = document.documentElement.clientWidth, found = [];
for (const e of document.querySelectorAll('body *')) {
  const r = e.getBoundingClientRect();
  if (r.width === 0 || r.height === 0 || e.closest('.box') || e.closest('.skip')) continue;
  if (r.right > width + 1 || r.left < -1) found.push(e.tagName + '.' + e.getAttribute('class'));
}
return found.slice(0, 10);
"""
_CUT = """
return [...document.querySelectorAll('text')].filter(e => {
  const r = e.getBoundingClientRect(), f = e.closest('svg').getBoundingClientRect();
  return r.width && (r.left < f.left - 9 || r.right > f.right + 9);
}).map(e => e.textContent).slice(0, 10);
"""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a browser saw of a page at one width and in one theme."""

    scroll_width: int
    inner_width: int
    outside: list[str]
    cut: list[str]
    console: list[str]
    requests: list[str]
    ground: str


class Browser:
    """One headless Chromium for several pages."""

    def __init__(self, driver: Any) -> None:
        """Use ``open_browser``."""
        self.driver = driver

    def look(self, page: Path, *, width: int, scheme: str, picture: Path) -> Look:
        """Open a page, write a picture of all of it, and say what was seen."""
        driver = self.driver
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        driver.get_log("performance"), driver.get_log("browser")
        driver.get(page.as_uri())
        self.shoot(picture)
        driver.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
        return Look(
            scroll_width=driver.execute_script("return document.documentElement.scrollWidth"),
            inner_width=driver.execute_script("return window.innerWidth"),
            outside=driver.execute_script(_OUTSIDE),
            cut=driver.execute_script(_CUT),
            console=[entry["message"] for entry in driver.get_log("browser")],
            requests=list(self._requests()),
            ground=driver.execute_script("return getComputedStyle(document.body).backgroundColor"),
        )

    def shoot(self, picture: Path) -> None:
        """A picture of the whole page."""
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        picture.write_bytes(base64.b64decode(shot["data"]))

    def _requests(self) -> Iterator[str]:
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                yield message["params"]["request"]["url"].partition(",")[0]


@contextmanager
def open_browser(profile: Path) -> Iterator[Browser]:
    """Start Chromium with a fresh profile; nothing is fetched for it."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    os.environ |= {"SE_OFFLINE": "true", "SE_AVOID_STATS": "true"}
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(service=Service(str(DRIVER)), options=options)
    try:
        yield Browser(driver)
    finally:
        driver.quit()
