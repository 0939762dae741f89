"""The frame of the dashboard: page settings, what is looked at, and where one can go."""

from __future__ import annotations

from contextlib import nullcontext

import streamlit as st

from pages.parts import (
    asking,
    first_visit,
    looking_back,
    people,
    returning,
    selection,
    states,
    trials,
)
from queries import cached

st.set_page_config(page_title="Understudy", page_icon="🎭", layout="wide")

# One folder a section and no file directly in pages/: a file there would run without this frame
# when it is the first thing a new server is asked for.
PLANNER = st.Page(
    "pages/shadow_test/planner.py", title="Plan a test", icon=":material/event_upcoming:"
)
SHADOW_TEST = [
    st.Page(
        "pages/shadow_test/overview.py", title="Overview", icon=":material/flag:", default=True
    ),
    st.Page("pages/shadow_test/agreement.py", title="Agreement", icon=":material/join_inner:"),
    st.Page("pages/shadow_test/latency.py", title="Latency & errors", icon=":material/timer:"),
    st.Page("pages/shadow_test/slices.py", title="Slices", icon=":material/pie_chart:"),
    st.Page("pages/shadow_test/drift.py", title="Drift", icon=":material/ssid_chart:"),
    st.Page("pages/shadow_test/quality.py", title="Quality", icon=":material/verified:"),
    st.Page("pages/shadow_test/resources.py", title="Resources", icon=":material/memory:"),
    st.Page("pages/shadow_test/several.py", title="Side by side", icon=":material/view_column:"),
    st.Page("pages/shadow_test/tests.py", title="All tests", icon=":material/list:"),
    PLANNER,
]
TRAINING = [
    st.Page("pages/training/gradients.py", title="Gradients", icon=":material/grid_on:"),
    st.Page("pages/training/rules.py", title="Rules", icon=":material/rule:"),
    st.Page("pages/training/system.py", title="System", icon=":material/monitor_heart:"),
]
DEPLOYMENT = [
    st.Page("pages/deployment/deploy.py", title="Deploy", icon=":material/rocket_launch:"),
    st.Page("pages/deployment/history.py", title="History", icon=":material/history:"),
]
SECTIONS = {"Shadow test": SHADOW_TEST, "Training": TRAINING, "Deployment": DEPLOYMENT}
page = st.navigation(SECTIONS, expanded=True)
first_visit.load_again(page, SHADOW_TEST[0])
returning.lead_back(page, [*SHADOW_TEST, *TRAINING, *DEPLOYMENT])

if page in TRAINING:
    # a file may name trials alone: no test is needed, and SageMaker is not asked for any
    config = states.load(cached.configured, what="the configuration")
    trials.choose(config)
elif page == PLANNER:
    # a test that is not there yet needs none that is
    config = states.load(cached.configured, what="the configuration")
else:
    wanted = st.query_params.get("test")
    config = states.load(lambda: cached.account(wanted), what="the configuration")
    if not config.tests:
        states.no_tests(config)
    with st.sidebar:
        chosen = selection.choose(config)
    if chosen.unknown_test is not None:
        states.unknown_test(chosen.unknown_test, [test.name for test in config.tests])
with st.sidebar:
    people.show(config)
    if config.demo:
        st.caption("Demo account: made-up captures, no AWS. Name your own in `understudy.toml`.")
asks_athena = page not in (*TRAINING, PLANNER)
counted = asking.counted(config, page.url_path) if asks_athena else nullcontext()
try:
    with counted:
        page.run()
finally:
    # once the first page is drawn, also where it ends early
    looking_back.begin(config)
