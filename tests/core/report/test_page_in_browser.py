"""The pages in a real Chromium, at each width and theme: nothing overflows, runs or is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nnbabysit.core.report.page.page import write_page

from .browser import CHROMIUM, DRIVER, Browser, open_browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM or not DRIVER, reason="Chromium or its driver is not installed"),
]
PAGES = ("train", "diverged", "sanity", "tiny", "search", "babysit", "hostile", "comparison")
GROUNDS = {"light": "rgb(246, 246, 243)", "dark": "rgb(19, 21, 24)"}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    pytest.importorskip("selenium")
    with open_browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The page of the run that the test's parameter names."""
    names = ("train", "slow", "diverged") if request.param == "comparison" else (request.param,)
    return write_page([request.getfixturevalue(name) for name in names], tmp_path / f"{request.param}.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("page", PAGES, indirect=True)
def test_a_page_fits_runs_nothing_and_asks_for_nothing(
    page: Path, width: int, scheme: str, browser: Browser, tmp_path: Path
) -> None:
    picture = tmp_path / f"{page.stem}-{width}-{scheme}.png"
    seen = browser.look(page, width=width, scheme=scheme, picture=picture)
    assert (seen.inner_width, seen.scroll_width) == (width, width)
    assert seen.outside == []
    assert seen.cut == []
    assert seen.console == []
    assert seen.requests[0] == page.as_uri()
    assert all(url.startswith("data:image/") for url in seen.requests[1:])
    assert seen.ground == GROUNDS[scheme]
    assert picture.stat().st_size > 10_000


def test_the_checks_of_this_file_can_fail(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        "<body><div style='width: 2000px'>wide</div><script>console.error('no')</script>"
        "<img src='http://127.0.0.1:9/x.png'><svg width=50 height=9><text x=30>cut off here</text></svg>"
    )
    seen = browser.look(page, width=400, scheme="light", picture=tmp_path / "bad.png")
    assert seen.scroll_width > 400
    assert seen.outside
    assert seen.cut
    assert len(seen.console) >= 2
    assert "http://127.0.0.1:9/x.png" in seen.requests


@pytest.mark.parametrize("page", ["hostile"], indirect=True)
def test_hostile_texts_come_out_as_texts(page: Path, browser: Browser, tmp_path: Path) -> None:
    browser.look(page, width=1280, scheme="light", picture=tmp_path / "hostile.png")
    ask = browser.driver.execute_script
    assert ask("return document.querySelectorAll('script, iframe, object, [onerror]').length") == 0
    assert browser.driver.title.startswith("diverged: <script>")  # a script would have renamed it
    assert "<script>document.title='owned'</script>" in ask("return document.body.innerText")
    assert "49" not in ask("return document.querySelector('h1').innerText")
    assert "\u202e" not in ask("return document.body.innerText")


@pytest.mark.parametrize("page", ["babysit"], indirect=True)
def test_every_part_is_reached_by_keyboard(page: Path, browser: Browser, tmp_path: Path) -> None:
    """Tab comes to each folded part, box and link, in the order of the page, and Enter unfolds."""
    from selenium.webdriver.common.keys import Keys

    browser.look(page, width=1280, scheme="light", picture=tmp_path / "page.png")
    browser.driver.refresh()
    ask = browser.driver.execute_script
    first = "document.querySelector('details:not([open]) > summary')"
    ask(f"window.folded = {first}")
    for _ in range(30):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        if ask("return document.activeElement === window.folded"):
            break
    else:
        pytest.fail("30 tabs did not reach the first folded part")
    assert ask("return getComputedStyle(document.activeElement).outlineStyle") != "none"
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert ask("return document.activeElement.parentElement.open")
