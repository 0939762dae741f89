"""Does the configuration say what was meant, and say what is wrong in sentences?"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.policy import Policy
from queries import config
from queries.config import Prediction, load
from queries.config_actions import IN_WORDS, Freeze, ProxyHeaders, Window
from queries.config_athena import Athena
from queries.config_file import parse
from queries.errors import ConfigError
from queries.settings import Setting, settings_in_force

LEAST = """
[tests.fraud]
captures = "captures"
production = "Live"
shadow = "Shadow-01"
"""

IN_S3 = LEAST.replace('"captures"', '"s3://bucket/captures"') + 'engine = "athena"\n'


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No configuration of the machine's own."""
    monkeypatch.delenv("UNDERSTUDY_CONFIG", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.chdir(tmp_path)


def written(folder: Path, text: str) -> Path:
    """A configuration file of this text."""
    path = folder / "understudy.toml"
    path.write_text(text, "utf-8")
    return path


def complaint(folder: Path, text: str) -> str:
    """What loading this text says."""
    with pytest.raises(ConfigError) as caught:
        load(written(folder, text))
    return str(caught.value)


def test_three_keys_are_enough(tmp_path: Path) -> None:
    """Captures, production and shadow suffice; all else has its default."""
    loaded = load(written(tmp_path, LEAST))
    test = loaded.test()
    assert (test.name, test.production, test.shadow) == ("fraud", "Live", "Shadow-01")
    assert test.captures == str(tmp_path / "captures")
    assert test.prediction == Prediction()
    assert loaded.policy(test) == Policy()
    assert loaded.cache == Path.home() / ".cache/understudy"
    assert not loaded.demo


def test_everything_stated_comes_through(tmp_path: Path) -> None:
    """Each key of the file reaches the type it belongs to."""
    loaded = load(
        written(
            tmp_path,
            """
cache = "kept"
[aws]
region = "eu-west-1"
profile = "reader"
endpoint_url = "http://127.0.0.1:8080"
[tests.fraud]
captures = "s3://bucket/some/prefix/"
production = "Live"
shadow = "Shadow"
endpoint = "fraud-endpoint"
engine = "duckdb"
start = 2024-03-31T18:00:00+02:00
end = 2024-04-01
features = ["age", "income"]
baseline = "baseline.csv"
capture_percent = 50
shadow_percent = 25.5
policy = "strict"
description = "Seventh try"
[tests.fraud.prediction]
kind = "multiclass"
path = "$.predictions[*].p"
argmax = true
labels = ["a", "b"]
[policy.strict]
min_agreement = 0.99
min_pairs = 5
critical = ["agreement"]
""",
        )
    )
    test = loaded.test("fraud")
    assert loaded.aws == config.Aws(
        region="eu-west-1", profile="reader", endpoint_url="http://127.0.0.1:8080"
    )
    assert loaded.cache == tmp_path / "kept"
    assert test.captures == "s3://bucket/some/prefix/"
    assert test.baseline == str(tmp_path / "baseline.csv")
    assert test.start == datetime(2024, 3, 31, 16, tzinfo=UTC)
    assert test.end == datetime(2024, 4, 1, tzinfo=UTC)
    assert test.features == ("age", "income")
    assert (test.capture_percent, test.shadow_percent) == (50.0, 25.5)
    assert test.prediction == Prediction(
        kind="multiclass", path="$.predictions[*].p", argmax=True, labels=("a", "b")
    )
    policy = loaded.policy(test)
    assert policy == dataclasses.replace(
        Policy(), name="strict", min_agreement=0.99, min_pairs=5, critical=("agreement",)
    )


def test_the_default_policy_can_be_restated(tmp_path: Path) -> None:
    """[policy.default] changes the limits of every test that names no policy."""
    loaded = load(written(tmp_path, LEAST + "[policy.default]\nmin_pairs = 7\n"))
    assert loaded.policy(loaded.test()).min_pairs == 7


def test_every_default_is_shown_as_one(tmp_path: Path) -> None:
    """A page can tell what the file set from what it left to the defaults."""
    loaded = load(written(tmp_path, LEAST + "[policy.default]\nmin_pairs = 7\n"))
    shown = {each.key: each for each in settings_in_force(loaded, loaded.test())}
    assert shown["tests.fraud.captures"].origin == "set"
    assert shown["policy.default.min_pairs"] == Setting("policy.default.min_pairs", "7", "set")
    assert shown["tests.fraud.prediction.threshold"].value == "0.5"
    assert shown["tests.fraud.prediction.kind"].value == "guessed from the captures"
    assert {each.origin for key, each in shown.items() if key.startswith("aws")} == {"default"}
    stated = {key for key, setting in shown.items() if setting.origin == "set"}
    assert len(stated) == 4
    fields = (
        *(config.Test, Prediction, config.Comparing, config.Training, config.Deployment),
        *(Policy, config.Aws, config.Actions, config.Notify),
    )
    count = sum(len(dataclasses.fields(each)) for each in fields)
    # two names and six nested tables are no settings; the currency and the cache are
    assert len(shown) == count - 8 + 2


def test_relative_paths_start_at_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one works does not change what a path in the file means."""
    written(tmp_path, LEAST)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("UNDERSTUDY_CONFIG", "../understudy.toml")
    found = config.find()
    assert found == Path("../understudy.toml")
    assert Path(load().test().captures).resolve() == tmp_path / "captures"


def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tilde means the user's home."""
    monkeypatch.setenv("HOME", "/home/someone")
    loaded = load(written(tmp_path, LEAST.replace('"captures"', '"~/captures"')))
    assert loaded.test().captures == "/home/someone/captures"


def test_the_file_is_looked_for_here(tmp_path: Path) -> None:
    """Without UNDERSTUDY_CONFIG, the file of the current folder is taken, if there is one."""
    assert config.find() is None
    with pytest.raises(ConfigError, match=r"There is no understudy\.toml in .*UNDERSTUDY_CONFIG"):
        load()
    written(tmp_path, LEAST)
    assert load().test().name == "fraud"


def test_a_wrong_path_in_the_environment_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing error in UNDERSTUDY_CONFIG never falls back to the demo account in silence."""
    monkeypatch.setenv("UNDERSTUDY_CONFIG", "/nowhere/understudy.toml")
    assert config.find() == Path("/nowhere/understudy.toml")
    with pytest.raises(ConfigError, match=r"cannot be read .*UNDERSTUDY_CONFIG"):
        load()


def test_a_syntax_error_has_line_and_column(tmp_path: Path) -> None:
    """A file that is not TOML is told where."""
    assert "line 3, column" in complaint(tmp_path, '\n[tests.fraud]\ncaptures = "x\n')
    (tmp_path / "understudy.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load(tmp_path / "understudy.toml")


def test_a_byte_order_mark_is_allowed(tmp_path: Path) -> None:
    """Editors on Windows put one first."""
    path = tmp_path / "understudy.toml"
    path.write_text(LEAST, "utf-8-sig")
    assert load(path).test().name == "fraud"


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    """One error lists every fault, each naming the file and its key."""
    said = complaint(
        tmp_path,
        """
[tests.fraud]
captures = "captures"
production = "Live"
capture_percent = 120
[tests.other]
captures = 7
production = "-live"
shadow = "Shadow"
""",
    ).splitlines()
    assert len(said) == 4
    assert all(line.startswith(f"{tmp_path / 'understudy.toml'}: tests.") for line in said)
    text = "\n".join(said)
    assert "tests.fraud.shadow is missing; name the variant as SageMaker does, or" in text
    assert "tests.fraud.capture_percent is 120, but a number not above 100 is expected." in text
    assert "tests.other.captures is 7, but a text in quotes is expected" in text
    assert "tests.other.production is '-live', but a SageMaker name is expected" in text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "it names neither a shadow test nor a trial nor an account: add [tests.NAME] or"),
        (LEAST + 'log = "mirrored"', "[tests.fraud]: `captures` and `log` are two ways"),
        ('[tests.fraud]\nshadow = "Shadow-01"', "nothing says where the answers lie"),
        (LEAST + "[tests.fraud.compare]\nignore = ['id']", "JSONPaths begin with $"),
        (LEAST + "[tests.fraud.compare]\nmin_overlap = 80", "not above 1 (a share"),
        (LEAST + "[tests.fraud.truth]\nlabel = 'y'", "truth.location is missing; add it, or"),
        (LEAST + "[aws]\nrole_arn = 'reader'", "a role is written arn:aws:iam::"),
        (LEAST + "[aws]\nexternal_id = 'xyz'", "`external_id` belongs to a role"),
        (LEAST + "[aws]\nexternal_id = 'x'", "an external id has 2 to 1,224"),
        (LEAST + "[aws]\nexternal_id = 'x y'", "an external id has 2 to 1,224"),
        (LEAST + "[instances.'ml.m5.large']\ncores = 0", "a number not below 1"),
        ("currency = 'euro'\n" + LEAST, "three capital letters such as USD"),
        (LEAST + "experiment = '-x'", "the name of an inference experiment is expected"),
        (
            LEAST + "[tests.fraud.prediction]\nkind = 'text'\nargmax = true",
            "`argmax` makes one label of a vector, and text keeps it all",
        ),
        (
            LEAST.replace("shadow", "shadwo"),
            "tests.fraud.shadwo is not a key of [tests.fraud] (did you mean `shadow`?).",
        ),
        (
            LEAST + "threshold = 0.4",
            "tests.fraud.threshold is not a key of [tests.fraud] but of [tests.NAME.prediction].",
        ),
        (LEAST + '[aws]\naws_secret_access_key = "hush"', "looks like a secret"),
        (LEAST + "[police.default]\nmin_pairs = 1", "(did you mean `policy`?)"),
        (LEAST + "[policy.default]\nmin_pair = 1", "(did you mean `min_pairs`?)"),
        (LEAST + "[policy.default]\nmin_pairs = 1.5", "a whole number is expected"),
        (LEAST + "[policy.default]\nconfidence = 1.0", "a number below 1"),
        (LEAST + "[policy.default]\nmax_label_shift = -1", "a number not below 0"),
        (LEAST + "[policy.default]\nmin_agreement = 95", "not above 1 (a share: 0.95 is 95 %)"),
        (LEAST + "[policy.default]\nmin_hours_of_week = 169", "a number not above 168"),
        (LEAST + '[policy.default]\ncritical = ["latency"]', "'agreement', 'label_shift'"),
        (LEAST + "[policy.default]\nmin_agreement = nan", "a finite number is expected"),
        (
            LEAST + 'policy = "strct"\n[policy.strict]',
            "tests.fraud.policy names 'strct', but there is no [policy.strct] "
            "(did you mean `strict`?)",
        ),
        (
            LEAST.replace("Shadow-01", "Live"),
            "[tests.fraud]: `production` and `shadow` both name 'Live': name two variants.",
        ),
        (LEAST + "start = 2024-04-02\nend = 2024-04-01", "`end` is not after `start`"),
        (LEAST + 'start = "yesterday"', "tests.fraud.start is 'yesterday', but"),
        (LEAST + "start = 7", "a date and time such as 2024-03-31T16:00:00Z is expected"),
        (LEAST + '[notify]\ntopic_arn = "ml"', "an SNS topic is expected, such as arn:aws:sns:"),
        (LEAST + '[notify]\nwebhook = "https://x.example/s"', "what is kept there is a secret"),
        (LEAST + 'engine = "presto"', "one of 'duckdb' or 'athena' is expected"),
        (LEAST + 'engine = "athena"', "`captures` is a folder here: leave `engine` out, or write"),
        (IN_S3, "tests.fraud.engine is 'athena', but [athena] does not say where the tables"),
        (
            IN_S3 + IN_S3.replace("tests.fraud", 'tests."Fraud"') + '[athena]\nwork = "s3://bkt/x"',
            "The tests fraud and Fraud would have the same tables in Athena (fraud_…): give",
        ),
        (
            IN_S3 + 'prediction.kind = "ranking"',
            "Athena does not compare answers of the kind 'ranking'",
        ),
        (IN_S3.replace("captures", "log"), "Athena reads captures, and no paired `log`: leave"),
        (IN_S3 + 'noise_source = "s3://bkt/x"', "noise_source is read on this machine, and the"),
        (LEAST + 'noise_variant = "AA"', "names a variant of a second source, and there is none"),
        ('[athena]\nwork = "tables"', "athena.work is 'tables', but an S3 address is expected"),
        ('[athena]\ndatabase = "my-db"', "a database is named in small letters, digits and under"),
        ('[athena]\nworkgroup = "a b"', "a workgroup is named in up to 128 letters, digits, dots"),
        ("[athena]\nmax_gb_per_query = 0", "a number above 0 is expected"),
        ("[athena]\nreuse_minutes = 20000", "a number not above 10080 is expected"),
        (LEAST + 'features = "age"', "a list is expected"),
        (LEAST + 'features = ["age", "age"]', "names a feature twice"),
        (LEAST + 'prediction = "column 1"', "a table [tests.fraud.prediction] is expected"),
        (LEAST + '[tests.fraud.prediction]\nthreshold = "0.5"', "without quotes"),
        (LEAST + '[tests.fraud.prediction]\nkind = "rank"', "'binary', 'multiclass'"),
        (LEAST + '[tests.fraud.prediction]\npath = "score"', "a JSONPath begins with $"),
        (LEAST + '[tests.fraud.prediction]\npath = "$.a"\ncolumn = 1', "keep one of the two"),
        (LEAST.replace('"captures"', '"https://bucket/x"'), "only folders, files and s3://"),
        (LEAST.replace('"captures"', '"s3:/bucket/x"'), "is written s3://bucket/prefix"),
        (LEAST.replace('"captures"', '""'), "tests.fraud.captures is '', but"),
        ("tests = 3", "tests is 3, but tables [tests.NAME] are expected."),
        (LEAST + '[aws]\nendpoint_url = "localhost"', "an address such as https://"),
        ("[trials.a]\ndescription = 'x'", "nothing says where the trial lies: add `location`"),
        ("[trials.a]\njob = 'a job'", "trials.a.job is 'a job', but a SageMaker name is expected"),
        ("[trials.a]\nlocaton = 'x'", "(did you mean `location`?)"),
        (
            LEAST + "[tests.fraud.training]\nshadow = 'secnd'\n[trials.second]\njob = 'b'",
            "tests.fraud.training.shadow names 'secnd', but there is no [trials.secnd] "
            "(did you mean `second`?)",
        ),
        (
            LEAST + "[tests.fraud.training]\nshadow = 'b'\nproduction = 'b'\n[trials.b]\njob = 'b'",
            "[tests.fraud.training]: `production` and `shadow` both name 'b': name two trials.",
        ),
        (
            LEAST + "[rules.Overfit]\npatience = [1]",
            "rules.Overfit.patience is a list of 1, but a number, a text in quotes, true or false",
        ),
        (LEAST + "[rules.Overfit]\nratio_threshold = inf", "a finite number is expected"),
        (
            LEAST + "[rules.Overfitt]\npatience = 1",
            "rules.Overfitt is not a rule (did you mean `Overfit`?). Known are: ",
        ),
        (
            LEAST + "[rules.Overfit]\npatince = 1",
            "rules.Overfit.patince is not a parameter of the rule (did you mean `patience`?).",
        ),
        (LEAST + "[rules.Overfit]\npatience = 1.5", "is 1.5, but a whole number is expected."),
        (LEAST + "[rules.Overfit]\npatience = -1", "-1, but a number not below 0 (evaluations) is"),
        (
            LEAST + "[rules.Overfit]\npatience = '1'",
            "'1', but a number, without quotes, is expected",
        ),
        (LEAST + "[rules.Overfit]\ncritical = 1", "critical is 1, but true or false is expected."),
        (LEAST + "[rules.Confusion]\nmin_diag = 2", "a number not above 1 is expected."),
        (LEAST + "[rules.Confusion]\nlabels = 2", "a text in quotes is expected."),
        (LEAST + "[rules]\nOverfit = 1", "a table [rules.Overfit] is expected"),
        (LEAST + "[custom_rules.x]\nfile = 'x.py'", "custom_rules.x.rule is missing; add it, or"),
        (LEAST + "[custom_rules.x]\nfile = 'x.py'\nrule = 'a b'", "the name of a class"),
        (
            LEAST + "[custom_rules.x]\nfile = 'x.py'\nrule = 'X'\ntimeout_s = 0",
            "a number above 0 is expected",
        ),
    ],
)
def test_each_fault_is_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    """A fault says key, finding, expectation and remedy, and never Python's or pydantic's words."""
    said = complaint(tmp_path, text)
    assert sentence in said
    assert said.endswith(".")
    for jargon in ("pydantic", "validation error", "Input should", "type=", "Value error"):
        assert jargon not in said


def test_a_secret_is_not_repeated(tmp_path: Path) -> None:
    """What looks like a secret is refused without being printed."""
    assert "hush" not in complaint(tmp_path, LEAST + '[aws]\nsecret_access_key = "hush"')


def test_an_unknown_test_is_answered_with_those_there_are(tmp_path: Path) -> None:
    """Asking for a test that is not there lists the tests and the nearest name."""
    loaded = load(written(tmp_path, LEAST))
    with pytest.raises(ConfigError, match=r"Did you mean 'fraud'\? Its tests are: fraud\."):
        loaded.test("fruad")
    with pytest.raises(ConfigError, match="names no test"):
        dataclasses.replace(loaded, tests=()).test()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)


@settings(max_examples=60, deadline=None)
@given(
    keys=st.dictionaries(
        st.sampled_from(["captures", "production", "shadow", "start", "prediction", "other"]),
        VALUES.filter(lambda value: value is not None),
    )
)
def test_any_table_is_a_config_or_a_config_error(
    keys: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever the file holds, nothing but ConfigError is raised."""
    text = "[tests.x]\n" + "\n".join(f"{key} = {_toml(value)}" for key, value in keys.items())
    path = written(tmp_path_factory.mktemp("any"), text)
    with contextlib.suppress(ConfigError):
        parse(path)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, dict)):
        return "[]" if isinstance(value, list) else "{ a = 1 }"
    return ascii(value) if isinstance(value, str) else str(value)


def test_a_region_is_enough(tmp_path: Path) -> None:
    """With an account and no tests the file is whole: SageMaker names the tests."""
    assert load(written(tmp_path, '[aws]\nregion = "eu-central-1"\n')).tests == ()


def test_an_endpoint_stands_for_what_sagemaker_knows(tmp_path: Path) -> None:
    """Captures and variants can be left out where SageMaker can be asked; the test says so."""
    test = load(written(tmp_path, '[tests.fraud]\nendpoint = "fraud-scores"\n')).test()
    assert (test.source, test.production, test.complete) == ("", "", False)


def test_a_log_needs_no_variants(tmp_path: Path) -> None:
    """A proxy's log has two sides and no variants: they get the names of their roles."""
    test = load(written(tmp_path, '[tests.replies]\nlog = "mirrored"\n')).test()
    assert (test.source, test.production, test.shadow) == (
        str(tmp_path / "mirrored"),
        "production",
        "shadow",
    )
    assert test.complete


def test_the_tables_of_a_test_are_read(tmp_path: Path) -> None:
    """Comparison, truth and instances arrive as they are written, with places beside the file."""
    text = """
currency = "EUR"
[instances."ml.m5.xlarge"]
price_per_hour = 0.23
cores = 4
[tests.replies]
log = "s3://bucket/mirrored"
violations = "violations.json"
noise_source = "second"
noise_variant = "AA"
[tests.replies.compare]
ignore = ["$.request_id"]
min_similarity = 0.8
[tests.replies.truth]
location = "labels.csv"
id = "request"
"""
    loaded = load(written(tmp_path, text))
    test = loaded.test()
    assert test.compare == config.Comparing(ignore=("$.request_id",), min_similarity=0.8)
    assert test.truth == config.Truth(location=str(tmp_path / "labels.csv"), id="request")
    assert test.violations == str(tmp_path / "violations.json")
    assert (test.noise_source, test.noise_variant) == (str(tmp_path / "second"), "AA")
    assert loaded.currency == "EUR"
    assert dict(loaded.instances) == {"ml.m5.xlarge": config.Instance(price_per_hour=0.23, cores=4)}


def test_trials_are_enough(tmp_path: Path) -> None:
    """A file that names trainings and no test is whole; places are meant from the file."""
    text = """
[trials.first]
location = "debug-output"
profiler = "profiler-output"
description = "November"
[trials.second]
job = "fraud-net-shadow"
location = "s3://bucket/fraud-net-shadow/debug-output"
"""
    loaded = load(written(tmp_path, text))
    assert loaded.tests == ()
    assert loaded.trial("first") == config.Trial(
        name="first",
        location=str(tmp_path / "debug-output"),
        profiler=str(tmp_path / "profiler-output"),
        description="November",
    )
    assert loaded.trial("second").job == "fraud-net-shadow"
    with pytest.raises(ConfigError, match=r"no trial 'frist'\. Did you mean 'first'\? Its trials"):
        loaded.trial("frist")
    with pytest.raises(ConfigError, match="names no trial; add"):
        dataclasses.replace(loaded, trials=()).trial("first")


def test_rules_and_the_trainings_of_a_test_are_read(tmp_path: Path) -> None:
    """What is set of rules comes through as it is written, and the page can show it."""
    text = """
[tests.fraud.training]
production = "first"
shadow = "second"
[trials.first]
job = "a"
[trials.second]
job = "b"
[trials.third]
job = "c"
[rules.Overfit]
ratio_threshold = 0.3
critical = false
[custom_rules.Spread]
file = "rules/spread.py"
rule = "Spread"
critical = true
[custom_rules.Spread.parameters]
limit = 3
"""
    loaded = load(written(tmp_path, LEAST + text))
    assert loaded.test().training == config.Training(production="first", shadow="second")
    assert loaded.rules == {"Overfit": {"ratio_threshold": 0.3, "critical": False}}
    assert loaded.custom_rules == (
        config.CustomRule(
            name="Spread",
            file=str(tmp_path / "rules/spread.py"),
            rule="Spread",
            critical=True,
            parameters={"limit": 3},
        ),
    )
    shown = {each.key: each for each in settings_in_force(loaded, loaded.test())}
    assert shown["tests.fraud.training.shadow"].value == "second"
    assert shown["trials.second.location"] == Setting(
        "trials.second.location", "from the training job", "default"
    )
    assert shown["rules.Overfit.critical"].value == "no"
    assert shown["custom_rules.Spread.parameters"].value == "limit = 3"
    assert "trials.third.job" not in shown


def test_athena_is_asked_by_one_line_more(tmp_path: Path) -> None:
    """One line of the test and a place to work; its limits have defaults, and are shown there."""
    told = '[athena]\nwork = "s3://bucket/tables"\nmax_gb_per_day = 50\n'
    loaded = load(written(tmp_path, IN_S3 + told))
    assert loaded.test().engine == "athena"
    assert loaded.athena == Athena(work="s3://bucket/tables/", max_gb_per_day=50.0)
    shown = {each.key: each for each in settings_in_force(loaded, loaded.test())}
    assert shown["athena.max_gb_per_day"] == Setting("athena.max_gb_per_day", "50.0", "set")
    assert shown["athena.output"].value == "as the workgroup says"
    local = load(written(tmp_path, LEAST + told))
    shown = {each.key: each for each in settings_in_force(local, local.test())}
    assert [key for key in shown if key.startswith("athena")] == []


def test_nothing_may_be_changed_unless_the_file_allows_it(tmp_path: Path) -> None:
    """Without [actions] nothing is allowed; the audit lies beside the file that names it."""
    assert load(written(tmp_path, LEAST)).actions.allow == ()
    told = '[actions]\nallow = ["stop_training"]\noperators = ["ann@example.com"]\n'
    actions = load(written(tmp_path, LEAST + told)).actions
    assert (actions.allow, actions.operators) == (("stop_training",), ("ann@example.com",))
    assert Path(actions.audit) == tmp_path / "understudy-audit"


def test_who_may_act_and_when_is_read(tmp_path: Path) -> None:
    """People, groups, hours and freezes arrive as they are written, and the page can show them."""
    told = """
[actions]
allow = ["promote", "rollback"]
approvers = ["ann@example.com"]
four_eyes = true
without_sign_in = "anyone who reaches this page may act"
audit = "s3://audit/understudy"
link = "https://understudy.example.com"
[actions.trusted_proxy_headers]
name = "X-Forwarded-Email"
[actions.groups]
ml-engineers = "operator"
[[actions.windows]]
days = ["mon", "tue"]
start = 08:00:00
end = 15:30:00
[[actions.freeze]]
start = 2026-12-18
end = 2027-01-04T06:00:00+01:00
reason = "End of the year"
"""
    loaded = load(written(tmp_path, LEAST + told))
    assert loaded.actions == config.Actions(
        allow=("promote", "rollback"),
        approvers=("ann@example.com",),
        groups={"ml-engineers": "operator"},
        four_eyes=True,
        without_sign_in=IN_WORDS,
        trusted_proxy_headers=ProxyHeaders(name="X-Forwarded-Email"),
        windows=(Window(days=("mon", "tue"), start=time(8), end=time(15, 30)),),
        freeze=(
            Freeze(
                start=datetime(2026, 12, 18, tzinfo=UTC),
                end=datetime(2027, 1, 4, 5, tzinfo=UTC),
                reason="End of the year",
            ),
        ),
        audit="s3://audit/understudy",
        link="https://understudy.example.com",
    )
    shown = {each.key: each.value for each in settings_in_force(loaded, loaded.test())}
    assert shown["actions.windows"] == "mon, tue 08:00–15:30 UTC"
    assert shown["actions.freeze"] == "2026-12-18 00:00 to 2027-01-04 05:00 UTC: End of the year"
    assert shown["actions.groups"] == "ml-engineers = operator"
    assert shown["actions.trusted_proxy_headers"] == "X-Forwarded-Email"


def test_how_a_shadow_is_deployed_is_read(tmp_path: Path) -> None:
    """What the file proposes for a deployment comes through; the rest has its default."""
    told = """
[tests.fraud.deployment]
strategy = "linear"
percent = 25
alarms = ["errors"]
instances = "custom"
instance_count = 4
"""
    test = load(written(tmp_path, LEAST + told)).test()
    assert test.deployment == config.Deployment(
        strategy="linear", percent=25, alarms=("errors",), instances="custom", instance_count=4
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('strategy = "blue"', "one of 'all_at_once', 'canary', 'linear' or 'rolling' is expected"),
        ("percent = 60", "a number not above 50"),
        ('strategy = "linear"\npercent = 5', "a linear step is 10 to 50 %"),
        ("wait_s = 3601", "a number not above 3600"),
        ("timeout_s = 60", "a number not below 600"),
        ("alarms = ['a','b','c','d','e','f','g','h','i','j','k']", "at most 10 are expected"),
        ('instances = "custom"', "belong to `instances` = 'custom'"),
        ('instance_type = "ml.m5.large"', "belong to `instances` = 'custom'"),
        ('instance_type = "m5.large"', "an instance type is expected, such as"),
        ('kind = "alias"\nfunction = "score"', "kind 'alias' needs `alias`: add them"),
        ('kind = "stage"', "kind 'stage' needs `rest_api` and `stage`"),
        ('version = "$LATEST"', "the number of a published version is expected"),
        ('rest_api = "a b"', "letters, digits and hyphens"),
    ],
)
def test_a_slip_in_a_deployment_is_told(tmp_path: Path, line: str, words: str) -> None:
    """What AWS would refuse, or what belongs together, is said before a plan is made."""
    with pytest.raises(ConfigError, match=re.escape(words)):
        load(written(tmp_path, f"{LEAST}[tests.fraud.deployment]\n{line}\n"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('allow = ["delete_endpoint"]', "actions.allow is 'delete_endpoint', but one of"),
        ("allow = true", "actions.allow is true, but a list is expected"),
        ("operators = []", "at least 1 are expected"),
        ('role_arn = "operator"', "actions.role_arn is 'operator', but a role is written"),
        ('audit = ""', "actions.audit is ''"),
        ('audit = "s3:/x"', "an S3 address is written s3://bucket/prefix"),
        ('without_sign_in = "yes"', "one of 'anyone who reaches this page may act' is expected"),
        ("four_eyes = true", "[actions]: `four_eyes` needs somebody who approves"),
        ('link = "understudy"', "an address such as https://"),
        ("max_sign_in_age_min = 0", "a number not below 1"),
        ("[actions.groups]\nml = 'boss'", "one of 'viewer', 'operator' or 'approver' is expected"),
        ("[[actions.windows]]\ndays = ['monday']", "one of 'mon', 'tue',"),
        ("[[actions.windows]]\ndays = []", "at least 1 are expected"),
        ("[[actions.windows]]\nstart = 8", "a time without quotes is expected, such as 09:00:00"),
        ("[[actions.windows]]\nfrom = 08:00:00", "actions.windows.from is not a key of"),
        (
            "[[actions.freeze]]\nstart = 2026-12-18\nend = 2026-12-18\nreason = 'x'",
            "[actions.freeze]: `end` is not after `start`",
        ),
        ("[[actions.freeze]]\nstart = 2026-12-18", "actions.freeze.end is missing; add it, or"),
        ("[actions.trusted_proxy_headers]\nname = 'X: y'", "the name of an HTTP header"),
    ],
)
def test_a_slip_in_what_is_allowed_is_told(tmp_path: Path, line: str, words: str) -> None:
    """Neither an unknown action nor an empty list of operators passes for permission."""
    with pytest.raises(ConfigError, match=re.escape(words)):
        load(written(tmp_path, f"{LEAST}[actions]\n{line}\n"))
