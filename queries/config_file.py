"""What does ``understudy.toml`` say?"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from analysis.policy import Policy
from queries.athena.names import slug_of
from queries.config import (
    TABLES_OF_A_TEST,
    Aws,
    Comparing,
    Config,
    CustomRule,
    Instance,
    Prediction,
    Test,
    Training,
    Trial,
    default_cache,
)
from queries.config_actions import Actions, Deployment, Freeze, Notify, ProxyHeaders, Window
from queries.config_actions_schema import ActionsTable
from queries.config_athena import Athena
from queries.config_faults import near, sentence
from queries.config_prices import Prices
from queries.config_schema import KEYS, File, TestTable
from queries.config_truth import Outcomes, Truth
from queries.errors import ConfigError


def parse(path: Path) -> Config:
    """The configuration of one file; see ``queries.config.load``.

    Raises
    ------
    ConfigError
        When the file is not there, is not TOML, or has faults.
    """
    table = _toml(path)
    try:
        file = File.model_validate(table)
    except ValidationError as error:
        raise _faults(path, [sentence(each, KEYS) for each in error.errors()]) from None
    folder = path.expanduser().absolute().parent
    faults = [
        *_unknown_policies(file),
        *_unknown_trials(file),
        *_rules(file),
        *_of_athena(file),
        *_noise_sources(file),
    ]
    if faults:
        raise _faults(path, faults)
    return Config(
        aws=Aws(**file.aws.model_dump()),
        athena=Athena(**file.athena.model_dump()),
        prices=Prices(**file.prices.model_dump()),
        actions=_actions(file.actions, folder),
        notify=Notify(**file.notify.model_dump()),
        tests=tuple(_test(name, test, folder) for name, test in file.tests.items()),
        policies=tuple(
            Policy(name=name, **limits.model_dump())  # type: ignore[attr-defined] # a model
            for name, limits in file.policy.items()
        ),
        trials=tuple(
            Trial(name=name, **_placed(trial.model_dump(), ("location", "profiler"), folder))
            for name, trial in file.trials.items()
        ),
        rules=file.rules,
        custom_rules=tuple(
            CustomRule(name=name, **_placed(rule.model_dump(), ("file",), folder))
            for name, rule in file.custom_rules.items()
        ),
        instances={name: Instance(**each.model_dump()) for name, each in file.instances.items()},
        currency=file.currency,
        path=path,
        cache=Path(_beside(file.cache, folder)) if file.cache else default_cache(),
        stated=frozenset(_dotted(table)),
    )


def _actions(table: ActionsTable, folder: Path) -> Actions:
    tables = ("trusted_proxy_headers", "windows", "freeze")
    proxy = table.trusted_proxy_headers
    return Actions(
        trusted_proxy_headers=ProxyHeaders(**proxy.model_dump()) if proxy else None,
        windows=tuple(Window(**each.model_dump()) for each in table.windows),
        freeze=tuple(Freeze(**each.model_dump()) for each in table.freeze),
        **_placed(table.model_dump(exclude={*tables}), ("audit",), folder),
    )


def _unknown_policies(file: File) -> list[str]:
    return [
        f"tests.{name}.policy names {test.policy!r}, but there is no [policy.{test.policy}]"
        f"{near(test.policy, file.policy)}; add it, or leave `policy` out for the default limits."
        for name, test in file.tests.items()
        if test.policy != "default" and test.policy not in file.policy
    ]


def _rules(file: File) -> list[str]:
    if not file.rules:
        return []
    # every rule is imported by its catalogue, and few files set any
    from queries import config_rules

    return list(config_rules.faults(file.rules))


def _unknown_trials(file: File) -> list[str]:
    return [
        f"tests.{name}.training.{side} names {trial!r}, but there is no [trials.{trial}]"
        f"{near(trial, file.trials)}; add it, or leave `{side}` out."
        for name, test in file.tests.items()
        for side, trial in test.training
        if trial is not None and trial not in file.trials
    ]


def _of_athena(file: File) -> Iterator[str]:
    by_slug: dict[str, str] = {}
    for name, test in file.tests.items():
        if test.engine != "athena":
            continue
        if file.athena.work is None:
            yield (
                f"tests.{name}.engine is 'athena', but [athena] does not say where the tables made "
                'of its captures may lie; add work = "s3://bucket/prefix/".'
            )
        first = by_slug.setdefault(slug_of(name), name)
        if first != name:
            yield (
                f"The tests {first} and {name} would have the same tables in Athena "
                f"({slug_of(name)}_…): give one another name."
            )


def _noise_sources(file: File) -> Iterator[str]:
    for name, test in file.tests.items():
        if test.noise_source is not None and test.engine == "athena":
            yield (
                f"tests.{name}.noise_source is read on this machine, and the test's captures in "
                "Athena: leave it out (the noise floor is then that of repeated inputs), or write "
                'engine = "duckdb".'
            )
        if test.noise_source is None and test.noise_variant is not None:
            yield (
                f"tests.{name}.noise_variant names a variant of a second source, and there is "
                "none: add `noise_source`, or leave it out."
            )


def _toml(path: Path) -> dict[str, Any]:
    try:
        text = path.expanduser().read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}); "
            "check the path, or unset UNDERSTUDY_CONFIG if it came from there."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8."
        ) from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # tomllib's own message ends "(at line 3, column 7)"
        raise ConfigError(f"{path} is not valid TOML: {error}. Correct that line.") from error


def _test(name: str, table: TestTable, folder: Path) -> Test:
    stated = _placed(
        table.model_dump(exclude={*TABLES_OF_A_TEST}),
        ("captures", "log", "baseline", "violations", "noise_source"),
        folder,
    )
    if table.log is not None:
        # a proxy has no variants with names of their own
        stated["production"] = table.production or "production"
        stated["shadow"] = table.shadow or "shadow"
    for key in ("captures", "production", "shadow"):
        stated[key] = stated[key] or ""
    truth = None
    if table.truth is not None:
        truth = Truth(**_placed(table.truth.model_dump(), ("location",), folder))
    outcomes = None
    if table.outcomes is not None:
        outcomes = Outcomes(**_placed(table.outcomes.model_dump(), ("location",), folder))
    return Test(
        name=name,
        prediction=Prediction(**table.prediction.model_dump()),
        compare=Comparing(**_placed(table.compare.model_dump(), ("embeddings",), folder)),
        truth=truth,
        outcomes=outcomes,
        training=Training(**table.training.model_dump()),
        deployment=Deployment(**table.deployment.model_dump()),
        **stated,
    )


def _placed(stated: dict[str, Any], keys: tuple[str, ...], folder: Path) -> dict[str, Any]:
    """The keys of a table, those that name a place as one that holds wherever one works."""
    places = {key: _beside(stated[key], folder) for key in keys if stated[key] is not None}
    return {**stated, **places}


def _beside(location: str, folder: Path) -> str:
    """A path that is relative is meant from the file that names it, wherever one works."""
    return location if location.startswith("s3://") else str(folder / Path(location).expanduser())


def _dotted(table: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for key, value in table.items():
        yield above + key
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{above}{key}.")


def _faults(path: Path, sentences: list[str]) -> ConfigError:
    return ConfigError("\n".join(f"{path}: {sentence}" for sentence in sentences))
