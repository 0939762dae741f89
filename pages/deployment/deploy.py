"""What runs, what would run after a promotion, and may it be done? The buttons that do it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from actions import ledger
from pages.parts import people, selection, states
from pages.parts.deployment import (
    endpoint,
    judged,
    others,
    pressing,
    target,
    untold,
    watching,
)
from pages.parts.deployment.desk import Desk
from queries import cached
from queries.live import Live

selection.title("Deploy")
config = cached.account()
test = selection.test_of(config)
people.gate(config, to="deploy")
target.stand_in(config)
person = people.person(config)

pressing.wait()
book = states.load(lambda: ledger.opened(config.actions.audit, config.aws), what="the audit")
name = target.name(test)
chain = states.load(lambda: book.read(name), what="the audit")
target.whole(chain)
top = st.container()
watching.draw(config, test, person, book, chain)
pressing.show(partial(people.again, config, key="sign_in_again_here"))
untold.draw()

live = target.read(config, test)
if isinstance(live, Live):
    endpoint.page(Desk(config, test, person, live, None, book, chain), top)
else:
    report = judged.report(test.name)
    others.page(Desk(config, test, person, live, report, book, chain))
