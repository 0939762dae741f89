"""Can what the configuration sets of the rules on trainings be set, and to such values?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analysis.training.catalogue import CRITICAL, RULES
from analysis.training.findings import Parameter, Rule, Setting
from queries.config_faults import near


def faults(given: Mapping[str, Mapping[str, Setting]]) -> Iterator[str]:
    """A sentence for each rule or parameter that there is not, and each value it cannot have."""
    for name, settings in given.items():
        if name not in RULES:
            yield (
                f"rules.{name} is not a rule{near(name, RULES)}. Known are: {', '.join(RULES)}; "
                "a rule of your own is a table [custom_rules.NAME]."
            )
            continue
        for key, value in settings.items():
            fault = _of_a_setting(RULES[name], key, value)
            if fault:
                yield f"rules.{name}.{key} {fault}."


def _of_a_setting(rule: Rule, key: str, value: Setting) -> str:
    """What is wrong with one setting; "" for nothing."""
    parameters = {each.name: each for each in rule.parameters}
    if key == CRITICAL:
        return "" if isinstance(value, bool) else f"is {value!r}, but true or false is expected"
    if key not in parameters:
        known = [*parameters, CRITICAL]
        return f"is not a parameter of the rule{near(key, known)}. Known are: {', '.join(known)}"
    expected = _expected(parameters[key], value)
    return f"is {value!r}, but {expected} is expected" if expected else ""


def _expected(parameter: Parameter, value: Setting) -> str:
    """What is expected instead of a value; "" where it fits. The default says the type."""
    default = parameter.default
    if isinstance(default, bool):
        return "" if isinstance(value, bool) else "true or false"
    if isinstance(default, str):
        return "" if isinstance(value, str) else "a text in quotes"
    if isinstance(value, bool | str):
        return "a number, without quotes,"
    if isinstance(default, int) and isinstance(value, float):
        return "a whole number"
    unit = f" ({parameter.unit})" if parameter.unit else ""
    if parameter.low is not None and value < parameter.low:
        return f"a number not below {parameter.low:g}{unit}"
    if parameter.high is not None and value > parameter.high:
        return f"a number not above {parameter.high:g}{unit}"
    return ""
