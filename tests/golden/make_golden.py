"""Writes the golden files of the readers, and the bundled digits: ``python tests/golden/make_golden.py``.

All of it is reproducible: the same bytes come out each time. The numbers follow simple formulas, so that the
tests can name what they expect.
"""

from __future__ import annotations

import gzip
import io
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

GOLDEN = Path(__file__).parent
DIGITS = GOLDEN.parents[1] / "core" / "data" / "digits.npz"
FASHION = Path("/usr/share/datasets/fashion-mnist")
CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
CIFAR10_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def idx_bytes(values: NDArray[Any]) -> bytes:
    """An array as an idx file."""
    code = CODES[values.dtype.str[1:]]
    header = struct.pack(f">HBB{values.ndim}I", 0, code, values.ndim, *values.shape)
    return header + values.astype(values.dtype.newbyteorder(">")).tobytes()


def idx_images(samples: int, first: int) -> NDArray[np.uint8]:
    """Images (N, 28, 28): each has its number in the first pixel and a ramp below."""
    images = np.zeros((samples, 28, 28), np.uint8)
    images[:, 0, 0] = np.arange(first, first + samples)
    images[:, 1:] = np.arange(27, dtype=np.uint8)[:, None]
    return images


def cifar_pixels(labels: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Rows of 3072 bytes: red = 10 × label, green = sample number, blue = 255."""
    rows = np.zeros((len(labels), 3, 1024), np.uint8)
    rows[:, 0] = 10 * labels[:, None]
    rows[:, 1] = np.arange(len(labels))[:, None]
    rows[:, 2] = 255
    return rows.reshape(len(labels), 3072)


def cifar10_labels(batch: int) -> NDArray[np.int64]:
    """Labels of the 4 samples of a training batch 1 … 5, or of the 10 of the test batch 0."""
    return np.arange(10) if batch == 0 else np.arange(4 * batch - 4, 4 * batch) % 10


def python_two_pickle(value: object) -> bytes:
    """A pickle as Python 2 with NumPy 1 would have written it, as the files of CIFAR's authors were.

    Python 3 writes byte strings in protocol 2 as a call of ``_codecs.encode``, Python 2 wrote BINSTRING.
    """

    def save_bytes(pickler: Any, content: bytes) -> None:
        pickler.write(pickle.BINSTRING + struct.pack("<i", len(content)) + content)
        pickler.memoize(content)

    python_pickler: Any = getattr(pickle, "_Pickler")  # noqa: B009  # the one whose opcodes can be chosen
    two = type(
        "PythonTwoPickler", (python_pickler,), {"dispatch": {**python_pickler.dispatch, bytes: save_bytes}}
    )
    buffer = io.BytesIO()
    two(buffer, protocol=2).dump(value)
    return buffer.getvalue().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


def write_idx(folder: Path, *, gz: bool) -> None:
    """20 training and 10 test images, two classes."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, samples, first in (("train", 20, 0), ("t10k", 10, 100)):
        labels = (np.arange(samples) % 2).astype(np.uint8)
        files = {"images-idx3-ubyte": idx_images(samples, first), "labels-idx1-ubyte": labels}
        for ending, values in files.items():
            content = idx_bytes(values)
            path = folder / f"{name}-{ending}{'.gz' if gz else ''}"
            path.write_bytes(gzip.compress(content, mtime=0) if gz else content)


def write_cifar10_binary(folder: Path) -> None:
    """5 batches of 4 and a test batch of 10."""
    folder.mkdir(parents=True, exist_ok=True)
    for batch in range(6):
        labels = cifar10_labels(batch)
        content = np.column_stack([labels.astype(np.uint8), cifar_pixels(labels)]).tobytes()
        (folder / (f"data_batch_{batch}.bin" if batch else "test_batch.bin")).write_bytes(content)
    (folder / "batches.meta.txt").write_text("\n".join(CIFAR10_NAMES) + "\n\n")


def write_cifar10_python(folder: Path) -> None:
    """The same as pickles of Python 2."""
    folder.mkdir(parents=True, exist_ok=True)
    for batch in range(6):
        labels = cifar10_labels(batch)
        content = {b"data": cifar_pixels(labels), b"labels": [int(label) for label in labels]}
        (folder / (f"data_batch_{batch}" if batch else "test_batch")).write_bytes(python_two_pickle(content))
    meta = {b"label_names": [name.encode() for name in CIFAR10_NAMES], b"num_cases_per_batch": 4}
    (folder / "batches.meta").write_bytes(python_two_pickle(meta))


def write_npz(folder: Path) -> None:
    """Features in one part, and images in three."""
    folder.mkdir(parents=True, exist_ok=True)
    x = np.arange(40, dtype=np.float32).reshape(20, 2)
    np.savez_compressed(folder / "features.npz", x=x, y=np.arange(20) % 2)
    images = np.arange(12 * 3 * 4 * 4, dtype=np.uint8).reshape(12, 3, 4, 4)
    y = np.arange(12) % 3
    parts = {"train": slice(0, 6), "validation": slice(6, 9), "test": slice(9, 12)}
    arrays: dict[str, Any] = {f"x_{name}": images[part] for name, part in parts.items()}
    arrays |= {f"y_{name}": y[part] for name, part in parts.items()}
    np.savez_compressed(folder / "images.npz", **arrays)


def write_iris(folder: Path) -> None:
    """The 150 flowers of Iris as csv with the classes as text, and the same as parquet beside."""
    import pyarrow.csv
    import pyarrow.parquet
    from sklearn.datasets import load_iris

    iris = load_iris()
    lines = ["sepal_length,sepal_width,petal_length,petal_width,species"]
    for row, label in zip(iris.data, iris.target, strict=True):
        lines.append(",".join([*(f"{value:g}" for value in row), str(iris.target_names[label])]))
    (folder / "csv").mkdir(parents=True, exist_ok=True)
    (folder / "parquet").mkdir(parents=True, exist_ok=True)
    (folder / "csv" / "iris.csv").write_text("\n".join(lines) + "\n")
    source, copy = folder / "csv" / "iris.csv", folder / "parquet" / "iris.parquet"
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(source), copy)


def write_images(folder: Path) -> None:
    """Ten boots and ten trousers of Fashion-MNIST as PNG files."""
    from PIL import Image

    with gzip.open(FASHION / "train-images-idx3-ubyte.gz") as stream:
        images = np.frombuffer(stream.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(FASHION / "train-labels-idx1-ubyte.gz") as stream:
        labels = np.frombuffer(stream.read(), np.uint8, offset=8)
    for label, name in ((9, "boot"), (1, "trouser")):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in np.flatnonzero(labels == label)[:10]:
            Image.fromarray(images[i]).save(folder / name / f"{i:05}.png", optimize=True)


def write_digits(path: Path) -> None:
    """The bundled digits, from scikit-learn's copy of the UCI test set."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    x = digits.images.astype(np.uint8)[:, None]
    np.savez_compressed(path, x=x, y=digits.target.astype(np.uint8))


def main() -> None:
    """Write everything."""
    write_idx(GOLDEN / "idx", gz=False)
    write_idx(GOLDEN / "idx-gz", gz=True)
    write_cifar10_binary(GOLDEN / "cifar-10-batches-bin")
    write_cifar10_python(GOLDEN / "cifar-10-batches-py")
    write_npz(GOLDEN / "npz")
    write_iris(GOLDEN)
    write_images(GOLDEN / "images")
    write_digits(DIGITS)


if __name__ == "__main__":
    main()
