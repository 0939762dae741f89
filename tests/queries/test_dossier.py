"""Is a dossier whole though a part of it fails, and does it prove what it rests on?"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analysis.policy import Policy
from queries.config import Aws, Config, Test
from queries.dossier import Dossier, as_json, collect, versions
from queries.errors import QuestionError
from queries.opened import Opened, open_test
from tests.queries.capturing import capture_file, line

AT = datetime(2026, 11, 23, 6, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No region is configured: AWS is not asked."""
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)


def opened(folder: Path, *, policies: tuple[Policy, ...] = (), **test: Any) -> Opened:
    captures = folder / "captures"
    for variant in ("AllTraffic", "Shadow"):
        lines = [line(f"{n},1", f"0.{n}", at=60.0 * n, inference=f"r{n}") for n in range(1, 9)]
        capture_file(captures, [*lines, b"no record"], variant=variant)
    asked = Test(name="t", captures=str(captures), production="AllTraffic", shadow="Shadow", **test)
    return open_test(Config(tests=(asked,), policies=policies, cache=folder / "cache"), asked)


def read_back(dossier: Dossier) -> dict[str, Any]:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    found: dict[str, Any] = json.loads(as_json(dossier), parse_constant=refuse)
    return found


def test_a_part_that_fails_is_a_sentence_in_its_place(tmp_path: Path) -> None:
    """A baseline that is gone and an AWS that does not answer cost their parts, nothing else."""
    shown = opened(tmp_path, baseline=str(tmp_path / "gone.csv"), features=("a", "b"))
    aws = Aws(region="eu-central-1", endpoint_url="http://127.0.0.1:9")
    found = collect(replace(shown, config=replace(shown.config, aws=aws)), "all", at=AT)
    drift = dict(found.inputs)
    assert isinstance(drift["baseline"], str)
    assert "gone.csv" in drift["baseline"]
    assert not isinstance(drift["previous"], str)
    assert isinstance(found.resources, str)
    assert "AWS could not be asked" in found.resources
    assert found.report.pairing.paired == 8
    written = read_back(found)
    assert written["resources"] == found.resources
    assert written["inputs"]["baseline"] == drift["baseline"]
    assert written["report"]["pairing"]["paired"] == 8


def test_what_names_no_window_is_no_dossier(tmp_path: Path) -> None:
    """A wrong question is told; no file about another window is made of it."""
    with pytest.raises(QuestionError):
        collect(opened(tmp_path), "last week", at=AT)


def test_the_hashes_move_with_what_they_prove(tmp_path: Path) -> None:
    """The same settings and limits, the same hashes; each change moves its own."""
    shown = opened(tmp_path)
    first, again = (collect(shown, "all", at=AT) for _ in range(2))
    assert as_json(first) == as_json(again)
    other = replace(shown, test=replace(shown.test, capture_percent=50.0))
    settings = collect(other, "all", at=AT)
    assert settings.config_hash != first.config_hash
    assert settings.policy_hash == first.policy_hash
    strict = replace(Policy(), min_agreement=0.99)
    limits = collect(replace(shown, policy=strict), "all", at=AT)
    assert limits.policy_hash != first.policy_hash
    assert len(first.config_hash) == len(first.policy_hash) == 64


def test_what_could_not_be_read_is_in_it(tmp_path: Path) -> None:
    """Each line that is no record is listed, in the file too; so is every setting in force."""
    found = collect(opened(tmp_path), "all", at=AT)
    assert len(found.rejects) == 2
    written = read_back(found)
    assert [each["reason"] for each in written["rejects"]] == [r.reason for r in found.rejects]
    assert written["settings"]["policy.default.min_agreement"] == "0.95"
    assert written["written"] == "2026-11-23T06:00:00Z"


def test_the_versions_name_what_computed() -> None:
    """Python and each package behind a number, with the version that is installed."""
    import numpy as np

    found = dict(versions())
    assert found["numpy"] == np.__version__
    assert {"python", "duckdb", "scipy"} <= found.keys()
    assert "unknown" not in found.values()
