"""What do the captures say, for a terminal or a pipeline?

Exit codes: 0 promote (and every other command that worked), 1 hold (of a training: rules fired; of
an update: it goes on), 2 reject or refused, 3 error. Errors are sentences on stderr; stdout holds
the answer and nothing else.
"""

from __future__ import annotations

import io
import logging
import sys
import traceback
from pathlib import Path
from typing import Any

import click

from commands import acting, athena, deploying, judging, publishing, requests, training, watching
from commands.asking import counted

ERROR = 3


class Gate(click.Group):
    """Commands whose failures can never be taken for a verdict: whatever goes wrong exits 3."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a command, and end the process with its exit code."""
        from queries.errors import UnderstudyError

        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # a terminal without the sign for "minus" gets a question mark, not a failure
                stream.reconfigure(errors="replace")
        options["standalone_mode"] = False
        code: Any = ERROR
        try:
            with counted():
                code = super().main(*args, **options)
        except click.ClickException as error:
            error.show()
        except click.Abort:
            click.echo("Interrupted; what was read so far is kept.", err=True)
        except UnderstudyError as error:
            click.echo(f"Error: {error}", err=True)
        except Exception as error:
            # Python itself would exit with 1, which says hold.
            at = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(at.filename).name}, line {at.lineno}"
            click.echo(f"Error: {type(error).__name__} in {place}: {error}", err=True)
        sys.exit(code or 0)


@click.group(cls=Gate, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--verbose", is_flag=True, help="Write what is logged to stderr as well.")
def main(verbose: bool) -> None:
    """Compare the production and the shadow variant of a SageMaker endpoint."""
    # what a person has to know is an answer or an error; a log is for who looks into something
    logging.basicConfig(
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        level=logging.WARNING if verbose else logging.CRITICAL,
    )


for command in (
    judging.ingest,
    judging.pairs,
    judging.verdict,
    judging.report,
    training.trial,
    deploying.plan,
    deploying.promote,
    deploying.rollback,
    acting.act,
    requests.requests,
    watching.watch,
    watching.history,
    publishing.publish,
    athena.athena,
    judging.demo,
):
    main.add_command(command)


if __name__ == "__main__":
    main()
