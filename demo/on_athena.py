"""What does the demo's configuration say where Athena answers its tests?"""

from __future__ import annotations

from dataclasses import replace

from queries.config import Config, Test
from queries.config_athena import Athena

CAPTURES, TABLES = "demo-captures", "demo-tables"
"""Buckets of the stand-in: the captures of the account, and what Athena makes of them."""
# Kinds of answers that are of several parts are left to this machine.
_KINDS = ("binary", "multiclass", "regression")


def moved(config: Config) -> Config:
    """The same tests, those that Athena can answer with their captures in S3."""
    tests = tuple(_moved(test) for test in config.tests)
    return replace(config, tests=tests, athena=Athena(work=f"s3://{TABLES}/work/"))


def _moved(test: Test) -> Test:
    if not test.captures or test.prediction.kind not in _KINDS:
        return test
    return replace(test, captures=f"s3://{CAPTURES}/{test.name}", engine="athena")
