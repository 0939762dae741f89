"""Which files count as captures, and whose are they?"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.errors import SourceError
from queries.keys import SAGEMAKER_NAME, place_of, refusal_of_name
from queries.objects import list_objects, reader

KEYS = Path(__file__).parents[2].parent / "shared/corpus/captures/real_s3_keys.txt"
NAMES = st.from_regex(SAGEMAKER_NAME, fullmatch=True)


def write(folder: Path, name: str, content: bytes = b"{}\n") -> Path:
    """A file below ``folder``, its parents made."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def capture(variant: str, day_hour: str, *, endpoint: str = "fraud") -> str:
    """A key in SageMaker's layout on a day of March 2024, such as ``31/16``."""
    return f"{endpoint}/{variant}/2024/03/{day_hour}/05-06-007-0a1b.jsonl"


@given(st.text())
def test_any_text_has_a_place(text: str) -> None:
    """Reading a key never raises, whatever it holds."""
    place_of(text)
    refusal_of_name(text)


@given(
    prefix=st.text(max_size=40),
    endpoint=NAMES,
    variant=NAMES,
    moment=st.datetimes(min_value=datetime(1000, 1, 1)),  # noqa: DTZ001 - made UTC below
)
def test_place_round_trips(prefix: str, endpoint: str, variant: str, moment: datetime) -> None:
    """Whatever the destination, the parts SageMaker wrote come back."""
    hour = moment.replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
    date = f"{hour.year:04}/{hour.month:02}/{hour.day:02}/{hour.hour:02}"
    place = place_of(f"{prefix}/{endpoint}/{variant}/{date}")
    assert (place.endpoint, place.variant, place.hour) == (endpoint, variant, hour)


def test_every_real_key_is_read() -> None:
    """All keys seen in public give their hour, and their variant where they hold one."""
    if not KEYS.exists():
        pytest.skip("shared/corpus is not beside this checkout")
    keys = [line.split("\t")[0] for line in KEYS.read_text("utf-8").splitlines()]
    assert len(keys) == 69
    variants: set[str | None] = set()
    for key in keys:
        folder, name = key.rsplit("/", 1)
        place = place_of(folder)
        assert place.hour is not None, key
        assert refusal_of_name(name) is None, key
        if "captured_data/2025" not in key:  # a destination copied without endpoint and variant
            assert place.endpoint is not None, key
            variants.add(place.variant)
    assert {"AllTraffic", "ShadowTraffic"} <= variants
    assert None not in variants


def test_an_impossible_date_is_no_hour() -> None:
    """Folders that only look like a date are not taken for one."""
    assert place_of("e/v/2024/13/40/99").hour is None


def test_a_listing_reconciles(tmp_path: Path) -> None:
    """Every file is either an object or ignored with a reason."""
    wanted = [
        capture("Live", "31/16"),
        "a.JSON",
        "b.ndjson.gz",
        "deep/er/c.jsonl",
    ]
    unwanted = ["notes.txt", ".hidden.jsonl", "half.jsonl.tmp", "_SUCCESS", ".git/config.json"]
    for name in wanted + unwanted:
        write(tmp_path, name)
    listing = list_objects(str(tmp_path))
    assert {found.name for found in listing.objects} == set(wanted)
    assert {left.name for left in listing.ignored} == {
        "notes.txt",
        ".hidden.jsonl",
        "half.jsonl.tmp",
        "_SUCCESS",
        ".git/",
    }
    assert all(left.reason for left in listing.ignored)
    assert listing.bytes == 3 * len(wanted)


def test_objects_are_sorted_by_variant_and_key(tmp_path: Path) -> None:
    """The order of a listing does not depend on the file system."""
    for variant, hour in [("Shadow", "31/16"), ("Live", "31/17"), ("Live", "30/01")]:
        write(tmp_path, capture(variant, hour))
    found = list_objects(str(tmp_path)).objects
    assert [(each.variant, each.hour and each.hour.day) for each in found] == [
        ("Live", 30),
        ("Live", 31),
        ("Shadow", 31),
    ]


def test_a_file_named_directly_counts_whatever_its_suffix(tmp_path: Path) -> None:
    """A path that is itself a file is read, for the user chose it."""
    path = write(tmp_path, "captured.txt")
    (found,) = list_objects(str(path)).objects
    assert (found.key, found.name, found.size) == (str(path), "captured.txt", 3)


def test_a_missing_folder_is_a_sentence(tmp_path: Path) -> None:
    """A location that is not there is told, with what to do."""
    with pytest.raises(SourceError, match="do not exist on this machine; correct `captures`"):
        list_objects(str(tmp_path / "nowhere"))


def test_loops_of_links_end(tmp_path: Path) -> None:
    """A link back up is left out with its reason, and each file is found once."""
    write(tmp_path, "a/x.jsonl")
    (tmp_path / "a/up").symlink_to(tmp_path)
    (tmp_path / "broken.jsonl").symlink_to(tmp_path / "gone")
    listing = list_objects(str(tmp_path))
    assert [found.name for found in listing.objects] == ["a/x.jsonl"]
    assert [left.name for left in listing.ignored] == ["a/up/", "broken.jsonl"]


def test_the_window_takes_the_neighbour_hours(tmp_path: Path) -> None:
    """Folders of the hour before and after the window are read, others are not."""
    for hour in range(10, 20):
        write(tmp_path, capture("Live", f"31/{hour}"))
    write(tmp_path, "no-date.jsonl")
    found = list_objects(
        str(tmp_path),
        start=datetime(2024, 3, 31, 13, 30, tzinfo=UTC),
        end=datetime(2024, 3, 31, 15, 0, tzinfo=UTC),
    ).objects
    hours = [each.hour.hour if each.hour else None for each in found]
    assert hours == [None, 12, 13, 14, 15, 16]


def test_other_variants_and_endpoints_are_told(tmp_path: Path) -> None:
    """Captures of another variant or endpoint are left out aloud, folder by folder."""
    write(tmp_path, capture("Live", "31/16"))
    write(tmp_path, capture("Shadow", "31/16"))
    write(tmp_path, capture("Canary", "31/16"))
    write(tmp_path, capture("Live", "31/16", endpoint="other"))
    listing = list_objects(str(tmp_path), production="Live", shadow="Shadow", endpoint="fraud")
    assert [found.variant for found in listing.objects] == ["Live", "Shadow"]
    reasons = {left.name.split("/2024")[0]: left.reason for left in listing.ignored}
    assert reasons == {
        "fraud/Canary": "belongs to the variant Canary, not to Live or Shadow",
        "other/Live": "belongs to the endpoint other, not to fraud",
    }


def test_folders_named_after_the_variants_will_do(tmp_path: Path) -> None:
    """Copies without date folders are told apart by the folder's name."""
    write(tmp_path, "Live/x.jsonl")
    write(tmp_path, "Shadow/deep/x.jsonl")
    found = list_objects(str(tmp_path), production="Live", shadow="Shadow").objects
    assert [each.variant for each in found] == ["Live", "Shadow"]


def test_reading_goes_on_past_a_lost_file(tmp_path: Path) -> None:
    """A file that vanished or changed since the listing is an error beside the others' bytes."""
    for name in "abc":
        write(tmp_path, f"{name}.jsonl", name.encode() * 3)
    objects = list_objects(str(tmp_path)).objects
    (tmp_path / "a.jsonl").unlink()
    write(tmp_path, "b.jsonl", b"longer")
    files = reader(str(tmp_path))
    first, second, third = [content for _, content in files.read_many(objects)]
    assert isinstance(first, SourceError)
    assert "No such file" in str(first)
    assert isinstance(second, SourceError)
    assert "changed while it was read" in str(second)
    assert third == b"ccc"
    assert files.read_range(objects[2], 1, 2) == b"c"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_folder_is_told(tmp_path: Path) -> None:
    """A folder that may not be opened is ignored with its reason, and the rest is read."""
    write(tmp_path, "open/x.jsonl")
    write(tmp_path, "shut/y.jsonl")
    (tmp_path / "shut").chmod(0)
    listing = list_objects(str(tmp_path))
    (tmp_path / "shut").chmod(0o700)
    assert [found.name for found in listing.objects] == ["open/x.jsonl"]
    assert "may read it" in listing.ignored[0].reason
