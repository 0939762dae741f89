"""Does a user's rule fire on a trial? The program that asks it, in a process of its own.

``python -m queries.trials.custom_rule_process REQUEST ANSWERS``: the request is a JSON text, the
answers a file that is written line by line, so that what was answered before the process was ended
is known. Nothing but the standard output and that file is written by it; the rule may do anything.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from queries.errors import SourceError
from queries.trials import smdebug_shim

_LONGEST = 300  # characters of a message that is passed on
Tell = Callable[..., None]


def main(request: str, answers: str) -> None:
    """Answer a request; each answer is a list, its kind first.

    ``at`` step, mode, mode_step: asked at this step next; ``fired``, ``nothing`` (reason: tensors
    were not saved), ``quiet``: what it answered there; ``problem`` sentence: it cannot be asked, or
    not any more; ``end`` steps: it was asked at all of them.
    """
    with Path(answers).open("a", encoding="utf-8", buffering=1) as out:

        def tell(*answer: object) -> None:
            out.write(json.dumps(answer) + "\n")

        asked = json.loads(request)
        try:
            _ask(asked, tell)
        except SourceError as error:
            tell("problem", str(error))
        except _Unusable as error:
            tell("problem", f"{Path(asked['file']).name} {error}.")


class _Unusable(Exception):
    """The file holds no rule that can be asked."""


def _ask(asked: dict[str, Any], tell: Tell) -> None:
    smdebug_shim.install()
    from smdebug import exceptions

    trial = smdebug_shim.open_trial(Path(asked["folder"]))
    other = asked["other"] and smdebug_shim.open_trial(Path(asked["other"]))
    rule = _made(_class(Path(asked["file"]), asked["rule"]), trial, other, asked["parameters"])
    steps = trial.steps()
    unsaved = (
        exceptions.TensorUnavailableForStep,
        exceptions.StepUnavailable,
        exceptions.TensorUnavailable,
    )
    for step in steps:
        mode, mode_step = trial.mode_modestep(step)
        tell("at", step, mode.name, mode_step)
        try:
            rule.invoke(step)
            tell("quiet")
        except unsaved as error:
            tell("nothing", _one_line(error))
        except exceptions.RuleEvaluationConditionMet as met:
            tell("fired")
            if met.end_of_rule:
                break
        except (exceptions.NoMoreData, exceptions.NoMoreProfilerData):
            break
        except BaseException as error:
            # SystemExit too: whatever a rule raises is an answer of this program, never its end
            tell("problem", f"raised {_raised(error)}")
            return
    tell("end", len(steps))


def _class(file: Path, name: str) -> type:
    from smdebug.rules import Rule

    try:
        module = _loaded(file)
    except BaseException as error:
        raise _Unusable(f"cannot be loaded: {_raised(error)}") from error
    found = getattr(module, name, None)
    if not inspect.isclass(found):
        classes = [
            key
            for key, value in vars(module).items()
            if inspect.isclass(value) and issubclass(value, Rule) and value is not Rule
        ]
        there = f"its rules are {', '.join(classes)}" if classes else "it holds no rule"
        raise _Unusable(f"has no class {name}: {there}")
    if not issubclass(found, Rule):
        raise _Unusable(f"has a class {name} that is no subclass of smdebug.rules.Rule")
    if inspect.isabstract(found):
        raise _Unusable(f"has a class {name} without the method invoke_at_step")
    return found


def _loaded(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("custom_rule", file)
    if spec is None or spec.loader is None:
        raise ImportError("its name does not end in .py")
    # so that a rule may import what lies beside it, and pickle what it defines
    sys.path.insert(0, str(file.parent))
    module = importlib.util.module_from_spec(spec)
    sys.modules["custom_rule"] = module
    spec.loader.exec_module(module)
    return module


def _made(kind: type, trial: Any, other: Any, parameters: dict[str, Any]) -> Any:
    """The rule, with what its constructor asks for by name: another trial, and no action."""
    known = inspect.signature(kind).parameters
    given = dict(parameters)
    if "action_str" in known:
        given.setdefault("action_str", "")
    for name, value in (("other_trial", other), ("other_trials", [other])):
        if name not in known or name in given:
            continue
        if other is not None:
            given[name] = value
        elif known[name].default is inspect.Parameter.empty:
            raise _Unusable("compares with another trial, and none was chosen")
    try:
        return kind(trial, **given)
    except BaseException as error:
        raise _Unusable(f"cannot make {kind.__name__}: {_raised(error)}") from error


def _raised(error: BaseException) -> str:
    said = _one_line(error)
    where = f" (line {error.lineno})" if isinstance(error, SyntaxError) and error.lineno else ""
    return f"{type(error).__name__}{f': {said}' if said else ''}{where}"


def _one_line(error: BaseException) -> str:
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    return " ".join(said.split())[:_LONGEST].rstrip(".")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
