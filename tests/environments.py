"""Where does a peer run, whose packages do not go together with ours?"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).parents[1] / ".venv-peers"
PACKAGES = {
    "evidently": ("evidently>=0.7,<0.8", "pandas<3"),
    # it imports statsmodels without asking for it
    "nannyml": ("nannyml>=0.13,<0.14", "statsmodels"),
    "alibi-detect": ("alibi-detect>=0.13,<0.14",),
}


def environment(peer: str) -> tuple[str | None, str]:
    """The Python of an environment with this peer, made on first use; or None and why not."""
    home = PEERS / peer
    python = home / "bin" / "python"
    if python.exists():
        return str(python), ""
    commands = (
        [sys.executable, "-m", "venv", str(home)],
        [str(python), "-m", "pip", "install", "--quiet", *PACKAGES[peer]],
    )
    for command in commands:
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            shutil.rmtree(home, ignore_errors=True)
            said = (made.stderr or made.stdout).strip().splitlines() or ["no reason given"]
            return None, f"not installed ({said[-1]})"
    return str(python), ""
