"""Is S3 listed within the window, read past failures, and are its refusals told?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from queries import baselines, s3, s3_reader
from queries.config import Aws
from queries.errors import AwsError, SourceError
from queries.objects import Listing, list_objects, reader
from tests.queries.bucket import BUCKET, StandIn

NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """One stand-in for the module; starting it takes longer than a test."""
    stand_in = StandIn(tmp_path_factory.mktemp("s3"))
    yield stand_in
    stand_in.stop()


@pytest.fixture
def bucket(
    server: StandIn, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> StandIn:
    """The stand-in with an empty bucket and no faults."""
    monkeypatch.setattr(s3_reader, "_PAUSE_S", 0.001)
    old = server.folder / BUCKET
    if old.exists():
        old.rename(tmp_path_factory.mktemp("old") / "bucket")
    old.mkdir()
    server.requests.clear()
    server.fault = lambda path, count: None
    return server


def captured(
    variant: str, hours: int = 0, *, number: int = 0, prefix: str = "", endpoint: str = "fraud"
) -> str:
    """A key as SageMaker writes it, ``hours`` after noon."""
    hour = NOON + timedelta(hours=hours)
    return f"{prefix}{endpoint}/{variant}/{hour:%Y/%m/%d/%H}/05-06-007-{number:05}.jsonl"


def test_an_address_is_bucket_and_key() -> None:
    """The key may be empty, hold slashes, and begin with one."""
    assert s3.address_of("s3://b").key == ""
    address = s3.address_of("s3://b//a/c/")
    assert (address.bucket, address.key) == ("b", "/a/c/")
    with pytest.raises(SourceError, match="names no bucket"):
        s3.address_of("s3:///x")


@pytest.mark.parametrize("prefix", ["", "deep/2023/pre=fix/"])
@pytest.mark.parametrize("below", ["", "fraud", "fraud/", "fraud/Live", "fraud/Live/2024/03"])
def test_captures_are_found_from_wherever_the_location_points(
    bucket: StandIn, prefix: str, below: str
) -> None:
    """Bucket, destination, endpoint, variant and month all lead to the same objects."""
    keys = {bucket.put(captured("Live", hours, prefix=prefix)) for hours in (-30, 0)}
    listing = bucket.list(prefix + below)
    assert {found.key for found in listing.objects} == keys
    assert {(found.endpoint, found.variant) for found in listing.objects} == {("fraud", "Live")}
    assert listing.objects[1].hour == NOON
    assert listing.objects[0].size == 3
    assert listing.objects[0].etag
    assert listing.ignored == ()


def test_destination_joined_without_a_slash_is_found(bucket: StandIn) -> None:
    """SageMaker appends the endpoint's name as plain text; the location may end there."""
    key = bucket.put(captured("Live", prefix="data/capture-"))
    (found,) = bucket.list("data/capture-").objects
    assert (found.key, found.endpoint) == (key, "capture-fraud")
    assert found.name == key.removeprefix("data/")


def test_one_object_can_be_named(bucket: StandIn) -> None:
    """A location that is itself an object is read whatever its suffix, and nothing else is."""
    bucket.put("a/captures.txt", b"12345")
    bucket.put("a/captures.txt.more/x.jsonl")
    (found,) = bucket.list("a/captures.txt").objects
    assert (found.key, found.name, found.size) == ("a/captures.txt", "captures.txt", 5)


def test_an_empty_prefix_is_an_empty_listing(bucket: StandIn) -> None:
    """No captures yet is no failure."""
    assert bucket.list("nothing/here") == Listing((), ())


def test_the_window_bounds_the_list(bucket: StandIn) -> None:
    """Of 200 hours only those of the window and one on each side are listed."""
    for hours in range(-100, 100):
        bucket.put(captured("Live", hours))
        bucket.put(captured("Shadow", hours))
    listing = bucket.list(
        production="Live",
        shadow="Shadow",
        start=NOON + timedelta(minutes=10),
        end=NOON + timedelta(hours=2),
    )
    hours = {(found.hour - NOON) / timedelta(hours=1) for found in listing.objects if found.hour}
    assert hours == {-1, 0, 1, 2, 3}
    assert len(listing.objects) == 10
    ranged = [query for query in bucket.lists if "start-after" in query]
    assert [query["start-after"] for query in ranged] == [
        ["fraud/Live/2024/03/31/11/"],
        ["fraud/Shadow/2024/03/31/11/"],
    ]
    # bucket, endpoint, and for each variant its folder, a look at a year and the one LIST
    assert len(bucket.lists) == 2 + 2 * 3


def test_a_thousand_keys_are_not_the_end(bucket: StandIn) -> None:
    """LIST answers a thousand keys at a time; all pages are read, and no more than needed."""
    for number in range(1001):
        bucket.put(captured("Live", number=number))
        bucket.put(captured("Live", 5, number=number))
    found = bucket.list("fraud/Live").objects
    assert len(found) == len({each.key for each in found}) == 2002
    bucket.requests.clear()
    assert len(bucket.list("fraud/Live", end=NOON).objects) == 1001
    # of three pages the third is not asked for, since the second passes the window's end
    assert sum("start-after" in query for query in bucket.lists) == 2


def test_other_variants_and_endpoints_are_not_listed(bucket: StandIn) -> None:
    """What was not asked for costs no request and is told."""
    for endpoint in ("fraud", "other"):
        for variant in ("Live", "Shadow", "Canary"):
            bucket.put(captured(variant, endpoint=endpoint))
    listing = bucket.list(production="Live", shadow="Shadow", endpoint="fraud")
    assert [found.variant for found in listing.objects] == ["Live", "Shadow"]
    assert {left.name: left.reason for left in listing.ignored} == {
        "fraud/Canary/": "lies beside Live and Shadow, which is asked for",
        "other/": "lies beside fraud, which is asked for",
    }
    assert not any("Canary" in str(query) or "other" in str(query) for query in bucket.lists)


def test_a_misspelt_variant_leaves_nothing_in_silence(bucket: StandIn) -> None:
    """When neither variant is there, those that are there are told."""
    bucket.put(captured("Live"))
    listing = bucket.list(production="Lvie", shadow="Shadow")
    assert listing.objects == ()
    (left,) = listing.ignored
    assert left.reason == "belongs to the variant Live, not to Lvie or Shadow"


def test_files_outside_the_layout_are_found_and_others_told(bucket: StandIn) -> None:
    """Copies without date folders are read; what is no capture file is listed as ignored."""
    bucket.put("copy/Live/part-1.JSONL.GZ")
    bucket.put("copy/Shadow/part-1.ndjson")
    bucket.put("copy/readme.md")
    listing = bucket.list("copy", production="Live", shadow="Shadow", start=NOON)
    assert [found.variant for found in listing.objects] == ["Live", "Shadow"]
    assert [left.name for left in listing.ignored] == ["readme.md"]


def test_an_archive_by_year_is_not_a_variant(bucket: StandIn) -> None:
    """Folders of years above the endpoint do not hide the captures below."""
    key = bucket.put(captured("Live", prefix="archive/2022/"))
    window = {"start": NOON, "end": NOON + timedelta(hours=1)}
    assert [found.key for found in bucket.list("archive", **window).objects] == [key]


def test_too_many_folders_are_listed_plainly(
    bucket: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past a number of folders the prefix is listed key by key, with the same answer."""
    keys = {bucket.put(captured("Live", endpoint=f"endpoint-{n}")) for n in range(9)}
    monkeypatch.setattr(s3, "_MOST_FOLDERS", 4)
    assert {found.key for found in bucket.list().objects} == keys


def test_the_environment_names_the_endpoint(
    bucket: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS_ENDPOINT_URL is honoured when the configuration names none."""
    bucket.put(captured("Live"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", bucket.url)
    assert len(list_objects(f"s3://{BUCKET}/").objects) == 1


def test_a_missing_bucket_is_a_sentence(bucket: StandIn) -> None:
    """A bucket that is not there names call and code."""
    with pytest.raises(AwsError) as caught:
        list_objects("s3://no-such-bucket/x", aws=Aws(endpoint_url=bucket.url))
    assert (caught.value.call, caught.value.code) == ("ListObjectsV2", "NoSuchBucket")


def test_a_refused_list_is_a_sentence(bucket: StandIn) -> None:
    """AccessDenied on LIST names call, code and request id."""
    bucket.fault = lambda path, count: (403, "AccessDenied")
    with pytest.raises(AwsError) as caught:
        bucket.list()
    assert (caught.value.call, caught.value.code) == ("ListObjectsV2", "AccessDenied")
    assert caught.value.request_id == "REQUEST1"


def test_reading_keeps_the_order_and_the_bytes(bucket: StandIn) -> None:
    """Objects fetched in parallel come back in the order asked for, each with its own bytes."""
    for number in range(200):
        bucket.put(captured("Live", number=number), str(number).encode())
    found = bucket.list().objects
    read = list(reader(f"s3://{BUCKET}", Aws(endpoint_url=bucket.url)).read_many(found))
    assert [each for each, _ in read] == list(found)
    assert [content for _, content in read] == [str(n).encode() for n in range(200)]


def test_a_range_is_read(bucket: StandIn) -> None:
    """A part of an object can be read without the rest; past its end there is nothing."""
    bucket.put(captured("Live"), b"0123456789")
    (found,) = bucket.list().objects
    objects = reader(f"s3://{BUCKET}", Aws(endpoint_url=bucket.url))
    assert objects.read_range(found, 2, 5) == b"234"
    assert objects.read_range(found, 8, 99) == b"89"
    assert objects.read_range(found, 10, 12) == b""


def test_one_bad_object_does_not_end_the_others(bucket: StandIn) -> None:
    """Gone, refused, broken off or changed: an error for that object, the bytes for the rest."""
    for number in range(6):
        bucket.put(captured("Live", number=number), b"good")
    found = bucket.list().objects
    (bucket.folder / BUCKET / found[0].key).unlink()
    bucket.put(found[3].key, b"longer than listed")

    def fault(path: str, count: int) -> tuple[int, str] | str | None:
        if path.endswith(found[1].key):
            return 403, "AccessDenied"
        return "break off" if path.endswith(found[2].key) else None

    bucket.fault = fault
    read = reader(f"s3://{BUCKET}", Aws(endpoint_url=bucket.url)).read_many(found)
    gone, refused, broken, changed, *good = [content for _, content in read]
    assert isinstance(gone, AwsError)
    assert gone.code == "NoSuchKey"
    assert found[0].key in str(gone)
    assert isinstance(refused, AwsError)
    assert refused.code == "AccessDenied"
    assert isinstance(broken, SourceError)
    assert "broke off 4 times" in str(broken)
    assert isinstance(changed, SourceError)
    assert "changed since it was listed" in str(changed)
    assert good == [b"good", b"good"]


@pytest.mark.parametrize("fault", [(503, "SlowDown"), (500, "InternalError"), "break off"])
def test_a_passing_failure_is_retried(bucket: StandIn, fault: tuple[int, str] | str) -> None:
    """Throttling, a server's error and a broken transfer are asked again before giving up."""
    bucket.put(captured("Live"), b"good")
    bucket.fault = lambda path, count: fault if count == 1 and path.endswith(".jsonl") else None
    (found,) = bucket.list().objects
    objects = reader(f"s3://{BUCKET}", Aws(endpoint_url=bucket.url))
    assert objects.read(found) == b"good"


def test_what_is_fetched_ahead_is_bounded(bucket: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many objects there are, only so many bytes are held for a slow consumer."""
    for number in range(40):
        bucket.put(captured("Live", number=number), bytes(1000))
    found = bucket.list().objects
    bucket.requests.clear()
    monkeypatch.setattr(s3_reader, "_AHEAD_BYTES", 5000)
    read = reader(f"s3://{BUCKET}", Aws(endpoint_url=bucket.url)).read_many(found)
    next(read)
    assert len(bucket.requests) <= 5
    read.close()  # type: ignore[attr-defined] # a generator: the rest is not fetched any more
    assert len(bucket.requests) <= 5


def test_a_baseline_in_s3_is_fetched(bucket: StandIn) -> None:
    """A baseline may lie in S3 like the captures; a folder of it is refused in a sentence."""
    bucket.put("base/line.csv", b"age,income\n1,2\n")
    account = Aws(endpoint_url=bucket.url)
    location = f"s3://{BUCKET}/base/line.csv"
    assert baselines.feature_names(location, aws=account) == ("age", "income")
    assert baselines.load(location, aws=account).rows == 1
    for wrong in (f"s3://{BUCKET}/base", f"s3://{BUCKET}/base/lost.csv"):
        with pytest.raises(SourceError, match="is not an object"):
            baselines.load(wrong, aws=account)
