"""Experiment: one call of the Python API, from its arguments to its result."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nnbabysit.core.api.in_memory_objects import DataLike, Handover, ModelLike, handed_over
from nnbabysit.core.config.loading import LoadedConfig, load_config, load_defaults, with_values
from nnbabysit.core.config.schema.root import Config
from nnbabysit.core.data.seeds import derive_seed
from nnbabysit.core.errors import ConfigError, DataError, HookError, Mistake, UserError
from nnbabysit.core.import_path import is_in_memory
from nnbabysit.core.models.seeding import seeded
from nnbabysit.core.paths import current_folder
from nnbabysit.core.record.events import Listener
from nnbabysit.core.report.sinks.choose import check_sinks
from nnbabysit.core.search.store.study import best_values
from nnbabysit.core.training.setup.setup import prepare
from nnbabysit.core.workflow.execute import Execution
from nnbabysit.core.workflow.result import StepResult

IN_MEMORY_NOTE = "# {what} handed over in memory by a Python program: this file alone cannot be run again\n"


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What every function of the API is given; see ``core/api/steps.py``."""

    model: ModelLike | None
    data: DataLike
    config: str | Path | None
    set: Mapping[str, Any] | None
    seed: int | None
    device: str | None
    name: str | None
    runs_dir: str | Path
    log: Sequence[str]
    on_event: Listener | None
    best_of: Path | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    def perform(
        self, command: str, workflow: Callable[..., StepResult], *, folder: str = "", **arguments: Any
    ) -> StepResult:
        """Prove that data and model load, make a run directory, and call a workflow.

        Args:
            command: Word of the command line.
            workflow: Called with config, run, ``dataset`` and the arguments.
            folder: Command in the name of the run directory; empty: ``command``.
            arguments: Passed on.

        Raises:
            NnbabysitError: The config, the data or the model is at fault, or the disk.
            RuntimeError: A bug in nnbabysit itself.
            Exception: Whatever the user's own network raised in the midst of the step.
        """
        sinks = [self.log] if isinstance(self.log, str) else [*self.log]
        check_sinks(sinks, where="log")
        _check_settings(self.set)
        runs = Execution(command, root=Path(self.runs_dir), name=self.name, sinks=sinks, warn=_warn)
        runs.listeners += [] if self.on_event is None else [self.on_event]
        with handed_over(self.model, self.data) as handover:
            loaded = self._loaded(handover)
            config = self._config(handover, loaded.config)
            _check_source(config, arguments)
            try:
                with seeded(config.seed):  # a step seeds the global generators, which are the caller's
                    dataset = prepare(config).dataset
                    run = runs.new_run(
                        folder or command,
                        config,
                        config_file=loaded.path,
                        code=handover.files,
                        note=_note(config),
                    )
                    result = workflow(config, run, dataset=dataset, **arguments)
                    # a command line cannot take what is in memory
                    result = replace(result, next_command="")
                    runs.finish(result)
            except BaseException as error:
                if runs.run is not None:
                    runs.fail(error)
                if isinstance(error, HookError):  # it passes by ``except Exception``: callers may not
                    raise RuntimeError(f"this is a bug in nnbabysit ({error})") from error.__cause__
                raise
        return result

    def _config(self, handover: Handover, config: Config) -> Config:
        """What runs: with the seed of a network that is built already, and the best values of a search."""
        if handover.network is not None:
            handover.network.seed = derive_seed(config.seed, "model")
        if self.best_of is None:
            return config
        typed = tuple(f"{key}." for key in self.set or {})
        best = best_values(self.best_of)
        return with_values(config, {key: best[key] for key in best if not f"{key}.".startswith(typed)})

    def _loaded(self, handover: Handover) -> LoadedConfig:
        settings = dict(self.set or {})
        _refuse_both(handover, settings)
        source = handover.config if self.config is None else str(self.config)
        if handover.config is not None and self.config is not None:
            raise DataError(
                "data names a config, and a config is given as well",
                where=handover.config,
                remedy="Give one of them",
            )
        if handover.undetected is not None and source is None and "data.source" not in settings:
            raise handover.undetected
        named = {"seed": self.seed, "device": self.device, "name": self.name}
        texts = _texts(
            {**handover.settings, **self.more, **settings}
            | {key: value for key, value in named.items() if value is not None}
        )
        try:
            if source is None and (self.model is not None or self.data is not None):
                return load_defaults(texts, cwd=current_folder())
            return load_config(source, texts, cwd=current_folder())
        except ConfigError as error:
            raise ConfigError([_in_terms_of_the_call(mistake) for mistake in error.mistakes]) from None


def _warn(trouble: str) -> None:
    warnings.warn(trouble, RuntimeWarning, stacklevel=5)


def _check_settings(settings: object) -> None:
    """See that ``set`` is what it has to be; what is in it is looked at later."""
    if settings is not None and not isinstance(settings, Mapping):
        raise UserError(
            f"expected a dict of config path → value, got a {type(settings).__name__}",
            where="set",
            remedy='Write set={"optimizer.lr": 1e-2}',
        )


def _refuse_both(handover: Handover, settings: Mapping[str, Any]) -> None:
    """A setting that is handed over and set as well; ``data.source`` may say of what format a path is."""
    replaced = [key for key in handover.settings if key in ("model.name", "data.source", "data.path")]
    sections = {key.partition(".")[0] for key in replaced}
    if "data.source" in settings and handover.settings.get("data.path") is not None:
        replaced = [key for key in replaced if key != "data.source"]
    found = [
        Mistake(
            where="set", key=key, message=f"{key.partition('.')[0]} is handed over as well; give one of them"
        )
        for key in settings
        if key in replaced or key in sections
    ]
    if found:
        raise ConfigError(found)


def _check_source(config: Config, arguments: Mapping[str, Any]) -> None:
    """The newest coarse search of a config may have had other data, when that is in memory."""
    looks = arguments.get("stage") == "fine" and arguments.get("source") is None
    if looks and config.search.fine.space is None and is_in_memory(config.data.source):
        raise UserError(
            "which coarse search had these data cannot be told",
            where="source",
            remedy="Pass source=, the result of the coarse search",
        )


def _texts(settings: Mapping[str, Any]) -> list[str]:
    """The settings as the command line writes them, so that the very same checks look at them."""
    found, texts = [], []
    for key, value in settings.items():
        try:
            texts.append(f"{key}={json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)}")
        except (TypeError, ValueError) as error:
            message = f"{error}; a setting is made of numbers, texts, lists and dicts"
            found.append(Mistake(where="set", key=str(key), message=message))
    if found:
        raise ConfigError(found)
    return texts


def _plain(value: Any) -> Any:
    """Builtins in place of numpy's numbers, paths and tuples."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if not isinstance(value, str | int | float | bool | None) and hasattr(value, "item"):
        return value.item()
    return value


def _in_terms_of_the_call(mistake: Mistake) -> Mistake:
    """``--set`` is a flag of the command line, ``set`` an argument."""
    return replace(mistake, where="set") if mistake.where.startswith("--set") else mistake


def _note(config: Config) -> str:
    """First line of a config that names something in memory."""
    targets = {"the model": config.model.name, "the data": config.data.source}
    named = [what for what, target in targets.items() if is_in_memory(target)]
    if not named:
        return ""
    what = " and ".join(named)
    return IN_MEMORY_NOTE.format(what=f"{what[0].upper()}{what[1:]} {'were' if len(named) > 1 else 'was'}")
