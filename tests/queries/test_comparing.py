"""Are answers of several parts compared once, whole, and with accounts that add up?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from queries import comparing, embeddings, ingest
from queries.config import Comparing, Config, Prediction, Test
from queries.opened import Opened, open_test
from queries.payloads import disagreements, payloads
from queries.reports import report
from queries.tables_out import TablesOut
from tests.queries.mirroring import log_file, log_test, logged, side

Answered = tuple[object, object]
DOCUMENTS = [
    ({"id": 1, "total": 10.0, "items": [{"sku": "a"}]}, {"id": 2, "total": 10.2, "items": []}),
    (
        {"id": 3, "total": 10.0, "items": [{"sku": "a"}]},
        {"id": 4, "total": 12.0, "items": [{"sku": "a"}]},
    ),
    ({"id": 5, "total": 10.0, "note": "x"}, {"id": 6, "total": 10.0, "note": "y"}),
    ({"id": 7, "total": 10.0}, {"id": 8, "total": 10.0}),
]  # fmt: skip


def lines(answers: Iterable[Answered], *, first: int = 0) -> list[bytes]:
    """A line of a log for each pair of answers, a second apart."""

    def answered(answer: object) -> dict[str, Any]:
        body = answer if isinstance(answer, str) else json.dumps(answer)
        return side(body, content_type="application/json")

    return [
        logged(answered(one), answered(other), at=at, id=f"r{at}")
        for at, (one, other) in enumerate(answers, start=first)
    ]


def opened(
    tmp_path: Path, answers: Iterable[Answered], kind: Any, **compare: Any
) -> tuple[Opened, Config, Test]:
    """A test over a log with these answers."""
    log_file(tmp_path / "log", lines(answers))
    config, test = log_test(
        tmp_path, prediction=Prediction(kind=kind), compare=Comparing(**compare)
    )
    return open_test(config, test), config, test


def stored(found: Opened) -> list[dict[str, Any]]:
    """Every pair as it is kept, in the order of time."""
    import pyarrow.parquet as parquet

    assert found.compared is not None
    table = parquet.read_table(found.compared.pairs(found.captured.ingested.store))
    rows: list[dict[str, Any]] = table.sort_by("ts").to_pylist()
    return rows


def differing(found: Opened) -> dict[str, tuple[int, int, int, int]]:
    """Of every field by name: pairs that have it, changed, only production, only shadow."""
    comparison = report(found, "all").comparison
    assert comparison is not None
    return {
        f.name: (f.n, round(f.differs.value * f.n), f.only_production, f.only_shadow)
        for f in comparison.fields
    }


def test_documents_from_the_log_to_the_report(tmp_path: Path) -> None:
    """Fields, states and shares are those one counts by hand; the verdict names the rule."""
    found, _, _ = opened(tmp_path, DOCUMENTS, "json", ignore=("$.id",))
    assert [row["agreed"] for row in stored(found)] == [False, False, False, True]
    assert differing(found) == {
        "$.note": (1, 1, 0, 0),
        "$.items[*].sku": (2, 1, 1, 0),
        "$.total": (4, 1, 0, 0),
    }
    made = report(found, "all")
    comparison, agreement = made.comparison, made.agreement
    assert comparison is not None
    assert agreement is not None
    assert (comparison.n, comparison.not_compared, comparison.cut) == (4, 0, 0)
    total = next(each for each in comparison.fields if each.name == "$.total")
    assert (total.bias.value, total.bias.n, total.largest) == (pytest.approx(0.55), 4, 2.0)
    assert total.sd == pytest.approx(np.std([0.2, 2.0, 0, 0], ddof=1))
    assert (agreement.fixed.value, agreement.fixed.n) == (0.25, 4)
    assert "every field is the same, numbers within 5 % of production's" in agreement.rule
    assert any(agreement.rule in check.sentence for check in made.verdict.guardrails)


def test_the_least_alike_are_listed_first(tmp_path: Path) -> None:
    """What differs is listed by the kind's own measure, with what was answered."""
    texts = ["one two three four", "one two three five", "nothing alike at all"]
    answers = [({"generated_text": texts[0]}, {"generated_text": other}) for other in texts]
    found, _, _ = opened(tmp_path, answers, "text")
    listed = disagreements(found, "all")
    assert (listed.measure, listed.total) == ("similarity", 2)
    assert [row.shadow_answer for row in listed.rows] == [texts[2], texts[1]]
    assert [row.production_answer for row in listed.rows] == [texts[0]] * 2
    worst, better = (row.likeness for row in listed.rows)
    assert worst is not None
    assert better is not None
    assert 0 <= worst < better < 0.9
    row = listed.rows[0]
    both = payloads(found, row.production_ref, row.shadow_ref)
    assert both.shadow is not None
    assert texts[2] in both.shadow.output


def test_what_cannot_be_compared_is_neither_same_nor_different(tmp_path: Path) -> None:
    """An answer that is not of the kind leaves agreement alone, and is counted."""
    answers = [(["a"], ["a"]), ({"a": "b"}, ["a"]), (["a"], "null"), (["a"], ["b"])]
    found, _, _ = opened(tmp_path, answers, "multilabel")
    comparison, agreement = report(found, "all").comparison, report(found, "all").agreement
    assert comparison is not None
    assert agreement is not None
    assert (comparison.n, comparison.not_compared) == (2, 2)
    assert (agreement.fixed.value, agreement.fixed.n) == (0.5, 2)
    assert [row["comparable"] for row in stored(found)] == [True, False, False, True]
    assert [row["jaccard"] for row in stored(found)] == [1.0, None, None, 0.0]


def test_an_empty_text_is_an_answer_and_no_text_is_none(tmp_path: Path) -> None:
    """A model that says nothing has answered; one whose answer lacks the field has not."""
    texts = [({"generated_text": ""}, {"generated_text": ""}), ({"generated_text": "a b"}, {})]
    found, _, _ = opened(tmp_path, texts, "text")
    assert [row["comparable"] for row in stored(found)] == [True, False]
    assert [row["similarity"] for row in stored(found)] == [1.0, None]
    # there is no length to be a part of
    assert stored(found)[0]["length_ratio"] is None


def test_pairs_are_compared_once(tmp_path: Path) -> None:
    """Opening again reads the same file; other rules make another, and the old one goes."""
    found, config, test = opened(tmp_path, DOCUMENTS, "json")
    first = found.compared
    assert first is not None
    file = first.pairs(found.captured.ingested.store)
    written = file.stat().st_mtime_ns
    assert open_test(config, test).compared == first
    assert file.stat().st_mtime_ns == written
    other = open_test(config, replace(test, compare=Comparing(ignore=("$.id",))))
    assert other.compared is not None
    assert other.compared.name != first.name
    assert file.with_name(f"{file.name}.old").exists()


def test_new_pairs_are_added_to_what_was_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes later is compared then, and all is as if it had been compared at once."""
    # a segment that is large enough stays as it is; here every one is
    monkeypatch.setattr(ingest, "OPEN_BYTES", 0)
    found, config, test = opened(tmp_path, DOCUMENTS, "json")
    before = found.compared
    assert before is not None
    # a mark in what was kept: it is there still, where nothing was compared a second time
    import pyarrow as pa
    import pyarrow.parquet as parquet

    file = before.pairs(found.captured.ingested.store)
    kept = parquet.read_table(file)
    marked = pa.array([0.125] * kept.num_rows)
    at = kept.schema.get_field_index("same_fields")
    parquet.write_table(kept.set_column(at, "same_fields", marked), file)
    later = [({"id": 1, "extra": 1}, {"id": 1, "extra": 2}), DOCUMENTS[1]]
    log_file(tmp_path / "log", lines(later, first=100), name="part-2.jsonl")
    after = open_test(config, test)
    assert after.compared is not None
    assert [row["same_fields"] for row in stored(after)] == [0.125] * 4 + [0.5, 1 / 3]
    assert after.compared.fields[: len(before.fields)] == before.fields
    afresh = open_test(replace(config, cache=tmp_path / "other"), test)
    assert differing(after) == differing(afresh)
    assert [row["agreed"] for row in stored(after)] == [row["agreed"] for row in stored(afresh)]


def test_no_pairs_are_no_reason_to_fail(tmp_path: Path) -> None:
    """A log in which nobody met has a comparison of nothing."""
    answer = side('{"a": 1}', content_type="application/json")
    log_file(tmp_path / "log", [logged(answer, id="x"), logged(None, answer, id="y")])
    config, test = log_test(tmp_path, prediction=Prediction(kind="json"))
    found = open_test(config, test)
    comparison = report(found, "all").comparison
    assert comparison is not None
    assert (comparison.n, comparison.not_compared, comparison.fields) == (0, 0, ())
    assert [each.mean.known for each in comparison.measures] == [False]


def test_documents_with_ids_for_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many names fields are told of together, each pair once."""
    monkeypatch.setattr(comparing, "MOST_NAMES", 3)
    answers = [({f"k{at}": 1, f"l{at}": 1}, {f"k{at}": 1, f"l{at}": 2}) for at in range(5)]
    found, _, _ = opened(tmp_path, answers, "json")
    assert found.compared is not None
    assert found.compared.fields == ("$.k0", "$.l0", "$.k1", "(further fields)")
    assert differing(found)["(further fields)"] == (4, 4, 0, 0)


def test_batches_join_without_a_seam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many pairs are in memory at once, the same comes out."""
    answers = [({"v": at}, {"v": at + (at % 3 == 0)}) for at in range(50)]
    whole = differing(opened(tmp_path / "a", answers, "json")[0])
    monkeypatch.setattr(comparing, "BATCH", 7)
    assert differing(opened(tmp_path / "b", answers, "json")[0]) == whole
    # every third is one more: 0, 3, … 18 of them by more than 5 %
    assert whole == {"$.v": (50, 7, 0, 0)}


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """What fails on the way leaves neither the file nor a half of it."""
    import pyarrow as pa

    file = tmp_path / "x.parquet"

    def fail() -> None:
        with TablesOut(file) as out:
            out.write(pa.table({"a": [1]}))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_meaning_needs_its_package_and_its_model(tmp_path: Path) -> None:
    """What is missing is said with what to do, and the other measures are there."""
    texts = [({"generated_text": "a b"}, {"generated_text": "a b"})]
    found, _, _ = opened(tmp_path, texts, "text", embeddings=str(tmp_path / "nowhere"))
    comparison = report(found, "all").comparison
    assert comparison is not None
    assert next(each.name for each in comparison.measures) == "similarity"
    assert "leave the key out" in comparison.problem
    installed = find_spec(embeddings.PACKAGE) is not None
    assert ("no such folder" if installed else "pip install model2vec") in comparison.problem


def test_meaning_by_a_model(tmp_path: Path) -> None:
    """With a model in place the cosine of the vectors is one measure more."""
    model2vec = pytest.importorskip("model2vec", reason="the optional package is not installed")
    tokenizers = pytest.importorskip("tokenizers")
    words = ["[UNK]", "cat", "dog", "car"]
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    vectors = np.array([[0, 0], [1, 0], [1, 0.1], [0, 1]], np.float32)
    model2vec.StaticModel(vectors, tokenizer).save_pretrained(tmp_path / "model")
    texts = [({"generated_text": "cat"}, {"generated_text": other}) for other in ("dog", "car")]
    found, _, _ = opened(tmp_path, texts, "text", embeddings=str(tmp_path / "model"))
    assert [row["meaning"] for row in stored(found)] == pytest.approx([0.995, 0.0], abs=1e-3)
