"""Synonyms: each leads to a setting that there is, and none takes the place of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnbabysit.core.config import fields
from nnbabysit.core.config.loading import load_config
from nnbabysit.core.config.synonyms import CHOICES, FOREIGN, SHORT, canonical
from nnbabysit.core.errors import ConfigError


@pytest.mark.parametrize("name", [*SHORT, *FOREIGN])
def test_a_name_leads_to_a_setting_or_is_answered(name: str) -> None:
    synonym = SHORT.get(name) or FOREIGN[name]
    assert bool(synonym.paths) != bool(synonym.answer)
    assert all(fields.find(path.split(".")) is not None for path in synonym.paths)


def test_no_setting_of_ours_is_taken_for_a_name_of_others() -> None:
    for key in [*fields.all_keys(), "model.args.units", "data.args.learning_rate"]:
        assert canonical(f"{key}=1") == [f"{key}=1"] or key == "device", key


def test_where_one_word_stands_for_a_section_it_is_a_setting_in_it() -> None:
    for section, key in CHOICES.items():
        assert fields.find((*section.split("."), key)) is not None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lr=0.1", ["optimizer.lr=0.1"]),
        (" lr = 0.1 ", ["optimizer.lr=0.1"]),
        ("LR=0.1", ["optimizer.lr=0.1"]),
        ("epochs=5", ["training.epochs=5"]),
        ("batch-size=full", ["training.batch_size=full"]),
        ("trials=20", ["search.coarse.trials=20", "search.fine.trials=20"]),
        ("optimizer=adam", ["optimizer.name=adam"]),
        ("optimizer=AdamW", ["optimizer.name=adamw"]),
        ("optimizer={name: adam}", ["optimizer={name: adam}"]),
        ("overfit_tiny.optimizer=Adam", ["overfit_tiny.optimizer.name=adam"]),
        ("overfit_tiny.optimizer=null", ["overfit_tiny.optimizer=null"]),
        ("optimizer.name=SGD", ["optimizer.name=sgd"]),
        ("schedule=cosine", ["schedule.name=cosine"]),
        ("scheduler=Cosine", ["schedule.name=cosine"]),
        ("model=./m.py:Net", ["model.name=./m.py:Net"]),
        ("model=CNN", ["model.name=cnn"]),
        ("loss=MSE", ["loss=mse"]),
        ("loss=./Loss.py:MSE", ["loss=./Loss.py:MSE"]),
        ("optimizer.learning_rate=0.1", ["optimizer.lr=0.1"]),
        ("trainer.max_epochs=3", ["training.epochs=3"]),
        ("training.gradient_clip_val=0.5", ["regularization.clip_norm=0.5"]),
        ("accelerator=gpu", ["device=gpu"]),
        ("device=0", ["device=cuda:0"]),
        ("device=GPU", ["device=gpu"]),
        ("name=Adam", ["name=Adam"]),
        ("training.lr=1", ["training.lr=1"]),
        ("precision=16", ["precision=16"]),
        ("lr", ["lr"]),
        ("=1", ["=1"]),
    ],
)
def test_what_is_typed_stands_for_settings(typed: str, meant: list[str]) -> None:
    assert canonical(typed) == meant
    assert [again for text in meant for again in canonical(text)] == meant


def test_a_short_name_is_a_setting_like_any_other(tmp_path: Path) -> None:
    loaded = load_config("digits", ["lr=0.25", "optimizer=Adam", "trials=7", "device=1"], cwd=tmp_path)
    config = loaded.config
    assert (config.optimizer.name, config.optimizer.lr, config.device) == ("adam", 0.25, "cuda:1")
    assert (config.search.coarse.trials, config.search.fine.trials) == (7, 7)
    assert loaded.locate("optimizer.lr") == "--set"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("lr=-1", "--set optimizer.lr=-1  optimizer.lr: must be above 0, got -1"),
        ("fp16=true", "--set fp16=true  fp16: unknown key; trainings compute in fp32; "
         "a search can use search.precision=bf16"),
        ("trainer.accumulate_grad_batches=4", "--set trainer.accumulate_grad_batches=4  "
         "trainer.accumulate_grad_batches: unknown key; gradients are not accumulated: "
         "raise training.batch_size"),
    ],
)  # fmt: skip
def test_a_message_names_the_setting(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, [override], cwd=tmp_path)
    assert str(caught.value) == message
