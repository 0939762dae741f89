"""Is a reader asked before a great deal is read from S3, and not before a little?"""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import outlays
from queries.errors import LargeRead
from queries.outlay import Outlay

LARGE = Outlay(objects=12_408, bytes=14_200_000_000, lists=13, gets=12_428, usd=1.283)
MANY = Outlay(objects=20_001, bytes=1_000_000, lists=21, gets=20_021, usd=0.0082)
SMALL = Outlay(objects=348, bytes=26_000_000, lists=3, gets=368, usd=0.0025)


def page() -> None:
    """Read a large test and a small one, as a page does."""
    import streamlit as st

    from pages.parts import outlays, states
    from tests.pages.test_outlays import LARGE, SMALL

    def read() -> str:
        outlays.allow("small", SMALL)
        outlays.allow("fraud_v7", LARGE)
        return "everything"

    st.text(f"read: {states.load(read, what='the captures')}")


def test_a_large_test_is_read_when_the_reader_says_so() -> None:
    """The page says files, bytes, requests and cost, and reads on when the button is pressed."""
    app = AppTest.from_function(page).run()
    (said,) = [each.value.replace("\u202f", " ").replace("\\", "") for each in app.warning]
    for part in ("12,408 files", "14.2 GB", "at most 12,441 requests", "1.28 USD", "once"):
        assert part in said
    assert not app.text
    app.button(key="read_anyway_the captures").click().run()
    assert not app.warning
    assert [each.value for each in app.text] == ["read: everything"]
    # and it is not asked again in this session
    assert not app.run().warning


@pytest.mark.parametrize(("outlay", "asked"), [(SMALL, False), (LARGE, True), (MANY, True)])
def test_bytes_and_files_ask_each_for_themselves(outlay: Outlay, asked: bool) -> None:
    """Twenty thousand small files take as long as some GB."""
    with pytest.raises(LargeRead) if asked else nullcontext():
        outlays.allow("another", outlay)
