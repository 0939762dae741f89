"""A stand-in for AWS on this machine: the demo goes through the code that real AWS goes through."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn

from demo import (
    artefacts,
    cloudwatch,
    functions,
    on_athena,
    quotas,
    runtime,
    sagemaker,
    scaling,
    sessions,
    stages,
    training_jobs,
)
from demo.alarms import Alarms
from demo.answering import Models
from demo.athena.duck import Duck
from demo.athena.service import Athena, Workgroup
from demo.buckets import Buckets
from demo.held import Held
from demo.live_traffic import LiveTraffic, Shift, shifts
from demo.metrics import Metrics
from demo.moment import Surroundings
from demo.series import Series
from demo.wire import Operation, application

SPEED = 20.0
"""In the demo an update takes a twentieth of the time that it takes at AWS."""


class StandIn:
    """An ASGI application served on a free port of 127.0.0.1, from a daemon thread."""

    def __init__(self, app: Callable[..., Any]) -> None:
        # asyncio turns Nagle's algorithm off only where the protocol is named; with it, an answer
        # sent in two writes waits 40 ms for an acknowledgement
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        # from here on connections wait, so that the url may be used at once
        listener.listen(64)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                app, log_config=None, access_log=False, lifespan="off", ws="none", workers=1
            )
        )
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": [listener]},
            name="demo-account",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop serving; returns when the port is free again."""
        self._server.should_exit = True
        self._thread.join()


def operations(folder: Path, around: Surroundings) -> list[Operation]:
    """Every operation of the account in ``folder``, as ``demo.account.ensure`` makes it."""
    clock, speed = around.clock, around.speed
    metrics, held = Metrics(folder / "metrics"), sagemaker.state(folder)

    def shifted(endpoint: str) -> list[Shift]:
        with held.open() as state:
            return shifts(state, endpoint, clock())

    live = LiveTraffic(
        metrics, shifts=shifted, failing=around.faults.failing, clock=clock, speed=speed
    )
    series = Series(metrics, live)
    alarms = Alarms(series, _kept(folder, "alarms", dict), clock=clock, speed=speed)
    around = replace(around, alarm_state=alarms.alarm_state, scaled=scaling.registered)
    of_sagemaker = sagemaker.operations(folder, around)
    answers = (
        *cloudwatch.operations(series, clock=clock),
        *alarms.operations(),
        *of_sagemaker,
        *training_jobs.operations(folder, clock=clock),
        *runtime.operations(Models(folder), of_sagemaker),
        *around.identity.operations(clock=clock),
        *around.topics.operations(),
        *scaling.operations(),
        *quotas.Quotas(held, series, clock).operations(),
        *functions.operations(_kept(folder, "functions", functions.seed)),
        *stages.operations(_kept(folder, "stages", stages.seed), clock=clock),
        *_athena(folder, clock),
    )
    return around.faults.guarded(sessions.guarded(answers, around.identity, clock))


def _athena(folder: Path, clock: Callable[[], float]) -> list[Operation]:
    """Athena, Glue and S3: the captures of the account, and a bucket for what is made of them."""
    buckets = Buckets(
        {on_athena.CAPTURES: folder / "captures", on_athena.TABLES: folder / "athena"}
    )
    workgroup = Workgroup(f"s3://{on_athena.TABLES}/answers/")
    athena = Athena(folder, buckets, Duck(), {"primary": workgroup}, clock=clock)
    return [*athena.operations(), *artefacts.operations(folder, buckets)]


def _kept(folder: Path, what: str, seed: Callable[[], dict[str, Any]]) -> Held:
    return Held(seed, folder / f"{what}.json")


def start(folder: Path) -> str:
    """Serve the account in ``folder``; returns the url."""
    return StandIn(application(operations(folder, Surroundings(speed=SPEED)))).url
