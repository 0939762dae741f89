"""What does docs/validation.md say of a run?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.validation.deciding import Decision
from tests.validation.peers import PEERS, Called
from tests.validation.rows import Lab, Row
from tests.validation.subjects import WITHOUT_ROWS

HEAD = """\
# Validation

Does every interval miss as seldom as it says, and does every test ring as seldom? `make validate`
measures it and writes this page. It fails where a method misses more often than it promises and
[statistics](statistics.md#known-limits) does not state that limit with its number. No row looks at
real data: the truth is known because it was chosen.

{machine}. Seed {lab.seed}, at most {lab.runs:,} runs a row, tests of up to {lab.steps:,} requests.

- **Misses**: the share of tests whose interval does not hold the truth, at any of the looks; for a
  test, the share of false alarms; for a search, the mean share of false discoveries. An interval
  that is not given misses nothing. The standard error stands behind; what is *exact* was computed
  by following the whole distribution from look to look and has none.
- **Promised**: 5 %; 0.56 % where nine guardrails share it; 0.1 % for the sample ratio; 0.2 % for
  the two tests of independence.
- **Kept**: *yes*; *limit*, where more misses than promised are a known limit and within the number
  stated for it; **no** otherwise. Beyond chance is what would come less than five times in ten
  thousand.
"""

DECIDING = """\
How many pairs does it take to find an agreement above its limit? The fixed test knows the truth
beforehand, takes just as many pairs as find it nine times in ten, and may be looked at once, at its
end. The sequence is looked at after every pair and knows nothing. *Wrong* is how often an agreement
exactly at its limit is called above it; the error is promised for both sides together. All exact.

| truth | limit | error | pairs: fixed test | sequence, half of the tests | sequence, nine tenths \
| wrong: sequence, ever | fixed, once | fixed, looked at daily for two weeks |
|---|---|---|---|---|---|---|---|---|
"""

PEERS_HEAD = """\
The share of {features} features that each system calls drift by its defaults, each feature for
itself, all on the same columns. *Test* is our test alone at 5 %; *ours* is what the page says: the
effect above 0.1 and p below 5 %. A share of 5 % has a standard error of {se:.0f} points. Evidently
decides by p up to 1,000 reference rows, and by a distance beyond; NannyML looks at ten chunks, and
any alert counts. No peer compares production and shadow request by request, so nothing else can be
held against them.

| columns | to be called drift | ours | test | {names} |
|---|---|---|---|{rule}|
"""

NEAR = 0.8
"""A known limit is stated too high where its worst row has less than this part of the misses."""


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that a run found, and what is known to be limited."""

    lab: Lab
    sections: Mapping[str, Sequence[Row]]
    limits: dict[str, float]
    decisions: Sequence[Decision]
    called: Sequence[Called]
    machine: str

    @property
    def broken(self) -> list[Row]:
        """Rows with more misses than were promised or stated."""
        return [row for row in self.lab.rows if not row.kept(self.limits)]

    @property
    def stale(self) -> list[str]:
        """Limits that no row comes near to: mended since, or stated too high."""
        worst = dict.fromkeys(self.limits, 0.0)
        for row in self.lab.rows:
            if row.limit in worst and row.short():
                worst[row.limit] = max(worst[row.limit], row.misses)
        return sorted(name for name, misses in worst.items() if misses < NEAR * self.limits[name])


def page(run: Run) -> str:
    """The whole page as Markdown."""
    parts = [HEAD.format(machine=run.machine, lab=run.lab)]
    for name, rows in run.sections.items():
        parts += [f"\n## {name}\n\n", *_rows(rows, run.limits)]
    parts += ["\n## Time to decide\n\n", DECIDING, *_decisions(run.decisions)]
    parts += ["\n## Beside the peers\n\n", *_peers(run.called)]
    parts += ["\n## Without rows of their own\n\n", "| function | why |\n|---|---|\n"]
    parts += [f"| `{name}` | {why} |\n" for name, why in sorted(WITHOUT_ROWS.items())]
    return "".join(parts)


def percent(share: float) -> str:
    """A share with as many digits as tell it from 0.

    >>> percent(0.0367), percent(0.00556), percent(0.0)
    ('3.7 %', '0.56 %', '0 %')
    """
    return f"{100 * share:.{1 if share >= 0.00995 else 2}f} %" if share else "0 %"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def _rows(rows: Iterable[Row], limits: dict[str, float]) -> Iterable[str]:
    yield _line("method", "data", "looks", "promised", "misses", "runs", "kept")
    yield "|---|---|---|---|---|---|---|\n"
    for row in rows:
        limited = f"limit: `{row.limit}`" if row.short() else "yes"
        yield _line(
            f"`{row.subject}`",
            row.data,
            row.looks,
            percent(row.promised),
            f"{percent(row.misses)} ± {percent(row.se)}" if row.runs else percent(row.misses),
            f"{row.runs:,}" if row.runs else "exact",
            limited if row.kept(limits) else "**no**",
        )


def _decisions(decisions: Iterable[Decision]) -> Iterable[str]:
    for each in decisions:
        yield _line(
            f"{each.truth:g}",
            f"{each.limit:g}",
            percent(each.alpha),
            f"{each.fixed:,}",
            *(f"{n:,}" if n else f"> {each.most:,}" for n in (each.median, each.ninth)),
            *(percent(share) for share in (each.wrong, each.wrong_fixed, each.wrong_daily)),
        )


def _peers(called: Sequence[Called]) -> Iterable[str]:
    names, rule = " | ".join(PEERS), "|".join("---" for _ in PEERS)
    features = called[0].features
    se = 100 * math.sqrt(0.05 * 0.95 / features)
    yield PEERS_HEAD.format(features=features, se=se, names=names, rule=rule)
    for row in called:
        yield _line(
            row.columns,
            "yes" if row.moved else "no",
            *(percent(share) for share in (row.ours, row.test_alone)),
            *(
                answer if isinstance(answer, str) else percent(answer)
                for answer in row.peers.values()
            ),
        )
