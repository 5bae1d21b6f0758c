"""The files that a trained network is exported to, and how each is asked again.

===============  ========================================  ==================================================
format           holds                                     read by
===============  ========================================  ==================================================
``pt2``          graph, weights and preprocessing          ``torch.export.load`` and what builds on it
``onnx``         graph, weights and preprocessing          onnxruntime and most other runtimes
``safetensors``  weights and the preprocessing's tensors   safetensors; the network's own code is needed
===============  ========================================  ==================================================

Each also carries its card: JSON that says what goes in and comes out (``core/training/export/metadata.py``).
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

import safetensors.torch
import torch
from torch import Tensor, nn

from nnbabysit.core.errors import UserError
from nnbabysit.core.training.export.deployed import INPUT, Deployed, output_names

Format = Literal["pt2", "onnx", "safetensors"]
FORMATS: tuple[Format, ...] = get_args(Format)
CARD = "nnbabysit"
"""Name of the card: a metadata key of onnx and safetensors, with .json a file inside of pt2."""
Answer = Callable[[Tensor], dict[str, Tensor]]
"""Raw samples (N, ...) to named outputs."""
_EXAMPLES = 3
"""Samples that a graph is traced with; 0 and 1 would be taken for constants."""
_LARGEST_ONNX = 2**31 - 2**24
"""A protobuf message has at most 2 GiB; 16 MiB of it are left for the graph."""


@dataclass(frozen=True, kw_only=True)
class Exportable:
    """What all formats are made of.

    Attributes:
        deployed: The network between its preprocessing and its answers, on the CPU.
        input_shape: Shape of one raw sample.
        dtype: Number type of the raw samples.
        card: JSON text that travels with the file.
        rebuild: Builds the network anew, as another program would, from its code and without its weights.
    """

    deployed: Deployed
    input_shape: tuple[int, ...]
    dtype: torch.dtype
    card: str
    rebuild: Callable[[], nn.Module]


def check_installed(formats: tuple[Format, ...]) -> None:
    """See that the packages are there, before anything is done.

    Raises:
        UserError: onnx is wanted and a package of that extra is missing.
    """
    missing = [name for name in ("onnx", "onnxscript", "onnxruntime") if find_spec(name) is None]
    if "onnx" in formats and missing:
        verb = "is" if len(missing) == 1 else "are"
        raise UserError(
            f"{' and '.join(missing)} {verb} not installed, which --format onnx needs",
            remedy="pip install 'nnbabysit[onnx]'",
        )


def encoded(format: Format, source: Exportable) -> bytes:
    """The content of the file.

    Raises:
        UserError: The network is too large for the format.
        Exception: Whatever the exporters of torch raise for a network that they cannot trace.
    """
    return {"pt2": _pt2, "onnx": _onnx, "safetensors": _safetensors}[format](source)


def reader(format: Format, path: Path, source: Exportable) -> Answer:
    """Read the file as another program would; only safetensors needs the network's code besides."""
    return {"pt2": _read_pt2, "onnx": _read_onnx, "safetensors": _read_safetensors}[format](path, source)


def _pt2(source: Exportable) -> bytes:
    with silenced():
        graph = _traced(source)
        buffer = io.BytesIO()  # torch's own writing to a full disk raises no OSError
        torch.export.save(graph, buffer, extra_files={f"{CARD}.json": source.card})
    return buffer.getvalue()


def _read_pt2(path: Path, _source: Exportable) -> Answer:
    with silenced(), path.open("rb") as file:
        graph = torch.export.load(io.BytesIO(file.read())).module()

    def ask(samples: Tensor) -> dict[str, Tensor]:
        answer: dict[str, Tensor] = graph(samples)
        return answer

    return ask


def _onnx(source: Exportable) -> bytes:
    size = sum(t.numel() * t.element_size() for t in source.deployed.state_dict().values())
    if size > _LARGEST_ONNX:
        raise UserError(
            f"an onnx file holds at most 2 GB, the network has {size / 1e9:.1f} GB",
            remedy="Export it as pt2 or safetensors",
        )
    with silenced():
        program = torch.onnx.export(
            _traced(source),
            dynamo=True,
            verbose=False,
            external_data=False,
            input_names=[INPUT],
            output_names=list(output_names(source.deployed.task)),
            dynamic_shapes={INPUT: {0: "batch"}},
        )
        assert program is not None
        program.model.metadata_props[CARD] = source.card
        program.model.graph.metadata_props.clear()
        for node in program.model.graph.all_nodes():
            node.metadata_props.clear()  # torch's notes, among them paths and lines of the user's code
        content: bytes = program.model_proto.SerializeToString()
    return content


def _read_onnx(path: Path, source: Exportable) -> Answer:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = output_names(source.deployed.task)

    def ask(samples: Tensor) -> dict[str, Tensor]:
        arrays = session.run(list(names), {INPUT: samples.numpy()})
        return {name: torch.from_numpy(array) for name, array in zip(names, arrays, strict=True)}

    return ask


def _safetensors(source: Exportable) -> bytes:
    # cloned: tied weights are written once per name
    tensors = {name: t.detach().contiguous().clone() for name, t in source.deployed.state_dict().items()}
    return safetensors.torch.save(tensors, {"format": "pt", CARD: source.card})


def _read_safetensors(path: Path, source: Exportable) -> Answer:
    with path.open("rb") as file:
        tensors = safetensors.torch.load(file.read())
    fresh = source.deployed.around(source.rebuild())
    fresh.load_state_dict(tensors)

    def ask(samples: Tensor) -> dict[str, Tensor]:
        answer: dict[str, Tensor] = fresh(samples)
        return answer

    return ask


def _traced(source: Exportable) -> torch.export.ExportedProgram:
    # zeros, for the file keeps them: real samples are nobody else's business
    example = torch.zeros((_EXAMPLES, *source.input_shape), dtype=source.dtype)
    batch = torch.export.Dim("batch", min=1)
    graph = torch.export.export(source.deployed, (example,), dynamic_shapes={INPUT: {0: batch}})
    for node in graph.graph.nodes:
        node.meta.pop("stack_trace", None)  # holds paths and lines of the user's code
    return graph


@contextmanager
def silenced() -> Iterator[None]:
    """Keep what torch's exporters print, warn of and log out of sight; errors still come through."""
    disabled = logging.root.manager.disable
    sink = io.StringIO()
    with warnings.catch_warnings(), redirect_stdout(sink), redirect_stderr(sink):
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(disabled)
