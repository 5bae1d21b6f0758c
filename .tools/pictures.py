"""The pictures of README.md, made of real runs: ``make pictures`` writes them into ``.pictures/``.

``training.svg`` shows a training in a terminal, in the middle and at its end, drawn by the parts of the
command line that draw it for a person. ``report.png`` is what Chromium shows of that run's report.
"""

from __future__ import annotations

import base64
import io
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

import nnbabysit
from nnbabysit.cli.live.train_dashboard import Dashboard
from nnbabysit.cli.render.output import drawn, hanging
from nnbabysit.cli.render.result import Settings, result_lines
from nnbabysit.core.report.page.page import write_page
from tests.core.report.browser import CHROMIUM, DRIVER, Browser, open_browser

if TYPE_CHECKING:
    from nnbabysit.core.record.events import Event

FOLDER = Path(__file__).resolve().parents[1] / ".pictures"
COMMAND = "nnbabysit train digits -S optimizer.lr=1"
SET = {"optimizer.lr": 1.0}
WIDTH, MIDDLE = 104, 8
"""Columns of the terminal, and the epoch in which it is looked at."""
SHOWN, HEIGHT = 980, 1000
"""Pixels of the report's page that are shown."""
THEME = TerminalTheme(
    (24, 26, 31),
    (208, 212, 220),
    [
        (24, 26, 31),
        (224, 108, 117),
        (120, 190, 110),
        (220, 185, 110),
        (97, 160, 230),
        (190, 130, 210),
        (86, 182, 194),
        (208, 212, 220),
    ],
)
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>A training in a terminal: in its middle, and its result</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
<rect fill="#181a1f" x="-14" y="22" width="100%" height="100%" rx="8"/>
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's own loads a font from a server; here the reader's monospace font is used."""


def make_pictures() -> None:
    """Train once and write both pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder))


def _write(folder: Path) -> None:
    dashboard, console = Dashboard(), new_console()

    def look(event: Event) -> None:
        dashboard.take(event)
        if event.kind == "epoch" and event.fields["epoch"] == MIDDLE:
            console.print(dashboard.draw())

    console.print(Text.assemble(("$ ", "dim"), (COMMAND, "bold")))
    result = nnbabysit.train(config="digits", set=SET, runs_dir=folder / "runs", on_event=look)
    console.print(Text("\n… and when it has ended:\n", style="dim"))
    for table in result.tables:
        console.print(drawn(table))
    settings = Settings(value=SET.get, locate=lambda key: "--set")
    for line in result_lines(result, settings):
        if not line or line[0].text.split() not in (["run"], ["next"]):
            console.print(
                hanging(line) or Text.assemble(*((span.text, span.style) for span in line)), soft_wrap=True
            )
    svg = console.export_svg(theme=THEME, code_format=SVG, unique_id="t")
    (FOLDER / "training.svg").write_text(with_margins(svg), encoding="utf-8")
    page = write_page([Path(result.run_dir)], folder / "report.html")
    if CHROMIUM is None or DRIVER is None:
        sys.exit("report.png needs Chromium and chromedriver")
    with open_browser(folder / "profile") as browser:
        _photograph(browser, page)


def with_margins(svg: str) -> str:
    """As wide a margin on all sides; Rich leaves room for the bar of a window above and little beside."""
    width, height = (float(size) for size in re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)[0])
    return re.sub(r'viewBox="[^"]+"', f'viewBox="-14 22 {width + 14:g} {height - 8:g}"', svg, count=1)


def _photograph(browser: Browser, page: Path) -> None:
    """The upper part of the page, in its light theme."""
    driver = browser.driver
    size = {"width": SHOWN, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": "light"}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    driver.get(page.as_uri())
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": False})
    (FOLDER / "report.png").write_bytes(base64.b64decode(shot["data"]))


def new_console() -> Console:
    """A terminal that is written down."""
    return Console(
        record=True,
        width=WIDTH,
        file=io.StringIO(),
        force_terminal=True,
        markup=False,
        highlight=False,
        emoji=False,
    )


if __name__ == "__main__":
    make_pictures()
