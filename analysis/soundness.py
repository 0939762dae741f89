"""Was the shadow trained soundly, as far as the record of its training says?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis import sentences
from analysis.completeness import counted

if TYPE_CHECKING:
    from analysis.evidence import Evidence
    from analysis.guardrails import Guardrail, Status
    from analysis.policy import Policy
    from analysis.training.findings import Finding


@dataclass(frozen=True, slots=True)
class Training:
    """What the rules found in the shadow's training.

    ``trial`` is the name of its record, "" where there is none; ``problem`` says why nothing was
    found out, "" where something was.
    """

    trial: str
    findings: tuple[Finding, ...] = ()
    problem: str = ""


def training(evidence: Evidence, policy: Policy) -> Guardrail | None:
    """Judge whether no critical rule fired in the shadow's training.

    Where the policy does not ask, None. A critical rule that cannot tell is no data: what was not
    saved is never taken for sound. One that judges another kind of model is not counted.
    """
    if not policy.require_sound_training:
        return None
    found = evidence.training or Training("", problem="it was not looked for.")
    critical = [each for each in found.findings if each.critical and each.applies]
    fired = [each for each in critical if each.status == "fired"]
    unknown = [each for each in critical if each.status == "unknown"]
    status: Status
    if fired:
        status, told = "breach", sentences.training(found.trial, fired, len(critical))
    elif found.problem:
        status, told = "no_data", sentences.training_unknown(found.trial, found.problem)
    elif unknown or not critical:
        status, told = "no_data", sentences.training_silent(found.trial, unknown)
    else:
        status, told = "ok", sentences.training(found.trial, fired, len(critical))
    return counted(
        "training",
        status,
        math.nan if status == "no_data" else len(fired),
        0,
        policy,
        told,
        n=len(critical) - len(unknown),
        unit="rules",
        direction="at_most",
    )
