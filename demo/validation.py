"""Would AWS accept these parameters, or give this answer? Told in AWS's words.

A stand-in for a service has to check all that botocore's model of it says, in what it is asked and
in what it answers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import botocore.session

from queries.shapes import Misfit, misfits


def faults(service: str, operation: str, parameters: object) -> list[str]:
    """What is wrong with the parameters of a call, in AWS's words; empty when nothing is.

    ``parameters`` is the document of the request by the API's names; times in it are seconds since
    1970, blobs are bytes.
    """
    return [_said(each) for each in misfits(service, operation, parameters)]


def answer_faults(service: str, operation: str, answer: object) -> list[str]:
    """What is wrong with an answer to a call, in the same words; empty when nothing is."""
    found = misfits(service, operation, answer, part="output")
    return [_said(each) for each in found if not _has_lines(each)]


@lru_cache(maxsize=16)
def model(service: str) -> Any:
    """botocore's model of a service."""
    return botocore.session.get_session().get_service_model(service)


def _has_lines(misfit: Misfit) -> bool:
    """AWS's own answers end lines where the model says ``.*``, such as a rule's StatusDetails."""
    return misfit.rule == "pattern" and misfit.bound == ".*"


def _said(misfit: Misfit) -> str:
    place, bound = _place(misfit.path), misfit.bound
    if misfit.rule == "type":
        return f"Value at '{place}' is not a {bound}"
    if misfit.rule == "unknown":
        return f"Unknown parameter '{place}'"
    if misfit.rule == "one_of":
        return f"Value at '{place}' must have exactly one member of {bound}"
    what = "length" if misfit.sized else "value"
    constraint = {
        "missing": "Member must not be null",
        "min": f"Member must have {what} greater than or equal to {bound}",
        "max": f"Member must have {what} less than or equal to {bound}",
        "enum": f"Member must satisfy enum value set: {bound}",
        "pattern": f"Member must satisfy regular expression: {bound}",
    }[misfit.rule]
    shown = "null" if misfit.rule == "missing" else str(misfit.value)[:80]
    return f"Value '{shown}' at '{place}' failed to satisfy constraint: {constraint}"


def _place(path: tuple[str | int, ...]) -> str:
    """As AWS counts: from 1."""
    return ".".join(f"{step + 1}.member" if isinstance(step, int) else step for step in path)
