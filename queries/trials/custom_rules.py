"""What do the users' own rules find in a trial?

A rule is a class of ``smdebug.rules.Rule`` in a Python file that the configuration names; nothing
else is ever run. It is asked at every saved step, in a process of its own that has a time limit, an
empty folder to work in, and none of this process's environment: no credentials, no network of AWS's
metadata. What goes wrong with it is an answer, never a failure of the page.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.training.findings import Finding, Status
from analysis.training.recording import MODES, Mode
from queries.kept import read_json, write_json
from queries.trials import smdebug_shim

if TYPE_CHECKING:
    from queries.config import CustomRule

_PROGRAM = "queries.trials.custom_rule_process"
_ROOT = Path(__file__).parents[2]
_AT_ONCE = 2  # rules that run at the same time
_FORMAT = "1"
# Where programs and their libraries lie, and how they write: nothing that could sign a request.
_HANDED_OVER = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ")


@dataclass(frozen=True, slots=True)
class Run:
    """What came of asking a rule: what of a finding the configuration does not say."""

    status: Status
    sentence: str
    first_step: int | None = None
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A trial that rules are asked about: a local folder, and a text that changes with it."""

    folder: Path
    state: str


def findings(
    rules: Sequence[CustomRule], trial: Asked, *, cache: Path, other: Asked | None = None
) -> tuple[Finding, ...]:
    """One finding a rule, in their order; ``other`` is for rules that compare two trials.

    An answer is kept in ``cache`` until the trial, the rule's file or what it is given changes.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        runs = pool.map(lambda rule: _run(rule, trial, cache, other), rules)
        return tuple(_finding(rule, run) for rule, run in zip(rules, runs, strict=True))


def _finding(rule: CustomRule, run: Run) -> Finding:
    return Finding(
        rule=rule.name,
        origin="custom",
        status=run.status,
        critical=rule.critical,
        sentence=run.sentence,
        first_step=run.first_step,
        mode=run.mode,
    )


def _run(rule: CustomRule, trial: Asked, cache: Path, other: Asked | None) -> Run:
    try:
        source = Path(rule.file).read_bytes()
    except OSError as error:
        return Run("unknown", f"{rule.file} cannot be read ({error.strerror}); correct `file`.")
    problem = smdebug_shim.ready(trial.folder)
    if problem is not None:
        return Run("unknown", problem)
    about = [asdict(rule), *((str(a.folder), a.state) if a else None for a in (trial, other))]
    digest = hashlib.sha256(json.dumps([_FORMAT, about], sort_keys=True).encode() + source)
    kept = cache / "custom_rules" / f"{digest.hexdigest()[:32]}.json"
    found = read_json(Run, kept)
    if found is None:
        found = ask(rule, trial.folder, other=other.folder if other else None)
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_json(found, kept)
    return found


def ask(rule: CustomRule, folder: Path, *, other: Path | None = None) -> Run:
    """Ask a rule about a local trial now; takes at most its time limit and a moment."""
    request = {
        "folder": str(folder.absolute()),
        "other": None if other is None else str(other.absolute()),
        "file": str(Path(rule.file).absolute()),
        "rule": rule.rule,
        "parameters": dict(rule.parameters),
    }
    with tempfile.TemporaryDirectory(prefix="understudy-rule-") as place:
        # beside the folder that the rule works in, not inside
        work, answers = Path(place, "work"), Path(place, "answers")
        work.mkdir()
        ended = _ended(json.dumps(request), answers, work, rule.timeout_s)
        lines = answers.read_text(encoding="utf-8").splitlines() if answers.exists() else []
    return _told(rule, [each for each in map(_answer, lines) if each], ended)


def _ended(request: str, answers: Path, work: Path, timeout_s: float) -> str:
    """Run the program to its end or to the limit; what ended it before its own end, else ""."""
    environment = {name: os.environ[name] for name in _HANDED_OVER if name in os.environ}
    environment |= {
        "PYTHONPATH": str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        **dict.fromkeys(("HOME", "TMPDIR"), str(work)),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    process = subprocess.Popen(  # noqa: S603 # our own program; what it loads is the configuration's
        [sys.executable, "-m", _PROGRAM, request, str(answers)],
        cwd=work,
        env=environment,
        stdin=subprocess.DEVNULL,
        # what a rule prints is for nobody, and so has no limit that it could reach
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        code = process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return f"was ended after {timeout_s:g} s"
    finally:
        # whatever it started ends with it
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended its process with exit code {code}" if code else ""


def _answer(line: str) -> list[Any]:
    """One line of the program's; empty where the process was ended while it wrote."""
    try:
        found = json.loads(line)
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _told(rule: CustomRule, answers: list[list[Any]], ended: str) -> Run:
    kinds = Counter(answer[0] for answer in answers)
    problem = next((answer[1] for answer in answers if answer[0] == "problem"), ended)
    before = answers[: next((i for i, a in enumerate(answers) if a[0] == "fired"), 0)]
    last = next((answer for answer in reversed(answers) if answer[0] == "at"), None)
    if not problem and not kinds["end"]:
        problem = "ended its process"
    if problem and last is not None:
        problem = f"{rule.name} {problem} at {_at(last)}."
    elif problem and problem == ended:
        problem = f"{rule.name} {problem} before it was asked at a step."
    if kinds["fired"]:
        first = next(answer for answer in reversed(before) if answer[0] == "at")
        mode = next(mode for mode in MODES if mode == first[2])
        counted = _counted(kinds["fired"], kinds["at"])
        sentence = f"{rule.name} fired at {_at(first)}; in all {counted}."
        return Run("fired", " ".join(filter(None, (sentence, problem))), first[3], mode)
    if problem:
        return Run("unknown", problem)
    if not kinds["quiet"]:
        reason = next((f": {answer[1]}" for answer in answers if answer[0] == "nothing"), "")
        return Run("unknown", f"{rule.name} found its tensors at none of the steps{reason}.")
    return Run("not_fired", f"{rule.name} did not fire {_counted(kinds['quiet'], kinds['at'])}.")


def _at(answer: list[Any]) -> str:
    _, step, mode, mode_step = answer
    return f"step {step}" if mode == "GLOBAL" else f"step {mode_step} of {mode}"


def _counted(some: int, steps: int) -> str:
    return f"at {some:,} of the {steps:,} saved steps that it was asked at"
