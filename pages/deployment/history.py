"""Who promoted, rolled back or stopped what, when and why, and is the record of it whole?"""

from __future__ import annotations

import streamlit as st

from actions import histories, ledger
from pages.parts import people, selection, states
from pages.parts.deployment import histories as shown
from queries import cached

selection.title("History")
config = cached.account()
people.gate(config, to="see who changed what")

book = states.load(lambda: ledger.opened(config.actions.audit, config.aws), what="the audit")
targets = states.load(book.targets, what="the audit")
if not targets:
    states.nothing(
        "Nothing was changed from here yet.",
        f"Every promotion, rollback and stop is written down in {book.location} before it is done.",
    )
    st.stop()

chosen = shown.choose(targets, preferred=selection.test_of(config).endpoint)
chains = states.load(lambda: [book.read(target) for target in chosen], what="the audit")
shown.chains(chains)
entries = sorted(
    (entry for chain in chains for entry in histories.entries(chain)),
    key=lambda entry: entry.begun,
    reverse=True,
)
if entries:
    shown.draw(entries)
    shown.closer(book, entries)
