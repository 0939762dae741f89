"""How long must a test run before it decides, and what does the second fleet cost until then?"""

from __future__ import annotations

import streamlit as st

from analysis.planning import plan
from pages.charts import plans
from pages.parts import drawing, escape, expectations, planning, states, tables, tiles
from queries import cached

CHANCES = (0.8, 0.9)

st.title("Plan a test", anchor=False)
st.caption(
    "What is typed here stays in the address: send it on. No test is needed, and nothing is "
    "changed in AWS."
)
config = states.load(cached.configured, what="the configuration")
expectations.take(config)
traffic = expectations.traffic()
expected, policy = expectations.answers(config)
price, instances = expectations.fleet(config)

less, sure = (plan(expected, traffic, policy, chance) for chance in CHANCES)
st.markdown(f"#### {escape.markdown(planning.headline(sure), length=500)}")
tiles.row(planning.tiles_of(less, sure, price, config.currency, instances))
left, right = st.columns(2, gap="large")
with left:
    st.subheader("Until each check is decided", anchor=False)
    drawing.draw(plans.times(less, sure, drawing.colours()), key="plan_times")
with right:
    st.subheader("The same in numbers", anchor=False)
    tables.draw(planning.table(less, sure), name="plan", key="plan_table")
st.caption(escape.markdown(planning.basis(sure, expected, policy), length=1200))
