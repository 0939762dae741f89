"""Who promoted, rolled back or stopped what, when and why, and is the record of it whole?"""

from __future__ import annotations

from functools import partial

import streamlit as st

from actions import histories, ledger
from actions.notify import notifier
from actions.reconcile import reconcile
from actions.retention import retention
from pages.parts import escape, people, selection, states
from pages.parts.deployment import histories as shown
from queries import aws, cached

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

# what was begun and is not over is looked at first, so that no old word of it stands here
looked_at, unseen = states.load(
    lambda: reconcile(book, partial(aws.client, config.aws), tell=notifier(config)),
    what="what goes on",
)
going = [each for each in looked_at if each.state == "unfinished"]
for said in (*(f"{each.target} goes on: {each.sentence}" for each in going), *unseen):
    st.info(escape.markdown(said, length=2000), icon=":material/sync:")
chosen = shown.choose(targets, preferred=selection.test_of(config).endpoint)
chains = states.load(lambda: [book.read(target) for target in chosen], what="the audit")
shown.chains(chains)
shown.retention(states.attempt(lambda: retention(book.location, config.aws), what="Object Lock"))
entries = sorted(
    (entry for chain in chains for entry in histories.entries(chain)),
    key=lambda entry: entry.begun,
    reverse=True,
)
if entries:
    shown.draw(entries)
    shown.closer(book, entries)
