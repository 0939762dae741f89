"""What runs, what would run after a promotion, and may it be done? The buttons that do it."""

from __future__ import annotations

import streamlit as st

from actions import ledger, standings
from pages.parts import people, selection, states
from pages.parts.deployment import (
    judged,
    more,
    offers,
    pressing,
    promotion,
    requests,
    target,
    untold,
    watching,
)
from pages.parts.deployment.desk import Desk
from queries import cached

selection.title("Deploy")
config = cached.account()
test = selection.test_of(config)
people.gate(config, to="deploy")
target.stand_in(config)
person = people.person(config)

book = states.load(lambda: ledger.opened(config.actions.audit, config.aws), what="the audit")
chain = states.load(lambda: book.read(target.name(test)), what="the audit")
target.whole(chain)
watching.draw(config, test, person, book, chain)
pressing.show()
untold.draw()

live = target.read(config, test)
report = judged.report(test.name)
judged.line(report)
desk = Desk(config, test, person, live, report, book, chain)
requests.draw(desk)
target.linked(desk)

# the buttons stand above what they rest on, which is drawn first
buttons = st.container(horizontal=True)
if standings.unfinished(chain):
    st.caption("A change goes on: the next can be planned when it is over.")
elif live.shadow is None:
    target.without_shadow(live)
else:
    wish, plan = promotion.choose(desk)
    found = promotion.looked(desk, wish, plan)
    with buttons:
        offers.promote(desk, wish, plan, found)
with buttons:
    offers.rollback(desk)
    offers.abort(desk)
    more.offer(desk)
