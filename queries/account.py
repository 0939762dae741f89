"""Whose tests are these: the user's own, or the demo account's?

The one switch. The demo account is a configuration like any other: capture files on disk, and AWS
answered by a server on this machine.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from pathlib import Path

from queries import config
from queries.config import Config


def open_account() -> Config:
    """The configuration that ``UNDERSTUDY_CONFIG`` or the folder names, else the demo account.

    Raises
    ------
    ConfigError
        When a configuration was named or found and cannot be used.
    """
    found = config.find()
    return config.load(found) if found is not None else demo_account()


def demo_account() -> Config:
    """The demo account, written on first use (seconds), with its server started.

    With ``UNDERSTUDY_DEMO_ENGINE=athena`` its tests are answered by the server's Athena.
    """
    from demo import account, on_athena

    path = account.ensure(config.default_cache() / "demo")
    loaded = config.load(path)
    if os.environ.get("UNDERSTUDY_DEMO_ENGINE") == "athena":
        loaded = on_athena.moved(loaded)
    return replace(loaded, demo=True, aws=replace(loaded.aws, endpoint_url=_server(path.parent)))


@cache
def _server(folder: Path) -> str:
    """The address of this process's stand-in for AWS, started once."""
    from demo import standin

    return standin.start(folder)
