"""What do Debugger's rules, ours and your own say of a training?"""

from __future__ import annotations

from pages.parts import findings, states, thresholds, trials
from queries import cached_trials

trials.title("Rules")
trials.opened()
chosen = trials.current()
against = chosen.against.trial.name if trials.beside() is not None and chosen.against else None
settings = thresholds.in_force()
found = states.load(
    lambda: cached_trials.review(chosen.name, against=against, settings=settings),
    what="what the rules find",
)

findings.banner(found)
thresholds.note()
findings.draw(found)
findings.aws_verdicts(found)
findings.notes(found)
findings.export(found)
thresholds.show()
