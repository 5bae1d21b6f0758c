"""The user's own code: files of it that are kept with a run, and the folder whose git state is noted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnbabysit.core.config.schema.root import Config


def user_files(config: Config) -> list[Path]:
    """Files of the user's own model, data function and loss, where the config names files."""
    targets = (config.model.name, config.data.source, config.loss)
    files = [Path(target.rpartition(":")[0]) for target in targets if ".py:" in target]
    return [file for file in dict.fromkeys(files) if file.is_file()]


def users_folder(config_path: Path | None) -> Path | None:
    """Folder of the user's config; None, which stands for the current one, with a bundled config."""
    from nnbabysit.core.config.loading import bundled

    return None if config_path is None or config_path in bundled().values() else config_path.parent
