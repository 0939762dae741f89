"""What does ``understudy.toml`` say?"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from analysis.policy import Policy
from queries.config import (
    TABLES_OF_A_TEST,
    Aws,
    Comparing,
    Config,
    Instance,
    Prediction,
    Test,
    Truth,
    default_cache,
)
from queries.config_faults import near, sentence
from queries.config_schema import KEYS, File, TestTable
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
        f"tests.{name}.policy names {test.policy!r}, but there is no [policy.{test.policy}]"
        f"{near(test.policy, file.policy)}; add it, or leave `policy` out for the default limits."
        for name, test in file.tests.items()
        if test.policy != "default" and test.policy not in file.policy
    ]
    if faults:
        raise _faults(path, faults)
    return Config(
        aws=Aws(**file.aws.model_dump()),
        tests=tuple(_test(name, test, folder) for name, test in file.tests.items()),
        policies=tuple(
            Policy(name=name, **limits.model_dump())  # type: ignore[attr-defined] # a model
            for name, limits in file.policy.items()
        ),
        instances={name: Instance(**each.model_dump()) for name, each in file.instances.items()},
        currency=file.currency,
        path=path,
        cache=Path(_beside(file.cache, folder)) if file.cache else default_cache(),
        stated=frozenset(_dotted(table)),
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
    stated = table.model_dump(exclude={*TABLES_OF_A_TEST})
    for key in ("captures", "log", "baseline", "violations"):
        if stated[key] is not None:
            stated[key] = _beside(stated[key], folder)
    if table.log is not None:
        # a proxy has no variants with names of their own
        stated["production"] = table.production or "production"
        stated["shadow"] = table.shadow or "shadow"
    for key in ("captures", "production", "shadow"):
        stated[key] = stated[key] or ""
    truth = None
    if table.truth is not None:
        about = table.truth.model_dump()
        truth = Truth(**{**about, "location": _beside(table.truth.location, folder)})
    compare = table.compare.model_dump()
    if compare["embeddings"] is not None:
        compare["embeddings"] = _beside(compare["embeddings"], folder)
    return Test(
        name=name,
        prediction=Prediction(**table.prediction.model_dump()),
        compare=Comparing(**compare),
        truth=truth,
        **stated,
    )


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
