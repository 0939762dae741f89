"""How does a rule on machines come to one finding for several nodes, and why can't it tell?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.scales import THIN
from analysis.training.findings import Case, Finding, Origin, Parameter, Rule, Settings
from analysis.training.machines import Machines
from analysis.training.recording import MODES, Mode, Recording
from analysis.training.rules.sentences import many, number

TURN_ON = (
    "Turn system monitoring on: ProfilerConfig with an S3OutputPath and "
    "ProfilingIntervalInMilliseconds in CreateTrainingJob or UpdateTrainingJob."
)
SCAN = Parameter(
    "scan_interval_us",
    60_000_000,
    "how often the rule looks at what is new",
    unit="µs",
    low=1,
)
PATIENCE = Parameter(
    "patience",
    1000,
    "how many snapshots are left out at the beginning",
    unit="snapshots",
    low=0,
)


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found of one node or GPU.

    ``badness`` orders them, largest worst; ``at`` is when it first fired, in seconds since 1970;
    ``threshold`` what ``value`` is held to, where that is not the same for all.
    ``sentence`` says what was found, without the node where there is only one.
    """

    fired: bool
    badness: float
    value: float
    sentence: str
    at: float = math.nan
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class MachineRule:
    """A rule's name and whose rule it is; makes the rule and its findings."""

    name: str
    remedy: str
    origin: Origin = "aws"

    def rule(self, question: str, check: Callable[[Case], Finding], *parameters: Parameter) -> Rule:
        """The rule that answers so."""
        return Rule(self.name, self.origin, question, check, parameters, about="machines")

    def settle(
        self,
        case: Case,
        judged: Sequence[Judged],
        *,
        threshold: float,
        unit: str = "%",
        reassurance: str = "",
    ) -> Finding:
        """One finding of several: it fired where it fired on one, and the worst is told.

        ``judged`` holds one at least. ``reassurance`` is said where none fired.
        """
        fired = [each for each in judged if each.fired]
        worst = max(fired or judged, key=lambda each: each.badness)
        threshold = threshold if worst.threshold is None else worst.threshold
        if not fired:
            sentence = f"{worst.sentence} {reassurance}".rstrip()
            return self._finding(case, "not_fired", sentence, worst.value, threshold, unit)
        others = f" So it is on {len(fired) - 1:,} more of {len(judged):,}." if fired[1:] else ""
        first = min((each.at for each in fired if not math.isnan(each.at)), default=math.nan)
        return self._finding(
            case, "fired", worst.sentence + others, worst.value, threshold, unit, at=first
        )

    def told(self, case: Case, sentence: str) -> Finding:
        """What is only told."""
        return self._finding(case, "not_fired", sentence, math.nan, math.nan, "")

    def unknown(self, sentence: str, remedy: str = "") -> Finding:
        """It can't tell."""
        return Finding(self.name, self.origin, "unknown", False, sentence, remedy)

    def nothing_read(self) -> Finding:
        """There is nothing of any machine."""
        return self.unknown("No system metrics were found for this training.", TURN_ON)

    def no_gpu(self, machines: Machines) -> Finding:
        """There is no GPU, or none was read."""
        return self.unknown(
            f"No GPU was read on {_nodes(machines)}: the rule is about GPUs.",
        )

    def too_short(self, machines: Machines, n: int, needed: int) -> Finding:
        """There are too few snapshots."""
        return self.unknown(
            f"{many(n, 'snapshot')} of {seconds(machines)} {'is' if n == 1 else 'are'} too few: "
            f"the rule needs {needed:,}.",
            "Lower its patience to judge a short training.",
        )

    def _finding(
        self,
        case: Case,
        status: str,
        sentence: str,
        value: float,
        threshold: float,
        unit: str,
        *,
        at: float = math.nan,
    ) -> Finding:
        mode, step = step_at(case.recording, at)
        fired = status == "fired"
        return Finding(
            self.name,
            self.origin,
            "fired" if fired else "not_fired",
            False,
            sentence,
            self.remedy if fired else "",
            step,
            mode,
            (),
            value,
            threshold,
            unit,
        )


def step_at(recording: Recording | None, at: float) -> tuple[Mode | None, int | None]:
    """The last training step that was saved by a moment; none before the first."""
    if recording is None or math.isnan(at):
        return None, None
    told = recording.statistics
    for mode in ("TRAIN", "GLOBAL"):
        rows = np.flatnonzero((told.mode == MODES.index(mode)) & (told.time <= at))
        if len(rows):
            return mode, int(told.step[rows].max())
    return None, None


def scans(machines: Machines, settings: Settings) -> int:
    """How many snapshots lie between two looks of a rule, one at least."""
    every = settings.number("scan_interval_us") / 1e6
    interval = machines.interval_s
    return max(1, round(every / interval)) if interval > 0 else 1


def seconds(machines: Machines) -> str:
    """Write the sampling interval."""
    return f"{number(machines.interval_s)}{THIN}s"


def _nodes(machines: Machines) -> str:
    return machines.nodes[0] if len(machines.nodes) == 1 else many(len(machines.nodes), "node")
