"""What secret is kept under a name, outside of the configuration?"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

SECRETS = Path(".streamlit") / "secrets.toml"
"""Streamlit's file: in the folder Understudy is started in, else in that of the user."""


def kept(name: str) -> str:
    """What the environment, else ``secrets.toml``, has under a name; "" where neither has it."""
    return os.environ.get(name) or _secret(name)


def _secret(name: str) -> str:
    for folder in (Path.cwd(), Path.home()):
        try:
            found = tomllib.loads((folder / SECRETS).read_text(encoding="utf-8")).get(name)
        except (OSError, ValueError):
            continue
        if isinstance(found, str):
            return found
    return ""
