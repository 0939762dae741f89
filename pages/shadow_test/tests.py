"""Which shadow tests are there, and in which state is each?"""

from __future__ import annotations

import streamlit as st

from pages.parts import accounts, escape, format, states
from queries import cached
from queries.aws import is_named
from queries.errors import AwsError

st.title("All shadow tests", anchor=False)

config = states.load(cached.account, what="the configuration")
found = None
if is_named(config.aws):
    try:
        with st.spinner("Asking SageMaker…"):
            found = cached.discovery()
        config = cached.account()
    except AwsError as error:
        states.failed(error, what="the tests of the account")
else:
    st.caption("No AWS region is configured, so only the tests of `understudy.toml` are listed.")

if found is not None:
    region = escape.markdown(config.aws.region or "the environment’s region")
    st.caption(
        f"From `understudy.toml` and from SageMaker in {region}, asked {format.moment(found.at)}. "
        + ("Demo account: the answers come from a stand-in on this machine." if config.demo else "")
    )
    for problem in found.problems:
        st.warning(escape.markdown(problem, length=600), icon=":material/cloud_off:")

for test in config.tests:
    known = found.of(test) if found is not None else None
    with st.container(border=True):
        name, state, button = st.columns([6, 2, 2], vertical_alignment="center")
        name.markdown(f"##### {escape.markdown(test.name, length=120)}")
        if test.description:
            name.caption(escape.markdown(test.description, length=200))
        with state:
            accounts.badge(known)
        button.html(accounts.link(test.name))
        accounts.draw(test, known)
