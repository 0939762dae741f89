"""Does a page that waits for captures say how far it is, from the listing to the last file?"""

from __future__ import annotations

import pytest

from pages.parts import loading
from queries.outlay import Outlay
from queries.progress import Progress


class Bar:
    """Where the page draws: what was drawn there, in order."""

    def __init__(self) -> None:
        self.drawn: list[tuple[float, str]] = []

    def progress(self, value: float, text: str) -> None:
        self.drawn.append((value, text.replace("\u202f", " ")))


@pytest.mark.parametrize(
    ("progress", "share", "text"),
    [
        (
            Progress(0, 12_000, 0, 90_000_000, None, listing=True),
            0.0,
            "Listing captures · 12,000 files so far",
        ),
        (Progress(0, 0, 0, 0, None, listing=True), 0.0, "Listing captures · 0 files so far"),
        (Progress(0, 348, 0, 26_000_000, None), 0.0, "0 of 348 files · 0 bytes of 26.0 MB"),
        (
            Progress(87, 348, 6_500_000, 26_000_000, 4.2),
            0.25,
            "87 of 348 files · 6.5 MB of 26.0 MB · 5 s left",
        ),
        (
            Progress(0, 9, 0, 1_000_000, None, outlay=Outlay(9, 1_000_000, 4, 11, 0.09)),
            0.0,
            "0 of 9 files · 0 bytes of 1.0 MB · at most 15 requests and about 0.0900 USD",
        ),
        (
            Progress(348, 348, 26_000_000, 26_000_000, 0),
            1.0,
            "348 of 348 files · 26.0 MB of 26.0 MB · 0 s left",
        ),
    ],
)
def test_the_bar_says_files_size_and_time_left(progress: Progress, share: float, text: str) -> None:
    """While listing, what was found so far; then files, MB and time; at the end all of it."""
    bar = Bar()
    loading._tell(bar, progress)  # type: ignore[arg-type] # stands for st.empty()
    assert bar.drawn == [(share, text)]


def test_no_captures_at_all_draw_no_bar() -> None:
    """Nothing of nothing is no share."""
    bar = Bar()
    loading._tell(bar, Progress(0, 0, 0, 0, 0))  # type: ignore[arg-type] # stands for st.empty()
    assert bar.drawn == []
