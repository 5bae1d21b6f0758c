"""What a message tells to do about a file is done: right data, or a further message that is right."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

from nnbabysit.core.config.loading import load_config
from nnbabysit.core.data.readers.checked_arrays import Arrays
from nnbabysit.core.data.readers.raw import Raw
from nnbabysit.core.data.readers.registry import read
from nnbabysit.core.errors import DataError

from .case import copied
from .remedies import REMEDIES, Remedy, offered_settings

IN_THE_FILE = {"csv-continent-na": ("AS", "EU", "NA"), "csv-class-none": ("None", "mild")}
"""Names of classes that are read if the file is not changed."""
TRUTH = {remedy.case: remedy for remedy in REMEDIES}


@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda remedy: f"{remedy.case}: {remedy.offers}")
def test_what_a_message_tells_to_do_leads_to_right_data(remedy: Remedy, tmp_path: Path) -> None:
    folder = copied(f"files/{remedy.case}", tmp_path)
    message = refusal(folder)
    assert re.search(remedy.offers, message, re.IGNORECASE), message
    remedy.mend(folder, message)
    raw = read_in(folder, *remedy.settings)
    assert isinstance(raw.train, Arrays)
    assert raw.train.x.shape == (60, remedy.inputs)
    assert remedy.settings or not np.isnan(raw.train.x).any()
    assert tuple(raw.class_names or ()) == remedy.classes
    if remedy.largest is not None:
        assert raw.train.x[:, 0].max() == pytest.approx(remedy.largest)


@pytest.mark.parametrize("case", sorted(TRUTH))
def test_no_setting_that_a_message_proposes_does_harm(case: str, tmp_path: Path) -> None:
    folder = copied(f"files/{case}", tmp_path)
    message = refusal(folder)
    for setting in offered_settings(message):
        found = read_or_refused(folder, setting)
        if isinstance(found, DataError):
            beside = (
                f"and set {setting.partition('=')[0]}" in message
            )  # something else has to be done as well
            assert beside or message not in str(found), f"{setting} changes nothing"
        else:
            assert isinstance(found.train, Arrays)
            assert len(found.train) == 60, f"{setting} loses rows"
            classes = set(IN_THE_FILE.get(case, TRUTH[case].classes))
            assert set(found.class_names or ()) == classes, f"{setting} loses or invents a class"
            asked = setting.startswith("data.categorical")
            assert asked or found.train.x.shape[1] <= TRUTH[case].inputs, f"{setting} makes inputs of words"


def test_a_setting_that_a_message_proposes_is_found_in_its_words() -> None:
    words = "leave it out with data.drop: [day], set data.missing to median, use loss: mse, or --skip-broken"
    found = ["data.drop=[day]", "data.missing=median", "loss=mse", "data.skip_broken=true"]
    assert offered_settings(words) == found
    assert offered_settings("Set data.target to one of age, rooms") == []


def refusal(folder: Path) -> str:
    """The message with which the case is refused as it is."""
    with pytest.raises(DataError) as caught:
        read_in(folder)
    return str(caught.value).replace(f"{folder}{os.sep}", "")  # or a pattern may match the name of the case


def read_or_refused(folder: Path, setting: str) -> Raw | DataError:
    """The data with this setting, or the words with which they are refused."""
    try:
        return read_in(folder, setting)
    except DataError as error:
        return error


def read_in(folder: Path, *settings: str) -> Raw:
    """The data of ``c.yaml``, as every command reads them."""
    config = load_config("c.yaml", settings, cwd=folder).config
    return read(config.data, config.loss)
