"""The page as text: what is in it, in which order, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from nnbabysit.core.errors import RunError
from nnbabysit.core.report.page import page as pages
from nnbabysit.core.report.page.page import write_page

from .conftest import LONG

TAGS_WITHOUT_END = {"meta", "link", "img", "br"}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


class Reader(HTMLParser):
    """Tags, attributes and texts of a page; tags must be closed in their order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.tags.append((tag, dict(attrs)))
        if tag not in TAGS_WITHOUT_END:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data.strip())


def written(run: Path, folder: Path) -> str:
    return write_page([run], folder / "page.html").read_text(encoding="utf-8")


RUNS = ["train", "slow", "diverged", "sanity", "tiny", "search", "babysit", "hostile"]


@pytest.mark.parametrize("name", RUNS)
def test_a_page_loads_and_runs_nothing(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    reader = Reader(written(request.getfixturevalue(name), tmp_path))
    assert {tag for tag, _ in reader.tags} & {"script", "iframe", "object", "embed", "form", "base"} == set()
    for tag, attributes in reader.tags:
        assert not [key for key in attributes if key.startswith("on")]
        assert (attributes.get("src") or "data:image/").startswith("data:image/")
        if "href" in attributes:
            assert re.match(r"(data:,|#main|(\.\./)*[^:/]+/.*report\.html)$", attributes["href"] or ""), (
                tag,
                attributes,
            )
    policies = [a["content"] for tag, a in reader.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [POLICY]


def test_the_verdict_comes_first_then_the_findings(slow: Path, tmp_path: Path) -> None:
    slow = Path(shutil.copytree(slow, tmp_path / "run"))
    result = json.loads((slow / "result.json").read_text())
    result["findings"][0]["patch"] = {"regularization.l2": 0.001}
    (slow / "result.json").write_text(json.dumps(result))
    texts = [text for text in Reader(written(slow, tmp_path)).texts if text]
    signals = "Update ratios, gradients and activations"
    parts = (
        "fail",
        "Findings",
        "Cause",
        "Remedy",
        "Change",
        "Loss and accuracy",
        signals,
        "Config",
        "Environment",
    )
    order = [texts.index(text) for text in parts]
    assert order == sorted(order)
    finding = json.loads((slow / "result.json").read_text())["findings"][0]
    assert {finding["symptom"], finding["cause"], finding["remedy"]} <= set(texts)
    assert "1e-05" in texts
    assert texts.index("optimizer.lr") > order[-2]


def test_hostile_texts_are_escaped_and_visible(hostile: Path, tmp_path: Path) -> None:
    page = written(hostile, tmp_path)
    assert "<script" not in page
    assert "&lt;script&gt;document.title=&#39;owned&#39;&lt;/script&gt;" in page
    assert LONG in page
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\ud800-\udfff]", page)
    assert "{{ 7*7 }}" in page
    assert "/etc/hostname" not in page
    hostname = Path("/etc/hostname")
    assert not hostname.exists() or page.count("data:image/") == 1


def test_a_babysit_page_holds_its_steps_with_their_links(babysit: Path) -> None:
    reader = Reader(written(babysit, babysit))
    links = [a["href"] or "" for tag, a in reader.tags if tag == "a" and a.get("href") != "#main"]
    assert len(links) == 6
    assert all((babysit / link).is_file() for link in links)
    assert {"data", "sanity", "overfit-tiny", "search --coarse", "search --fine", "train"} <= set(
        reader.texts
    )


def test_a_moved_folder_of_runs_keeps_its_steps(babysit: Path, tmp_path: Path) -> None:
    shutil.copytree(babysit.parent, tmp_path / "moved", symlinks=True)
    for path in (tmp_path / "moved" / babysit.name).glob("result.json"):
        path.write_text(path.read_text().replace(str(babysit.parent), "/nowhere/runs"))
    page = written(tmp_path / "moved" / babysit.name, tmp_path)
    assert "no longer there" not in page
    shutil.rmtree(next((tmp_path / "moved").glob("*_data")))
    assert written(tmp_path / "moved" / babysit.name, tmp_path).count("no longer there") == 1


def test_a_run_that_crashed_or_was_interrupted_can_be_reported(train: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(train, run)
    (run / "result.json").unlink()
    meta = json.loads((run / "meta.json").read_text())
    for code, words in (
        (None, "ended without a word"),
        (130, "interrupted by Ctrl-C"),
        (1, "with exit code 1"),
    ):
        (run / "meta.json").write_text(json.dumps({**meta, "exit_code": code}))
        page = written(run, tmp_path)
        assert words in page
        assert "Loss per sample" in page


def test_the_same_run_gives_the_same_page(train: Path, tmp_path: Path) -> None:
    assert written(train, tmp_path) == written(train, tmp_path)


@pytest.mark.parametrize(
    ("file", "text"),
    [("result.json", "{"), ("result.json", "[]"), ("result.json", '{"findings": [1]}'),
     ("result.json", '{"tables": [{"title": "", "columns": ["a"], "rows": [["1", "2"]]}]}'),
     ("metrics.jsonl", "no\n{}\n"), ("meta.json", "{}"), ("config.yaml", "\x00")],
)  # fmt: skip
def test_a_damaged_run_is_refused_in_words(train: Path, tmp_path: Path, file: str, text: str) -> None:
    run = tmp_path / "run"
    shutil.copytree(train, run)
    (run / file).write_text(text)
    with pytest.raises(RunError, match="damaged"):
        written(run, tmp_path)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no run directory: it has no meta.json"):
        written(tmp_path, tmp_path)
    assert not (tmp_path / "page.html").exists()


def test_a_file_of_the_users_is_never_overwritten(train: Path, tmp_path: Path) -> None:
    mine = tmp_path / "page.html"
    mine.write_text("<p>mine</p>")
    with pytest.raises(RunError, match="not a report"):
        written(train, tmp_path)
    assert mine.read_text() == "<p>mine</p>"
    mine.unlink()
    mine.mkdir()
    with pytest.raises(RunError, match="not a file"):
        written(train, tmp_path)


def test_old_pages_are_replaced(train: Path, tmp_path: Path) -> None:
    first = write_page([train], tmp_path / "page.html")
    first.write_text(first.read_text() + "<!-- old -->")
    assert "old" not in written(train, tmp_path).splitlines()[-1]


def test_colors_have_enough_contrast() -> None:
    """WCAG 2.1 AA: 4.5:1 for text, 3:1 for lines, in both themes."""
    css = (Path(pages.__file__).parents[1] / "templates" / "page.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2]
    for block in blocks:
        colors = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block))
        assert len(colors) > 25
        for ground in ("ground", "card", "sunk"):
            for text in ("ink", "soft", "link"):
                assert contrast(colors[text], colors[ground]) >= 4.5, (text, ground)
        for name in ("pass", "fail", "warning", "info"):
            assert contrast(colors[name], colors[f"{name}-ground"]) >= 4.5, name
        for line in (*(f"s{i}" for i in range(8)), *(f"r{i}" for i in range(1, 6))):
            assert min(contrast(colors[line], colors[g]) for g in ("card", "ground")) >= 3, line


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.1 of two colors such as ``#1c1e21``."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_page_is_written_without_torch(train: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from nnbabysit.core.report.page.page import write_page;"
        f"write_page([Path({str(train)!r})], Path({str(tmp_path / 'page.html')!r}));"
        "print([m for m in ('torch', 'numpy', 'matplotlib', 'optuna') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "[]"
