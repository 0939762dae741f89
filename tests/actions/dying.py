"""A process that carries a plan out until it is killed, however often it is asked to.

It is forked for each try, so that nothing is imported anew. Run by ``Dying``, which says where the
plan, the account and the audit are, lets time go by where the plan waits, and hears how it ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from actions import stepping, vaults
from actions.records import Intent, Record, line, parse
from actions.steps import Plan
from tests.actions.acting_on import Desk, elsewhere
from tests.actions.test_every_way import Agreed

ROOT = Path(__file__).parents[2]
_WAITING, _KILLED, _ENDED = "waiting", "killed", "ended"


class Dying:
    """Tries to carry plans out, each in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def carry_out(self, plan: Plan, at: Desk, folder: Path, *, point: int) -> bool:
        """Carry a plan out up to the ``point``-th thing that leaves the process; was it killed?

        Those are records, and requests that write. ``folder`` is the one the desk was made in.
        """
        file = folder / "plan"
        intent = Intent("", "", "", "", "", plan)
        file.write_bytes(line(Record(plan.target, plan.action, "", "asked", intent=intent)))
        self._say(json.dumps([at.cloud.url, str(file), str(folder), point]))
        while (said := self._heard()) == _WAITING:
            at.cloud.clock.skip(3_600)
            self._say("on")
        assert said in (_KILLED, _ENDED)
        return said == _KILLED

    def stop(self) -> None:
        """End the process that the others are forked from."""
        self._process.communicate()

    def _say(self, words: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{words}\n")

    def _heard(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def _dying(wrapped: Callable[..., Any], left: list[int]) -> Callable[..., Any]:
    def wrapper(*given: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return wrapped(*given, **named)

    return wrapper


def _carry_out(url: str, file: str, folder: str, point: int) -> None:
    left = [point]
    for room, name in ((vaults.Folder, "create"), (stepping, "send")):
        setattr(room, name, _dying(getattr(room, name), left))
    plan = parse(Path(file).read_bytes()).intent.plan
    at = elsewhere(url, Path(folder))
    found = at.execute(plan, typed=plan.target, rehearse=lambda *_: Agreed())
    while found.state == "unfinished":
        _say(_WAITING)
        sys.stdin.readline()
        found = at.advance(plan.target, rehearse=lambda *_: Agreed())


def _serve() -> None:
    import boto3

    for service in ("sagemaker", "cloudwatch", "lambda", "apigateway"):
        boto3.client(service, region_name="eu-central-1")  # its model is read once for all
    for asked in iter(sys.stdin.readline, ""):
        child = os.fork()
        if child == 0:
            _carry_out(*json.loads(asked))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        _say(_KILLED if killed else f"{_ENDED}{status or ''}")


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve()
