"""How is smdebug used beside today's protobuf, NumPy and Python, and kept from waiting for ever?

smdebug 1.0.12 was written for protobuf 3, NumPy 1 and Python before 3.12. ``install`` makes it
importable (docs/decisions/0018): its messages are built from the descriptors that lie in its own
files, its table of NumPy types is replaced, and ``strtobool`` is there while it is imported. A
trial is opened here as it stands, so that nothing of smdebug ever waits for more of it.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from queries.errors import SourceError

LOCK = threading.RLock()
"""Held around every use of smdebug: its trials change while they are read."""

_MESSAGES = "smdebug.core.tfevent.proto"
_END = "training_job_end.ts"
_SETTINGS = {
    "SMDEBUG_LOG_LEVEL": "off",  # it would write to standard output
    "SMDEBUG_TRAINING_END_DELAY_REFRESH": "0",  # seconds slept at the first look at a trial
    "SMDEBUG_MISSING_EVENT_FILE_RETRY_LIMIT": "0",  # of two seconds each
}
# The numbers of TensorFlow's types; smdebug's own table lacks some, and reads int8 as uint8.
_TYPES: dict[int, Any] = {
    1: np.float32,
    2: np.float64,
    3: np.int32,
    4: np.uint8,
    5: np.int16,
    6: np.int8,
    7: np.str_,
    8: np.complex64,
    9: np.int64,
    10: np.bool_,
    17: np.uint16,
    18: np.complex128,
    19: np.float16,
    22: np.uint32,
    23: np.uint64,
}
_installed = False


def install() -> None:
    """Make ``import smdebug`` work in this process, silently; the second time does nothing."""
    global _installed
    with LOCK:
        if _installed:
            return
        os.environ.update(_SETTINGS)
        with warnings.catch_warnings(), _strtobool():
            # it is compiled on first import where that was not done before, and warns of itself
            warnings.simplefilter("ignore")
            _build_messages()
            for name in ("rules", "trials", "exceptions"):
                importlib.import_module(f"smdebug.{name}")
        _replace()
        _installed = True


def ready(folder: Path) -> str | None:
    """Why smdebug would wait for ever for this trial, or fail on it; None where it would not."""
    if not folder.is_dir():
        return f"There is no trial at {folder}: check the path."
    held = sorted((folder / "collections" / "000000000").glob("*_collections.json"))
    ended = (folder / _END).exists()
    if not held and ended:
        return f"{folder} says that the training ended, but no tensors were saved."
    if not held:
        return (
            f"{folder} has no file below collections/000000000: it is no trial of Debugger, or the "
            "training has saved nothing yet."
        )
    try:
        told = json.loads(held[0].read_bytes())
        workers, collections = int(told["_meta"]["num_workers"]), dict(told["collections"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"{held[0]} cannot be read ({type(error).__name__}); copy the file anew."
    if not collections or set(told) != {"collections", "_meta"}:
        return f"{held[0]} names no collections; copy the file anew."
    if len(held) < workers:
        return f"{folder} has the collections of {len(held)} of {workers} workers: " + (
            "those of the others are lost." if ended else "the others have saved nothing yet."
        )
    return None


def open_trial(folder: Path, name: str = "") -> Any:
    """smdebug's own trial of a local folder as it stands now: it is not looked at again.

    Use it under ``LOCK``.

    Raises
    ------
    SourceError
        Where smdebug would wait for ever, or cannot read the index.
    """
    problem = ready(folder)
    if problem is not None:
        raise SourceError(problem)
    with LOCK:
        install()
        from smdebug.trials import create_trial

        try:
            trial = create_trial(str(folder), name=name or folder.name)
        except Exception as error:
            # of an index that is cut short it raises whatever its parser stumbled on
            raise SourceError(
                f"smdebug cannot open {folder} ({type(error).__name__}: {error})."
            ) from error
        # what it does by itself at a trial that has ended; of a running one it would wait for more
        trial.loaded_all_steps = True
        trial.last_complete_step = max(trial.steps(show_incomplete_steps=True), default=-1)
    return trial


def _build_messages() -> None:
    """Put smdebug's protobuf modules together from the descriptors that their files hold.

    Its files call protobuf as before version 4, which now refuses. What is called here is what
    files of protoc since 3.20 call.
    """
    from google.protobuf import descriptor_pb2, descriptor_pool
    from google.protobuf.internal import builder

    package = importlib.import_module(_MESSAGES)
    (place,) = package.__path__
    blobs = {path.stem: _descriptor(path) for path in sorted(Path(place).glob("*_pb2.py"))}

    def build(stem: str) -> None:
        name = f"{_MESSAGES}.{stem}"
        if name in sys.modules:
            return
        file = descriptor_pb2.FileDescriptorProto.FromString(blobs[stem])
        for needed in file.dependency:
            build(f"{Path(needed).stem}_pb2")
        module = ModuleType(name)
        module.__dict__["DESCRIPTOR"] = descriptor_pool.Default().AddSerializedFile(blobs[stem])
        builder.BuildMessageAndEnumDescriptors(module.DESCRIPTOR, module.__dict__)
        builder.BuildTopDescriptorsAndMessages(module.DESCRIPTOR, name, module.__dict__)
        sys.modules[name] = module
        setattr(package, stem, module)

    for stem in blobs:
        build(stem)


def _descriptor(path: Path) -> bytes:
    """The bytes that a generated file hands to protobuf; nothing of the file is run."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "serialized_pb":
            return bytes(ast.literal_eval(node.value))
    raise ImportError(f"{path} holds no descriptor: smdebug 1.0.12 is needed.")


@contextmanager
def _strtobool() -> Iterator[None]:
    """``distutils.util``, which left Python with 3.12; smdebug takes one function of it."""
    package, util = ModuleType("distutils"), ModuleType("distutils.util")
    vars(util)["strtobool"] = lambda text: int(text.lower() in ("y", "yes", "t", "true", "on", "1"))
    vars(package)["util"] = util
    made = {module.__name__: module for module in (package, util)}
    before = {name: sys.modules[name] for name in made if name in sys.modules}
    sys.modules.update(made)
    try:
        yield
    finally:
        # others tell by it which Python they run on
        for name in made:
            del sys.modules[name]
        sys.modules.update(before)


def _replace() -> None:
    """Types that NumPy still has, a silent log, and no file outside the trial."""
    from smdebug.core.index_reader import LocalIndexReader
    from smdebug.core.logger import get_logger
    from smdebug.core.tfevent import event_file_reader

    read = LocalIndexReader.fetch_tensor_value

    def fetch_tensor_value(self: Any, tensor_location: Any) -> Any:
        trial, file = (os.path.realpath(p) for p in (self.path, tensor_location.event_file_name))
        if not file.startswith(trial + os.sep):
            raise SourceError(f"The index names a file outside the trial: {file}.")
        return read(self, tensor_location)

    LocalIndexReader.fetch_tensor_value = fetch_tensor_value
    event_file_reader.as_dtype = _TYPES.__getitem__
    # it calls a method that Python means to remove, and that warns until then
    get_logger().warn = get_logger().warning
