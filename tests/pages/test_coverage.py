"""Is everything that could not be read told for what it is: a line of a file, or a whole file?"""

from __future__ import annotations

from pages.parts import coverage

REFUSED = "s3://bucket/a.jsonl: AWS answered GetObject with KMS.DisabledException: it is disabled."


def test_a_file_that_failed_is_not_told_as_a_line() -> None:
    """Line and byte belong to a rejected line; of a file its name and the reason are shown."""
    raw = (("fraud/Live/a.jsonl", 0, 0, REFUSED), ("fraud/Live/b.jsonl", 3, 1_210, "no JSON"))
    shown = coverage.rejected_lines(raw)
    assert shown.rows == (
        ("fraud/Live/a.jsonl", "the whole file", REFUSED),
        ("fraud/Live/b.jsonl:3", "1,210", "no JSON"),
    )
    assert shown.export_rows == raw


def test_the_file_to_download_holds_more_than_the_page() -> None:
    """The page shows the first of them, the download all."""
    raw = tuple((f"{n}.jsonl", 0, 0, REFUSED) for n in range(100))
    shown = coverage.rejected_lines(raw)
    assert len(shown.rows) == coverage.MOST_REJECTS_SHOWN
    assert len(shown.export_rows) == 100
