"""A user's rule is asked at every step; whatever it does, the answer is a sentence."""

from __future__ import annotations

import os
import re
import textwrap
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from demo.hook import LOSS, Hook
from queries.config import CustomRule, load
from queries.trials.custom_rules import Asked, Run, ask, findings

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "docs" / "examples" / "quiet_layers.py"
TRIALS = ROOT.parent / "shared" / "corpus" / "trials"


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Steps 0 to 4: TRAIN 0, 1, 2, then EVAL 0, then TRAIN 3; a loss that is the step's number."""
    folder = tmp_path_factory.mktemp("trial")
    hook = Hook(folder, "worker_0", 1, {"losses": 1})
    for step, (mode, mode_step) in enumerate(
        [("TRAIN", 0), ("TRAIN", 1), ("TRAIN", 2), ("EVAL", 0), ("TRAIN", 3)]
    ):
        hook.save(mode, mode_step, step, {LOSS: np.float32(step)}, 1_000.0 + step)  # type: ignore[arg-type]
    hook.describe([LOSS])
    (folder / "training_job_end.ts").touch()
    return folder


def written(folder: Path, body: str, *, name: str = "Mine", head: str = "") -> CustomRule:
    """A file with a rule ``Mine``: the body of ``invoke_at_step``, with the loss at hand."""
    file = folder / "mine.py"
    file.write_text(
        textwrap.dedent(
            """
            import os, signal, subprocess, sys, time
            import numpy as np
            from smdebug.rules import Rule
            from smdebug.exceptions import RuleEvaluationConditionMet
            {head}
            class Mine(Rule):
                def __init__(self, base_trial, note="", limit=0.0):
                    super().__init__(base_trial, action_str="")
                    self.note, self.limit = note, limit

                def invoke_at_step(self, step):
                    loss = self.base_trial.tensor("{loss}").value(step)
            {body}
            """
        ).format(
            head=textwrap.dedent(head),
            loss=LOSS,
            body=textwrap.indent(textwrap.dedent(body), " " * 8),
        ),
        encoding="utf-8",
    )
    return CustomRule(name="mine", file=str(file), rule=name, timeout_s=30.0)


def given(rule: CustomRule, parameters: Mapping[str, Any], **more: Any) -> CustomRule:
    """The rule with parameters."""
    about = {"name": rule.name, "file": rule.file, "rule": rule.rule, "timeout_s": rule.timeout_s}
    return CustomRule(**{**about, "parameters": parameters, **more})


def test_a_rule_fires_at_the_first_step_that_meets_it(tmp_path: Path, trial: Path) -> None:
    """The step is named as its mode counts it, and steps that meet the condition are counted."""
    rule = given(written(tmp_path, "return float(loss) >= self.limit"), {"limit": 2})
    assert ask(rule, trial) == Run(
        "fired",
        "mine fired at step 2 of TRAIN; in all at 3 of the 5 saved steps that it was asked at.",
        2,
        "TRAIN",
    )
    late = ask(given(rule, {"limit": 3}), trial)
    assert (late.first_step, late.mode) == (0, "EVAL")


def test_a_rule_that_meets_nothing_has_not_fired(tmp_path: Path, trial: Path) -> None:
    """Not fired says at how many steps it was asked."""
    run = ask(written(tmp_path, "return False"), trial)
    assert run == Run(
        "not_fired", "mine did not fire at 5 of the 5 saved steps that it was asked at."
    )


def test_a_rule_may_end_itself(tmp_path: Path, trial: Path) -> None:
    """After the condition with end_of_rule it is not asked again."""
    body = "if step == 1: raise RuleEvaluationConditionMet('mine', step, end_of_rule=True)"
    run = ask(written(tmp_path, body), trial)
    assert run.status == "fired"
    assert "at 1 of the 2 saved steps" in run.sentence


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            "if step == 3: raise ValueError('no\\nway <b>' + 'x' * 5000)",
            r"mine raised ValueError: no way <b>x{200,300} at step 0 of EVAL\.",
        ),
        ("sys.exit(0)", r"mine raised SystemExit: 0 at step 0 of TRAIN\."),
        ("os._exit(3)", r"mine ended its process with exit code 3 at step 0 of TRAIN\."),
        ("os._exit(0)", r"mine ended its process at step 0 of TRAIN\."),
        (
            "os.kill(os.getpid(), signal.SIGSEGV)",
            r"mine was killed by SIGSEGV at step 0 of TRAIN\.",
        ),
        (
            "return self.base_trial.tensor('other').value(step) > 0",
            r"mine found its tensors at none of the steps: Tensor other was not saved\.",
        ),
    ],
)
def test_what_a_rule_does_wrong_is_a_sentence(
    tmp_path: Path, trial: Path, body: str, sentence: str
) -> None:
    """An error, an early end and a crash are told with the step, in one line, and can't tell."""
    run = ask(written(tmp_path, body), trial)
    assert run.status == "unknown"
    assert re.fullmatch(sentence, run.sentence), run.sentence


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        (
            "import nowhere_at_all",
            "Mine",
            "mine.py cannot be loaded: ModuleNotFoundError: No module",
        ),
        ("def f(:", "Mine", "mine.py cannot be loaded: SyntaxError: invalid syntax (line 1)"),
        ("raise SystemExit('bye')", "Mine", "mine.py cannot be loaded: SystemExit: bye"),
        ("x = 1", "Mine", "mine.py has no class Mine: it holds no rule"),
        (
            "from smdebug.rules import Rule\nclass Other(Rule): pass",
            "Mine",
            "mine.py has no class Mine: its rules are Other",
        ),
        ("class Mine: pass", "Mine", "that is no subclass of smdebug.rules.Rule"),
        (
            "from smdebug.rules import Rule\nclass Mine(Rule): pass",
            "Mine",
            "has a class Mine without the method invoke_at_step",
        ),
        (
            "from smdebug.rules import Rule\nclass Mine(Rule):\n"
            "    def invoke_at_step(self, step): return False",
            "Mine",
            "cannot make Mine: TypeError: ",
        ),
    ],
)
def test_a_file_without_the_rule_is_a_sentence(
    tmp_path: Path, trial: Path, text: str, name: str, words: str
) -> None:
    """What is not there, or cannot be made, is told; nothing is asked."""
    file = tmp_path / "mine.py"
    file.write_text(text, encoding="utf-8")
    run = ask(CustomRule(name="m", file=str(file), rule=name, parameters={"limit": 1}), trial)
    assert run.status == "unknown"
    assert words in run.sentence


def test_a_rule_without_a_constructor_needs_none(tmp_path: Path, trial: Path) -> None:
    """The one of smdebug asks for an action; it is given none."""
    file = tmp_path / "mine.py"
    file.write_text(
        "from smdebug.rules import Rule\nclass Mine(Rule):\n"
        "    def invoke_at_step(self, step): return bool(self._actions._actions)",
        encoding="utf-8",
    )
    assert ask(CustomRule(name="m", file=str(file), rule="Mine"), trial).status == "not_fired"


def test_a_rule_that_takes_too_long_is_ended_with_all_it_started(
    tmp_path: Path, trial: Path
) -> None:
    """At the limit, whatever it waits for; what it found before is kept, its processes are gone."""
    note = tmp_path / "pid"
    body = """
        if step == 1:
            child = subprocess.Popen(["sleep", "600"])
            open(self.note, "w").write(str(child.pid))
            while True: pass
        return True
        """
    rule = given(written(tmp_path, body), {"note": str(note)}, timeout_s=6.0)
    begun = time.monotonic()
    run = ask(rule, trial)
    assert time.monotonic() - begun < 30
    assert (run.status, run.first_step) == ("fired", 0)
    assert run.sentence.endswith("mine was ended after 6 s at step 1 of TRAIN.")
    child = Path("/proc", note.read_text(encoding="utf-8"), "stat")
    # gone, or a zombie that nobody has waited for yet
    assert (
        not child.exists() or child.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    )


def test_a_rule_may_print_what_it_likes(tmp_path: Path, trial: Path) -> None:
    """Megabytes printed fill no pipe and no answer."""
    body = "print('x' * 20_000_000); sys.stderr.write('y' * 20_000_000); return False"
    assert ask(written(tmp_path, body), trial).status == "not_fired"


def test_a_rule_has_no_credentials(
    tmp_path: Path, trial: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of the environment, nor of a file at home, nor of the machine's role."""
    home = tmp_path / "home"
    (home / ".aws").mkdir(parents=True)
    (home / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id = A\naws_secret_access_key = B\n", encoding="utf-8"
    )
    for name, value in (
        ("HOME", str(home)),
        ("AWS_ACCESS_KEY_ID", "A"),
        ("AWS_SECRET_ACCESS_KEY", "B"),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/"),
        ("UNDERSTUDY_CONFIG", "x"),
    ):
        monkeypatch.setenv(name, value)
    body = """
        import boto3
        known = [n for n in os.environ if n.startswith(("AWS_", "UNDERSTUDY_"))]
        if known != ["AWS_EC2_METADATA_DISABLED"] or boto3.Session().get_credentials():
            return True
        if os.listdir("."):
            return True
        """
    run = ask(written(tmp_path, body), trial)
    assert run.status == "not_fired", run.sentence
    assert os.environ["AWS_ACCESS_KEY_ID"] == "A"


def test_a_rule_may_compare_two_trials(tmp_path: Path, trial: Path) -> None:
    """The other one is given where the constructor names it; without one it can't tell."""
    file = tmp_path / "mine.py"
    file.write_text(
        "from smdebug.rules import Rule\nclass Mine(Rule):\n"
        "    def __init__(self, base_trial, other_trials):\n"
        "        super().__init__(base_trial, '', other_trials)\n"
        "    def invoke_at_step(self, step):\n"
        "        return self.other_trials[0].tensor_names() == self.base_trial.tensor_names()",
        encoding="utf-8",
    )
    rule = CustomRule(name="same", file=str(file), rule="Mine")
    assert ask(rule, trial, other=trial).status == "fired"
    assert "compares with another trial" in ask(rule, trial).sentence


def test_an_answer_is_kept_until_something_changes(tmp_path: Path, trial: Path) -> None:
    """The same trial, file and parameters are asked once; another of any of them anew."""
    note = tmp_path / "asked"
    body = "open(self.note, 'a').write('x' if step == 0 else ''); return step == self.limit"
    rule = written(tmp_path, body)

    def asked(limit: int, state: str) -> tuple[Any, int]:
        (found,) = findings(
            [given(rule, {"note": str(note), "limit": limit}, critical=True)],
            Asked(trial, state),
            cache=tmp_path,
        )
        return found, len(note.read_text(encoding="utf-8"))

    first, runs = asked(1, "five steps")
    assert (first.rule, first.origin, first.critical, runs) == ("mine", "custom", True, 1)
    again, runs = asked(1, "five steps")
    assert (again.sentence, again.first_step, runs) == (first.sentence, 1, 1)
    assert asked(2, "five steps")[1] == 2
    assert asked(1, "six steps")[1] == 3
    Path(rule.file).write_text(
        Path(rule.file).read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8"
    )
    assert asked(1, "five steps")[1] == 4


def test_what_cannot_be_asked_at_all_is_told(tmp_path: Path, trial: Path) -> None:
    """No file, and no trial that smdebug can open: a finding each, in the order of the rules."""
    there = CustomRule(name="b", file=str(EXAMPLE), rule="QuietLayers")
    gone = CustomRule(name="a", file=str(tmp_path / "gone.py"), rule="Mine")
    first, second = findings([gone, there], Asked(tmp_path, ""), cache=tmp_path / "cache")
    assert "gone.py cannot be read (No such file or directory)" in first.sentence
    assert "is no trial of Debugger" in second.sentence
    assert {first.status, second.status} == {"unknown"}


@pytest.mark.skipif(not TRIALS.exists(), reason="shared/corpus/trials is not beside this one")
@pytest.mark.parametrize(
    ("name", "status"), [("pt_vanishing_sigmoid", "fired"), ("pt_healthy_mlp", "not_fired")]
)
def test_the_example_of_the_docs_fires_where_it_should(name: str, status: str) -> None:
    """On gradients that vanish with depth, and not on a healthy training."""
    rule = CustomRule(name="quiet-layers", file=str(EXAMPLE), rule="QuietLayers")
    assert ask(rule, TRIALS / name).status == status


def test_the_configuration_of_the_docs_holds(tmp_path: Path) -> None:
    """The table in the docs is one that can be loaded, and names the example."""
    page = (ROOT / "docs" / "custom-rules.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    file = tmp_path / "understudy.toml"
    file.write_text('[trials.one]\njob = "one"\n' + table, encoding="utf-8")
    (rule,) = load(file).custom_rules
    assert (Path(rule.file).name, rule.rule, rule.timeout_s) == (EXAMPLE.name, "QuietLayers", 60)
