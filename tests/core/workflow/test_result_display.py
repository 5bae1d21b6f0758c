"""A result at a prompt, printed, and in a notebook; hostile names stay harmless."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from nnbabysit.core.diagnosis.engine import Finding
from nnbabysit.core.workflow.result import StepResult, Table, Verdict

HOSTILE = "<script>alert('x')</script>&\x1b[31m\u202e\n"


def result_of(text: str, verdict: Verdict = "fail") -> StepResult:
    finding = Finding(
        id="INI001",
        name="n",
        severity="error",
        symptom=text,
        evidence={},
        cause=text,
        remedy=text,
        patch={"optimizer.lr": 0.01, text: text},
    )
    table = Table(title=text, columns=("layer", text), rows=((text, "1"), ("b", text)))
    return StepResult(
        command="sanity",
        verdict=verdict,
        summary=text,
        run_dir=Path("/runs") / text.replace("/", ""),
        metrics={},
        findings=(finding,),
        tables=(table,),
    )


class Page(HTMLParser):
    """Checks that every tag is closed in order, and keeps what there is."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.attributes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def parsed(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    return page


@pytest.mark.parametrize("verdict", ["pass", "fail", "diverged", "error"])
def test_the_page_is_well_formed_and_holds_everything(verdict: Verdict) -> None:
    page = parsed(result_of("so it is", verdict)._repr_html_())
    text = " ".join(page.texts)
    for part in (verdict, "sanity", "so it is", "INI001", "optimizer.lr: 0.01", "layer", "/runs/so it is"):
        assert part in text
    assert page.tags.count("tr") == 3
    assert page.tags.count("td") == 4


def test_hostile_text_is_shown_and_never_acted_on() -> None:
    html = result_of(HOSTILE)._repr_html_()
    page = parsed(html)
    assert set(page.tags) <= {"div", "p", "b", "ul", "li", "br", "table", "caption", "thead", "tbody"} | {
        "tr",
        "th",
        "td",
        "code",
    }
    assert set(page.attributes) <= {"style"}
    assert "<script>alert('x')</script>&" in "".join(page.texts)
    assert not any(mark in html for mark in "\x1b\u202e\n")
    assert "http" not in html


def test_text_has_tables_findings_and_the_verdict_at_the_end() -> None:
    lines = str(result_of("so it is")).splitlines()
    assert lines[:4] == ["so it is", "layer     so it is", "so it is  1", "b         so it is"]
    assert "error INI001: so it is" in lines
    assert lines[-2:] == ["fail: so it is", "run   /runs/so it is"]
    assert not any(mark in str(result_of(HOSTILE)) for mark in "\x1b\u202e")


def test_the_prompt_shows_one_line() -> None:
    assert repr(result_of("so\nit is")) == "<StepResult sanity: fail, so\\nit is>"


def test_results_without_findings_and_tables_are_short() -> None:
    bare = StepResult(command="train", verdict="pass", summary="ok", run_dir=Path("/r"), metrics={})
    assert str(bare) == "pass: ok\nrun   /r"
    assert parsed(bare._repr_html_()).tags == ["div", "p", "b", "b", "p", "code"]
