"""``export`` as it is typed, and its files as another program reads them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from nnbabysit.cli.commands.export import ExportFormat
from nnbabysit.core.training.evaluation.load_trained import load_trained
from nnbabysit.core.training.export.formats import FORMATS

from ..program import run_program_as_text
from .conftest import ENVIRONMENT

WITHOUT_US = "import sys; sys.modules['nnbabysit'] = None; folder = sys.argv[1]\n"
ONNX = """
import json, numpy, onnxruntime
samples = numpy.load(f"{folder}/points.npz")["x"]
session = onnxruntime.InferenceSession(f"{folder}/model.onnx")
logits, probabilities = session.run(["logits", "probabilities"], {"samples": samples})
names = json.loads(session.get_modelmeta().custom_metadata_map["nnbabysit"])["class_names"]
print([names[best] for best in probabilities.argmax(1)])
numpy.save(f"{folder}/answer.npy", logits)
"""
PT2 = """
import json, numpy, torch
samples = torch.from_numpy(numpy.load(f"{folder}/points.npz")["x"])
extra = {"nnbabysit.json": ""}
network = torch.export.load(f"{folder}/model.pt2", extra_files=extra).module()
answer = network(samples)
names = json.loads(extra["nnbabysit.json"])["class_names"]
print([names[best] for best in answer["probabilities"].argmax(1)])
numpy.save(f"{folder}/answer.npy", answer["logits"].detach().numpy())
"""
SAFETENSORS = """
import json, numpy, safetensors, torch
samples = torch.from_numpy(numpy.load(f"{folder}/points.npz")["x"])
with safetensors.safe_open(f"{folder}/model.safetensors", "pt") as file:
    t = {name: file.get_tensor(name) for name in file.keys()}
    names = json.loads(file.metadata()["nnbabysit"])["class_names"]
x = (samples.to(t["shift"].dtype) - t["shift"]) / t["divisor"]
hidden = torch.relu(x.float() @ t["model.hidden1.weight"].T + t["model.hidden1.bias"])
logits = hidden @ t["model.output.weight"].T + t["model.output.bias"]
print([names[best] for best in logits.argmax(1)])
numpy.save(f"{folder}/answer.npy", logits.numpy())
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trained run."""
    folder = tmp_path_factory.mktemp("export")
    x = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
    np.savez(folder / "points.npz", x=x, y=np.arange(60) % 3)
    (folder / "small.yaml").write_text(
        "device: cpu\n"
        "data: {source: npz, path: points.npz}\n"
        "model: {name: mlp, args: {hidden: [8]}}\n"
        "training: {epochs: 2, batch_size: 10}\n",
        encoding="utf-8",
    )
    assert typed(folder, "train", "small.yaml", "--name", "small").returncode == 0
    return folder


@pytest.fixture
def trained(folder: Path) -> Iterator[Path]:
    """The trained run, without exports before and after."""
    (run,) = (folder / "runs").glob("*_small_train")
    yield run
    shutil.rmtree(run / "export", ignore_errors=True)


def typed(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line in ``folder``."""
    return run_program_as_text(arguments, folder, {**ENVIRONMENT, **environment})


def test_other_programs_answer_as_the_run_does(folder: Path, trained: Path) -> None:
    """Each in about ten lines, in a process that cannot import nnbabysit."""
    flags = [flag for format in FORMATS for flag in ("--format", format)]
    done = typed(folder, "export", str(trained), *flags)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [f"export: {trained.relative_to(folder)} as pt2, onnx, safetensors"]
    run = load_trained(trained, "cpu")
    x = torch.from_numpy(np.load(folder / "points.npz")["x"])
    with torch.no_grad():
        expected = run.model(run.signature.preprocessing.apply(x))
    names = [run.signature.class_names[best] for best in expected.argmax(1)]
    for format, program in {"onnx": ONNX, "pt2": PT2, "safetensors": SAFETENSORS}.items():
        (trained / "export" / f"model.{format}").rename(folder / f"model.{format}")
        read = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", WITHOUT_US + program, str(folder)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert read.stdout.strip() == str(names), format
        assert np.allclose(np.load(folder / "answer.npy"), expected.numpy(), atol=1e-5), format


def test_json_is_one_document(folder: Path, trained: Path) -> None:
    done = typed(folder, "export", str(trained), "--json", "--output", "net.safetensors")
    document = json.loads(done.stdout)
    assert (done.returncode, document["command"], document["verdict"]) == (0, "export", "pass")
    assert document["run_dir"] == str(trained)
    (entry,) = document["metrics"]["exports"]
    assert (entry["format"], entry["path"]) == ("safetensors", str(folder / "net.safetensors"))
    assert not (trained / "export").exists()


def test_text_names_file_difference_and_verdict(folder: Path, trained: Path) -> None:
    done = typed(folder, "export", str(trained), "--format", "safetensors")
    head, row, *_, verdict, run = [line for line in done.stdout.splitlines() if line]
    assert head.split() == ["format", "difference", "limit", "size", "file"]
    assert row.split()[0] == "safetensors"
    assert row.split()[-1] == "export/model.safetensors"
    assert verdict.startswith("pass: safetensors answered 60 real samples as torch does")
    assert run.split()[0] == "run"


def test_what_cannot_be_traced_leaves_a_traceback_in_a_log(
    folder: Path, trained: Path, tmp_path: Path
) -> None:
    (folder / "deciding.py").write_text(
        "from torch import nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self, in_features, num_outputs):\n"
        "        super().__init__()\n"
        "        self.output = nn.Linear(in_features, num_outputs)\n"
        "    def forward(self, x):\n"
        "        return self.output(x if x.sum() > 0 else -x)\n",
        encoding="utf-8",
    )
    other = typed(folder, "train", "small.yaml", "-S", "model={name: ./deciding.py:Net}", "--json")
    done = typed(folder, "export", json.loads(other.stdout)["run_dir"], TMPDIR=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert "deciding.py:7: torch cannot trace deciding.py:Net for pt2" in error
    assert "--format safetensors" in error
    log = Path(error.rpartition("the traceback is in ")[2].rstrip("."))
    assert "GuardOnDataDependentSymNode" in log.read_text(encoding="utf-8")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nowhere",), "there is no run nowhere"),
        ((".",), "meta.json"),
        (("small", "--format", "gguf"), "'gguf' is not one of"),
        (("small", "--output", "a.pt2", "--format", "pt2", "--format", "onnx"), "--output names one file"),
        (("small", "--output", "model.bin"), "has to end in .pt2"),
    ],
)
def test_bad_input_is_one_sentence(
    folder: Path, trained: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    named = [str(trained) if argument == "small" else argument for argument in arguments]
    done = typed(folder, "export", *named)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not (trained / "export").exists()


def test_help_and_mistakes_need_no_torch() -> None:
    program = (
        "import sys\n"
        "from nnbabysit.cli.app import main\n"
        "sys.argv = ['nnbabysit', 'export', *sys.argv[1:]]\n"
        "try:\n    main()\n"
        "finally:\n    print('torch' in sys.modules, 'rich' in sys.modules, 'yaml' in sys.modules)\n"
    )
    for arguments in (["--help"], ["a", "--format", "b"]):
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
        )
        assert done.stdout.splitlines()[-1] == "False False False", done.stderr


def test_the_formats_are_those_of_the_core() -> None:
    assert [format.value for format in ExportFormat] == list(FORMATS)
