"""What did the machines of a training do, and did they wait for each other?"""

from __future__ import annotations

import streamlit as st

from pages.parts import machines, states, thresholds, trials
from queries import cached_trials

trials.title("System")
name = trials.current().name
recorded = states.load(lambda: cached_trials.source(name), what="where the training lies")
opened = trials.opened() if recorded.location is not None else None
found = states.load(lambda: cached_trials.machines(name), what="the files of the profiler")
if found is None or not (found.series or len(found.events)):
    machines.off(found)
    st.stop()
review = states.load(
    lambda: cached_trials.review(name, settings=thresholds.in_force()), what="what the rules find"
)
machines.show(found, opened, review, name=name)
other = trials.current().against
if other is not None:
    called = other.trial.name
    compared = states.attempt(
        lambda: cached_trials.machines(called), what=f"the machines of {called}"
    )
    if compared is not None and compared.series:
        machines.beside(compared, name=called)
thresholds.show()
