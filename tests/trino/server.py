"""How is a real Trino started on this machine?

Maven fetches it once into its own store, Java runs it. It is the engine that Athena's version 3 is
made of (https://docs.aws.amazon.com/athena/latest/ug/engine-versions-reference-0003.html).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).parent
_CLASSES = HERE.parents[1] / "test-results" / "trino-classpath"
_LOG = _CLASSES.with_name("trino.log")
# It lives for a minute: what the optimizing compiler and a parallel collector save comes too late.
_SWIFT = ("-Xmx2g", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_FETCH_S, _START_S = 150, 150


class NotHere(Exception):
    """A real Trino cannot be had on this machine; the text says why."""


class Trino:
    """A Trino of one node; ``url`` is its address. It ends with ``stop``, or with this process."""

    def __init__(self) -> None:
        classes = _fetched()
        # into a file: a pipe that nobody reads fills up, and the server waits
        with _LOG.open("wb") as log:
            self._process = subprocess.Popen(
                ["java", *_SWIFT, "-cp", classes, str(HERE / "Trino.java")],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.url = self._ready()

    def stop(self) -> None:
        """End the server."""
        self._process.communicate(timeout=30)

    def _ready(self) -> str:
        end = time.monotonic() + _START_S
        while time.monotonic() < end and self._process.poll() is None:
            said = _LOG.read_text(errors="replace")
            found = re.search(r"ready (http://\S+)", said)
            if found:
                return found[1]
            time.sleep(0.2)
        self._process.kill()
        self.stop()
        raise NotHere(f"Trino did not start; its last words are in {_LOG}")


def _fetched() -> str:
    """The class path of Trino, which Maven fetches if need be."""
    for program in ("java", "javac", "mvn"):
        if shutil.which(program) is None:
            raise NotHere(
                f"there is no `{program}` (Java 17's development kit and Maven are needed)"
            )
    pom = HERE / "pom.xml"
    if _CLASSES.exists() and _CLASSES.stat().st_mtime > pom.stat().st_mtime:
        known = _CLASSES.read_text()
        if all(Path(each).exists() for each in known.split(os.pathsep)):
            return known
    _CLASSES.parent.mkdir(exist_ok=True)
    goal = ["dependency:build-classpath", f"-Dmdep.outputFile={_CLASSES}"]
    try:
        done = subprocess.run(
            ["mvn", "-q", "-B", "-f", str(pom), *goal, "-DincludeScope=runtime"],
            capture_output=True,
            text=True,
            timeout=_FETCH_S,
        )
    except subprocess.TimeoutExpired:
        raise NotHere(f"Maven did not fetch Trino within {_FETCH_S} seconds") from None
    if done.returncode:
        first = next((line for line in done.stdout.splitlines() if "ERROR" in line), done.stdout)
        raise NotHere(f"Maven could not fetch Trino: {first[:200]}")
    return _CLASSES.read_text()
