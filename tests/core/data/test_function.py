"""Reader of a function of the user's: everything it may return, and everything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch.utils.data

from nnbabysit.core.config.schema.data import Data
from nnbabysit.core.data.readers import function
from nnbabysit.core.data.readers.checked_arrays import Arrays
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.errors import DataError, UserCodeError, UserError

Write = Callable[[str], str]
HEAD = "import numpy as np, torch\nfrom torch.utils.data import TensorDataset\n"


def returning(write: Write, expression: str, **data: Any) -> Raw:
    text = f"{HEAD}def make(n=4):\n    return {expression}\n"
    return function.FunctionReader().read(Data(source=f"{write(text)}:make", **data))


@pytest.mark.parametrize(
    "expression",
    [
        "np.ones((n, 2)), np.arange(n)",
        "[np.ones((n, 2)), np.arange(n)]",
        "torch.ones(n, 2), torch.arange(n)",
        "torch.ones(n, 2, requires_grad=True), torch.arange(n)",
        "torch.ones(n, 2, dtype=torch.bfloat16), torch.arange(n)",
        "[[1, 1]] * n, list(range(n))",
        "{'x': np.ones((n, 2)), 'y': np.arange(n)}",
        "{'x_train': torch.ones(n, 2), 'y_train': torch.arange(n)}",
    ],
)
def test_arrays_and_tensors_in_any_wrapping(user_module: Write, expression: str) -> None:
    raw = returning(user_module, expression)
    assert isinstance(raw.train, Arrays)
    assert raw.train.x.tolist() == [[1, 1]] * 4
    assert raw.train.y.tolist() == [0, 1, 2, 3]
    assert raw.test is None


def test_four_things_are_training_and_test(user_module: Write) -> None:
    raw = returning(user_module, "np.ones((n, 2)), np.arange(n), np.zeros((2, 2)), np.arange(2)")
    assert isinstance(raw.test, Arrays)
    assert raw.test.x.tolist() == [[0, 0], [0, 0]]


def test_datasets_are_passed_on(user_module: Write) -> None:
    one = returning(user_module, "TensorDataset(torch.ones(n, 2), torch.arange(n))")
    assert isinstance(one.train, torch.utils.data.Dataset)
    two = returning(user_module, "(TensorDataset(torch.ones(n, 2)), TensorDataset(torch.ones(2, 2)))")
    assert isinstance(two.test, torch.utils.data.Dataset)


def test_arguments_come_from_the_config(user_module: Write) -> None:
    raw = returning(user_module, "np.ones((n, 2)), np.arange(n)", args={"n": 7})
    assert isinstance(raw.train, Arrays)
    assert len(raw.train) == 7


def test_the_path_is_offered_by_name(user_module: Write) -> None:
    module = user_module("def make(path):\n    return [[ord(path)]] * 3, [0, 1, 2]\n")
    raw = function.FunctionReader().read(Data(source=f"{module}:make", path="A"))
    assert isinstance(raw.train, Arrays)
    assert raw.train.x.tolist() == [[65]] * 3


def test_a_path_that_nobody_takes_is_said(user_module: Write) -> None:
    with pytest.raises(DataError, match="no parameter named path") as error:
        returning(user_module, "None", path="A")
    assert error.value.where == "data.path"


def test_wrong_arguments_are_said_before_the_call(user_module: Write) -> None:
    with pytest.raises(DataError, match=r"unexpected keyword argument 'm'") as error:
        returning(user_module, "None", args={"m": 1})
    assert error.value.where == "data.args"


def test_what_the_function_raises_is_shown_with_file_and_line(user_module: Write) -> None:
    module = user_module(
        "import numpy as np\n\ndef make():\n    inner()\n\ndef inner():\n    np.zeros(3).reshape(2, 2)\n"
    )
    with pytest.raises(UserCodeError, match="raised ValueError: cannot reshape") as error:
        function.FunctionReader().read(Data(source=f"{module}:make"))
    assert error.value.where == f"{module}:7"
    assert isinstance(error.value.__cause__, ValueError)


def test_an_error_of_the_program_stays_what_it_is(user_module: Write) -> None:
    with pytest.raises(UserError, match="has no 'other'"):
        function.FunctionReader().read(Data(source=f"{user_module('make = 1')}:other"))


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("None", "returned NoneType"),
        ("np.ones(3)", "returned ndarray"),
        ("(1, 2, 3)", "returned 3 things"),
        ("[[1], [1, 2]], [0, 1]", "rows differ in length"),
        ("np.array([['a'], ['b']]), np.arange(2)", "x holds text"),
        ("np.ones((2, 1)), ['cat', 3.5]", r"y\[1\] is 3.5 among texts"),
        ("np.ones((2, 1)), np.array(['cat', float('nan')], object)", r"y\[1\] is nan among texts"),
        ("np.ones((3, 1)), np.ones(2)", "x has 3 samples and y has 2"),
        ("np.ones((0, 1)), np.ones(0)", "no data"),
        ("{'a': np.ones(2)}", "no x and y"),
    ],
)
def test_anything_else_is_refused_in_words(user_module: Write, expression: str, words: str) -> None:
    with pytest.raises(DataError, match=words) as error:
        returning(user_module, expression)
    assert error.value.where.endswith(":make")


def test_something_that_cannot_be_called(user_module: Write) -> None:
    with pytest.raises(DataError, match="it is a int, not a function"):
        function.FunctionReader().read(Data(source=f"{user_module('make = 1')}:make"))


def test_the_given_arrays_are_not_changed(user_module: Write) -> None:
    module = user_module(
        "import numpy as np\nX = np.ones((2, 2)); X.flags.writeable = False\ndef make(): return X, [0, 1]"
    )
    raw = function.FunctionReader().read(Data(source=f"{module}:make"))
    assert isinstance(raw.train, Arrays)
    assert raw.train.x.flags.writeable
    assert np.array_equal(raw.train.x, np.ones((2, 2)))
