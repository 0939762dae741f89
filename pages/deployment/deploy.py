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

live = target.read(config, test)
report = judged.report(test.name)
judged.line(report)
desk = Desk(config, test, person, live, report, book, chain)
requests.draw(desk)
target.linked(desk)

# the buttons stand above what they rest on, which is read first
one, two, three, four, _ = st.columns([3, 3, 2, 2, 4])
if standings.unfinished(chain):
    target.meanwhile(live)
elif live.shadow is None:
    target.without_shadow(live)
else:
    wish, plan = promotion.choose(desk)
    found = promotion.looked(desk, wish, plan)
    with one:
        offers.promote(desk, wish, plan, found)
with two:
    offers.rollback(desk)
with three:
    offers.abort(desk)
with four:
    more.offer(desk)
