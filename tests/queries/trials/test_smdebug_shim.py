"""smdebug reads as it always did, on every Python; and never keeps anyone waiting."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from queries.errors import SourceError
from queries.trials import smdebug_shim

ROOT = Path(__file__).parents[3]
TRIALS = ROOT.parent / "shared" / "corpus" / "trials"
NAMES = sorted(path.parent.name for path in TRIALS.glob("*/index"))

pytestmark = pytest.mark.skipif(not NAMES, reason="shared/corpus/trials is not beside this one")


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    """What smdebug 1.0.34 read, in an environment of its time."""
    found: dict[str, Any] = json.loads((TRIALS / "reference.json").read_bytes())
    return found


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A trial of two workers that may be damaged."""
    return Path(shutil.copytree(TRIALS / "pt_ddp_2workers", tmp_path / "trial"))


def said(read: Any) -> dict[str, Any]:
    """A value as the reference tells it, or the error."""
    try:
        value = read()
    except Exception as error:
        return {"error": f"{type(error).__name__}: {str(error)[:80]}"}
    content = hashlib.sha1(value.tobytes(), usedforsecurity=False).hexdigest()[:16]
    return {"dtype": str(value.dtype), "sha1": content, "shape": list(value.shape)}


def entries(told: dict[str, Any]) -> Iterator[tuple[str, str, int, str, dict[str, Any]]]:
    for name, places in told["tensors"].items():
        for place, expected in places.items():
            mode, step, worker = place.split("/")
            yield name, mode, int(step), worker, expected


@pytest.mark.parametrize("name", NAMES)
def test_every_value_is_the_one_that_was_recorded(name: str, reference: dict[str, Any]) -> None:
    """Steps, modes, values with their types, errors and saved reductions are the reference's."""
    told = reference[name]
    with smdebug_shim.LOCK:
        trial = smdebug_shim.open_trial(TRIALS / name)
        from smdebug import modes

        assert trial.steps() == told["steps"]
        assert {mode.name: trial.steps(mode) for mode in trial.modes()} == told["modes"]
        for tensor, mode, step, worker, expected in entries(told):
            key = {"mode": modes[mode], "worker": worker}
            known = {k: v for k, v in expected.items() if k in ("dtype", "sha1", "shape", "error")}
            read = trial.tensor(tensor)
            assert said(lambda read=read, step=step, key=key: read.value(step, **key)) == known
            for reduction, value in expected.get("reductions", {}).items():
                kind, absolute = reduction.removeprefix("abs_"), reduction.startswith("abs_")
                found = read.reduction_value(step, kind, abs=absolute, **key)
                assert str(found.ravel().tolist()) == value


def test_it_comes_silently_and_leaves_python_as_it_was(tmp_path: Path) -> None:
    """No warning where smdebug is compiled anew, nothing printed, nothing else left over."""
    code = (
        "import sys; from pathlib import Path; from queries.trials import smdebug_shim as shim; "
        "before = set(sys.modules); shim.install(); shim.install(); "
        f"trial = shim.open_trial(Path({str(TRIALS / 'pt_killed_midway')!r})); "
        "name = trial.tensor_names()[0]; trial.tensor(name).value(trial.steps()[0]); "
        "sys.exit(sum(n in sys.modules and n not in before for n in ('distutils', 'pyinstrument')))"
    )
    package = Path(str(next(iter(_smdebug().__path__))))
    shutil.copytree(package, tmp_path / "smdebug", ignore=shutil.ignore_patterns("__pycache__"))
    run = subprocess.run(
        [sys.executable, "-B", "-X", "dev", "-W", "error", "-c", code],
        cwd=ROOT,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def _smdebug() -> Any:
    smdebug_shim.install()
    import smdebug

    return smdebug


def _without(*names: str) -> Any:
    def damage(trial: Path) -> None:
        for name in names:
            target = trial / name
            if target.is_dir():
                shutil.rmtree(target)
            else:
                target.unlink()

    return damage


def _only_the_end(trial: Path) -> None:
    _without("collections", "index", "events")(trial)


def _cut(trial: Path) -> None:
    file = trial / "collections/000000000/worker_0_collections.json"
    file.write_bytes(file.read_bytes()[:200])


SECOND = "collections/000000000/worker_1_collections.json"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (shutil.rmtree, "There is no trial at"),
        (_without("collections", "training_job_end.ts"), "is no trial of Debugger"),
        (_only_the_end, "no tensors were saved"),
        (_cut, "copy the file anew"),
        (_without(SECOND), "1 of 2 workers: those of the others are lost"),
        (_without(SECOND, "training_job_end.ts"), "the others have saved nothing yet"),
    ],
)
def test_what_smdebug_would_wait_for_is_a_sentence(copied: Path, damage: Any, words: str) -> None:
    """A wrong path, an empty folder and missing collections are told before smdebug is asked."""
    assert smdebug_shim.ready(copied) is None
    damage(copied)
    assert words in str(smdebug_shim.ready(copied))
    with pytest.raises(SourceError, match=words):
        smdebug_shim.open_trial(copied)


def test_an_index_that_is_cut_short_is_a_sentence(copied: Path) -> None:
    """What smdebug raises of a damaged file reaches nobody as it is."""
    file = next((copied / "index").rglob("*.json"))
    file.write_bytes(file.read_bytes()[:50])
    with pytest.raises(SourceError, match="smdebug cannot open"):
        smdebug_shim.open_trial(copied)


def test_a_running_trial_is_read_as_it_stands(copied: Path) -> None:
    """Nothing is waited for: not the next step, not a file that is missing."""
    (copied / "training_job_end.ts").unlink()
    with smdebug_shim.LOCK:
        trial = smdebug_shim.open_trial(copied)
        from smdebug.exceptions import NoMoreData, StepUnavailable, TensorUnavailableForStep

        first, *_, last = trial.steps()
        with pytest.raises(NoMoreData):
            trial.wait_for_steps([last + 1])
        with pytest.raises(StepUnavailable):
            trial.wait_for_steps([first + 1])
        shutil.rmtree(copied / "events")
        with pytest.raises(TensorUnavailableForStep):
            trial.tensor(trial.tensor_names()[0]).value(first)


def test_an_index_cannot_name_files_outside_the_trial(copied: Path) -> None:
    """Only what lies below the trial is opened, however the index writes the path."""
    elsewhere = copied.parent / "elsewhere.tfevents"
    elsewhere.write_bytes(b"secret")
    for file in (copied / "index").rglob("*.json"):
        told = json.loads(file.read_bytes())
        told["meta"]["event_file_name"] = "../elsewhere.tfevents"
        file.write_text(json.dumps(told), encoding="utf-8")
    with smdebug_shim.LOCK:
        trial = smdebug_shim.open_trial(copied)
        with pytest.raises(SourceError, match="outside the trial"):
            trial.tensor(trial.tensor_names()[0]).value(trial.steps()[0])
