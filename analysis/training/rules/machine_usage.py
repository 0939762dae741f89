"""How much of the machines was used? A rule that only tells."""

from __future__ import annotations

from analysis.training import utilisation
from analysis.training.findings import Case, Finding, Rule
from analysis.training.rules.machine_answers import MachineRule, seconds
from analysis.training.rules.sentences import many, percent


def _usage(case: Case) -> Finding:
    machines = case.machines
    if machines is None or not machines.series:
        return _USAGE.nothing_read()
    told = [
        f"{used.name} {percent(used.p50)}, {percent(used.p95)} and {percent(used.most)} "
        f"({many(used.n, 'reading')})"
        for used in utilisation.of_node(machines)
        if used.unit == "%" and used.n
    ]
    if not told:
        return _USAGE.unknown("No utilisation was read, only throughput.")
    return _USAGE.told(
        case,
        f"Median, p95 and highest of all readings on {many(len(machines.nodes), 'node')}, one "
        f"every {seconds(machines)}: {'; '.join(told)}.",
    )


_USAGE = MachineRule("OverallSystemUsage", "")
RULES: tuple[Rule, ...] = (
    _USAGE.rule("How much of the machines was used? It tells, and never fires.", _usage),
)
