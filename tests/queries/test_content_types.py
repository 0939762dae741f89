"""Has every request the content type it was sent with, however its file was written down?"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queries import ingest
from queries.config import Config, Prediction, Test
from queries.opened import Opened, open_test
from queries.windows import bounds
from tests.queries.capturing import capture_file, line

CSV, PLAIN, NONE = "text/csv", "text/plain", None


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No segment is joined to another: each file keeps a usual type of its own."""
    monkeypatch.setattr(ingest, "OPEN_BYTES", 0)


def opened(folder: Path, files: list[list[str | None]]) -> Opened:
    """Requests numbered from 0, of these content types; a file is read before the next is there."""
    test = Test(
        name="t",
        captures=str(folder / "captures"),
        production="AllTraffic",
        shadow="Shadow",
        prediction=Prediction(kind="binary", column=0),
        features=("number", "one"),
    )
    config = Config(tests=(test,), cache=folder / "cache")
    first = 0
    for at, types in enumerate(files):
        lines = [
            line(f"{n},1", "0.7", at=60.0 * n, inference=f"r{n}", types=(kind, "text/csv"))
            for n, kind in enumerate(types, start=first)
        ]
        first += len(types)
        for variant in ("AllTraffic", "Shadow"):
            capture_file(folder / "captures", lines, variant=variant, name=f"{at:02}.jsonl")
        found = open_test(config, test)
    assert len(found.captured.ingested.of("AllTraffic")) == len(files)
    return found


def types_of(found: Opened) -> list[str | None]:
    """The content type of each request, by its number."""
    answer = found.engine.run(
        "slice_sample", columns=["f0", "content_type"], step=1, **bounds(found.window("all"))
    )
    rows = zip(answer["f0"].tolist(), answer["content_type"].tolist(), strict=True)
    return [kind for _, kind in sorted(rows, key=lambda row: row[0])]


@pytest.mark.parametrize(
    "files",
    [
        [[CSV] * 3],
        [[NONE] * 3],
        # the usual type of a file is not that of most files
        [[CSV] * 3, [CSV] * 2, [PLAIN] * 3],
        [[CSV] * 2, [NONE] * 3, [CSV] * 2],
        [[NONE] * 2, [NONE] * 3, [PLAIN] * 2],
        # two in one file: one of them is written down, whichever came first
        [[CSV, PLAIN, PLAIN, PLAIN]],
        [[PLAIN, NONE, NONE], [NONE, CSV, CSV, PLAIN], [CSV] * 4],
    ],
)
def test_every_request_has_its_own(tmp_path: Path, files: list[list[str | None]]) -> None:
    """What a file takes for usual is put back for each file; no type is missing, not text."""
    assert types_of(opened(tmp_path, files)) == [kind for types in files for kind in types]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(st.sampled_from([CSV, PLAIN, NONE]), min_size=1, max_size=5),
        min_size=1,
        max_size=3,
    )
)
def test_any_mixture(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[str | None]]
) -> None:
    """However types are spread over files, none is exchanged."""
    found = opened(tmp_path_factory.mktemp("types"), files)
    assert types_of(found) == [kind for types in files for kind in types]
