"""Are real captures, as AWS wrote them for others, read as a person reads them?

The files lie beside the checkout (shared/corpus/captures, whose MANIFEST.md says where each comes
from). The numbers below were counted in the files themselves: lines, records, rows (a batch of
three answers is three rows), and the first answer as one reads it off the payload.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from queries.inventory import document, read_anything
from tests.queries.capturing import rows_of

CAPTURES = Path(__file__).parents[2].parent / "shared/corpus/captures"
CSV = "text/csv", "CSV"
CSV_OUT = "text/csv; charset=utf-8", "CSV"
JSON = "application/json", "JSON"
PNG = "image/png", "BASE64"
IMAGE = "application/x-image", "BASE64"
NOTHING = (None, None)


@dataclass(frozen=True, slots=True)
class Known:
    """What a person counts and reads in a file."""

    kind: str
    first: tuple[str | None, float | None]
    records: int = 1
    rows: int | None = None
    given: tuple[str, str] = CSV
    answer: tuple[str, str] = CSV_OUT
    features: int = 0
    unreadable: int = 0
    timeless: int = 0
    inference_ids: int = 0


def image(label: str, score: float, records: int = 1, given: tuple[str, str] = PNG) -> Known:
    """An image in, two probabilities out: the label is the place of the larger."""
    return Known("multiclass", (label, score), records, given=given, answer=JSON)


def churn(score: float, records: int = 1, ids: int = 0) -> Known:
    """69 numbers in, one probability out (XGBoost)."""
    return Known("binary", (None, score), records, features=69, inference_ids=ids)


ADELIE = Known("multiclass", ("Adelie", 0.964408875), features=6, inference_ids=1)
SHADOW = Known("multiclass", ("2", 0.79039216), rows=3, answer=JSON, features=7)
KNOWN = {
    "AmadouBari__captured_data": image("1", 0.9999980926513672, 2),
    "sschuhmi__03-14-433": image("0", 0.9980188608169556),
    "sschuhmi__12-49-322": image("1", 0.998241662979126),
    "sschuhmi__21-41-855": image("0", 0.9980188608169556),
    "sschuhmi__47-32-007": image("0", 0.7738014459609985),
    "sschuhmi__56-16-539": image("0", 0.9917336702346802),
    "John0Isaac__04-58-836": image("0", 0.9809601306915283),
    "John0Isaac__14-27-850": image("0", 0.8831928372383118, 2),
    "John0Isaac__15-30-987": image("0", 0.8831928372383118),
    "John0Isaac__17-52-069": image("0", 0.8831928372383118),
    "John0Isaac__19-35-521": image("0", 0.8831928372383118, 2),
    "John0Isaac__24-30-921": image("0", 0.8831928372383118),
    "John0Isaac__30-39-383": image("0", 0.8831928372383118, 8),
    "John0Isaac__34-04-781": image("0", 0.8831928372383118),
    "John0Isaac__39-30-669": image("1", 0.9022150635719299, 4),
    "John0Isaac__41-03-828": image("0", 0.8562734723091125, 2),
    "John0Isaac__43-19-667": image("0", 0.634876549243927, 2),
    "beauvilerobed__02-27-993": image("0", 0.8266008496284485, given=IMAGE),
    "beauvilerobed__11-05-891": image("0", 0.8266008496284485, given=IMAGE),
    "beauvilerobed__34-58-374": image("1", 0.9949525594711304, given=IMAGE),
    "beauvilerobed__49-27-886": image("0", 0.7898849844932556, given=IMAGE),
    "beauvilerobed__51-40-360": image("1", 0.936847448348999, 2, given=IMAGE),
    "beauvilerobed__52-57-931": image("0", 0.7024688720703125, given=IMAGE),
    # three numbers in, three out, twice: TensorFlow's half plus two, of 1, 2 and 5
    "sagemaker-python-sdk__captured-data": Known(
        "regression", (None, 3.5), 2, 6, JSON, JSON, features=1
    ),
    # eventMetadata first, and the time is an unfilled template
    "sagemaker-python-sdk__capture.": Known(
        "binary", (None, 0.302709460258), 44, answer=CSV, features=7, timeless=44
    ),
    "al1az1z1__": Known("binary", (None, 0.32937881350517273), features=36, inference_ids=1),
    # 14 sentences in, 14 pairs of logits out
    "aws-samples__detect-data-drift": Known(
        "multiclass", ("0", 0.5500634908676147), rows=14, given=JSON, answer=JSON
    ),
    # BERT: two reviews in, two rows of five logits out
    "data-science-on-aws__": Known(
        "multiclass", ("4", 4.16521502), rows=2, given=JSON, answer=JSON
    ),
    "kannuverma12__kverma-Assignment5-1.jsonl": churn(0.5217539072036743, 2, ids=2),
    "kannuverma12__kverma-Assignment5-1__cell51": churn(0.01584203727543354, ids=1),
    "rjEks__notebooks-Model-Monitor-ExtendedLogging": churn(0.01584203727543354, 3),
    "rjEks__notebooks-mode-monitor-model-quality.jsonl": churn(0.5217539072036743, 2, ids=2),
    "rjEks__notebooks-mode-monitor-model-quality__cell22": churn(0.01584203727543354, ids=1),
    "svpino__backup-notebooks-cohort-11__cell219": Known(
        "multiclass", ("Adelie", 0.962092221), given=JSON, answer=JSON, features=6, inference_ids=1
    ),
    "svpino__backup-notebooks-cohort-6__cell141": Known(
        "multiclass", ("Adelie", 0.531686723), given=JSON, answer=JSON, features=5
    ),
    "svpino__backup-notebooks-cohort-7-linear__cell111": Known(
        "multiclass", ("Adelie", 0.775418103), rows=3, answer=JSON, features=6
    ),
    "svpino__backup-notebooks-cohort-7__cell215": Known(
        "multiclass", ("Adelie", 0.953110516), given=JSON, answer=JSON, features=6, inference_ids=1
    ),
    "svpino__backup-sagemaker-cohort__cell311": ADELIE,
    "svpino__program-cohort__cell311": ADELIE,
    "svpino__backup-sagemaker-cohort__cell368": SHADOW,
    "svpino__program-cohort__cell363": SHADOW,
    "xdt-ai__lab-7": Known("regression", (None, 10.524738311767578), 3, features=10),
    "learn-amazon-sagemaker-book": Known("regression", (None, 30.4133586884), features=12),
    # JSON columns in, text/html out whose BASE64 hides JSON: two houses
    "sagemaker-python-sdk-issue-2629": Known(
        "regression", (None, 478046.66), rows=2, given=JSON,
        answer=("text/html; charset=utf-8", "BASE64"), inference_ids=1,
    ),
    "sagemaker-python-sdk-issue-2785": Known(
        "binary", (None, 0.012620825320482254), answer=JSON, features=3
    ),
    "cribl-pack-doc-llm-tgi": Known("text", NOTHING, given=JSON, answer=JSON, features=1),
    # its answer was shortened to something that is no JSON: nothing can be read from it
    "nvidia-aiperf-doc-openai-chat": Known(
        "regression", NOTHING, given=JSON, answer=JSON, features=1, unreadable=1
    ),
}  # fmt: skip
# ground truth has a line an answer; statistics, constraints and schemas are one document each
NO_CAPTURES = {"ground_truth/sagemaker-python-sdk__actuals.jsonl": 44}


def files(*folders: str) -> list[str]:
    """Names of the capture-like files of some folders of the corpus."""
    found = [path for folder in folders for path in (CAPTURES / folder).glob("*.json*")]
    return sorted(path.relative_to(CAPTURES).as_posix() for path in found)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if not CAPTURES.is_dir():
        pytest.skip("shared/corpus is not beside this checkout")


RECORDS = files("verbatim", "notebook_extracts", "issue_and_doc_samples", "merged")


@pytest.mark.parametrize("name", RECORDS or [""])
def test_a_real_capture_is_read_as_a_person_reads_it(name: str) -> None:
    """Counts, content types, kind and the first answer are those one finds by looking."""
    known = next(
        (k for start, k in KNOWN.items() if name.rpartition("/")[2].startswith(start)), None
    )
    read = read_anything(str(CAPTURES / name))
    told = document(read, "", None)
    assert told["lines"] == told["records"] + told["rejected"]
    if known is None:
        return
    assert (told["objects"], told["failed"], told["rejects"]) == (1, [], [])
    assert told["records"] == known.records
    assert told["rows"] == (known.rows or known.records)
    assert told["unreadable"] == known.unreadable
    assert sum(segment.without_time for segment in read.segments) == known.timeless
    assert told["ids"] == {"inference_id": known.inference_ids, "event_id": known.records}
    types, encodings = zip(known.given, known.answer, strict=True)
    for counted, expected in (("content_types", types), ("encodings", encodings)):
        assert told[counted] == {one: expected.count(one) * known.records for one in set(expected)}
    (reading,) = read.readings.values()
    assert reading.kind == known.kind
    assert len(reading.input.names) == known.features
    row = rows_of(read)[0]
    assert (row["label"], row["score"]) == known.first


def test_the_table_is_of_this_corpus() -> None:
    """Every entry above is the one file it means."""
    names = [name.rpartition("/")[2] for name in RECORDS]
    assert {
        start: sum(name.startswith(start) for name in names) for start in KNOWN
    } == dict.fromkeys(KNOWN, 1)


@pytest.mark.parametrize("name", files("ground_truth", "monitor_outputs", "schema") or [""])
def test_what_is_no_capture_is_refused_line_by_line(name: str) -> None:
    """Ground truth, statistics, constraints and a schema are rejected, each with its reason."""
    told = document(read_anything(str(CAPTURES / name)), "", None)
    assert (told["objects"], told["records"], told["rows"]) == (1, 0, 0)
    assert told["lines"] == told["rejected"] == NO_CAPTURES.get(name, 1)
    assert {reject["reason"] for reject in told["rejects"]} == {
        "no captureData object: not a data-capture record"
    }
    assert [reject["line"] for reject in told["rejects"]] == list(range(1, told["lines"] + 1))


def test_the_whole_corpus_at_once() -> None:
    """All files together give the sum of what they give one by one, whatever is among them."""
    told = document(read_anything(str(CAPTURES)), "", None)
    assert told["objects"] == len([*CAPTURES.rglob("*.json"), *CAPTURES.rglob("*.jsonl")])
    assert told["lines"] == told["records"] + told["rejected"]
    assert told["records"] >= sum(known.records for known in KNOWN.values())
    left_out = {ignored["file"] for ignored in told["ignored"]}
    assert {"MANIFEST.md", "real_s3_keys.txt"} <= left_out
    assert sum(told["content_types"].values()) == 2 * told["records"]


def test_the_two_real_shadow_records() -> None:
    """The only public records of a shadow variant: a batch of three penguins, three labels."""
    read = read_anything(str(CAPTURES / "notebook_extracts/svpino__program-cohort__cell363.json"))
    rows = rows_of(read)
    assert [row["label"] for row in rows] == ["2", "0", "0"]
    assert [row["f4"] for row in rows] == [1.0, 0.0, 0.0]
    assert [str(row["ts"]) for row in rows] == ["2024-03-30 21:28:43"] * 3
