"""Names of run directories: two words that people can say to each other, or the name that the user gave."""

from __future__ import annotations

import random
import re
from datetime import datetime

from nnbabysit.core.errors import UserError

_NAME = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,64}")

_ADJECTIVES = """
agile amber azure bold brave bright brisk calm candid clever coral cosmic crisp curious daring eager early
fair fleet fond frank fresh gentle glad golden grand happy hardy honest humble ivory jolly keen kind
lively lucid lucky mellow merry mild modest neat nimble noble olive patient placid plain proud quick quiet
ready royal rustic serene sharp silent silver sincere sleek smart snowy solid steady stout sturdy subtle
sunny swift tidy tranquil trusty vivid warm wary wise witty young zesty
"""
_ANIMALS = """
badger beaver bison bonobo buffalo camel cheetah chough cicada condor corgi cougar crane cricket curlew
deer dingo dolphin dove eagle egret falcon ferret finch fox gannet gazelle gecko gibbon goose grouse gull
hare hawk heron hoopoe ibex ibis impala jackal jaguar kestrel kiwi koala lark lemur leopard lynx magpie
marmot marten merlin mole moose moth newt ocelot octopus oriole osprey otter owl panda panther pelican
pigeon plover puffin puma quail rabbit raven robin salmon seal shrew sparrow squid stork swallow swan
tapir tern thrush toucan turtle vole walrus weasel wombat wren zebra
"""


def two_words() -> str:
    """An adjective and an animal, such as ``brave-otter``; the seeds of training are left alone."""
    chance = random.SystemRandom()
    return f"{chance.choice(_ADJECTIVES.split())}-{chance.choice(_ANIMALS.split())}"


def attempted(name: str | None, attempt: int) -> str:
    """The name for the n-th attempt, from 1: other words each time, or a number behind a given name."""
    if name is None:
        return two_words()
    return name if attempt == 1 else f"{name}-{attempt}"


def checked_name(name: str) -> str:
    """The name, when it can be a part of a folder's name on every system.

    Raises:
        UserError: It holds other characters than letters, digits, ``.``, ``_`` and ``-``, starts with a dot,
            or is empty or longer than 64 characters.
    """
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{name!r} cannot name a run: 1 to 64 of A-Z a-z 0-9 . _ - are allowed, not starting with a dot",
            where="--name",
            remedy="Try a name such as wide-net or attempt_2",
        )
    return name


def folder_name(now: datetime, name: str, command: str) -> str:
    """Name of a run directory, such as ``2026-11-20_1403_brave-otter_train``; ``now`` is in UTC."""
    return f"{now:%Y-%m-%d_%H%M}_{name}_{command_part(command)}"


def command_part(command: str) -> str:
    """The last part of a run directory's name: the command without blanks and underscores."""
    return re.sub(r"[^A-Za-z0-9]+", "-", command).strip("-") or "run"
