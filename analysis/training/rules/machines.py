"""Which rules judge the machines of a training?"""

from __future__ import annotations

from analysis.training.findings import Rule
from analysis.training.rules import (
    machine_bottlenecks,
    machine_gpus,
    machine_memory,
    machine_steps,
    machine_usage,
)

RULES: tuple[Rule, ...] = (
    *machine_bottlenecks.RULES,
    *machine_gpus.RULES,
    *machine_memory.RULES,
    *machine_steps.RULES,
    *machine_usage.RULES,
)
