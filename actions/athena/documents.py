"""What is said of the tables of a test in Athena, as plain data?

The fields are those that docs/cli.md lists.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from actions.athena.hours import Updated
    from actions.athena.setup import Setup
    from queries.athena.standing import Standing
    from queries.config import Test
    from queries.config_athena import Athena


def setup_document(setup: Setup, *, done: bool) -> dict[str, Any]:
    """What is to be run, or was."""
    return {
        "test": setup.test.name,
        "database": setup.tables.database,
        "captures": setup.location,
        "first_hour": setup.first_hour,
        "reading": {"production": setup.production, "shadow": setup.shadow},
        "statements": [{"for": each.what, "sql": each.sql} for each in setup.statements],
        "hours_lost": list(setup.lost),
        "done": done,
    }


def updated_document(test: Test, athena: Athena, updated: Updated) -> dict[str, Any]:
    """What was written, and what it cost."""
    usage = updated.usage
    return {
        "test": test.name,
        "database": athena.database,
        "hours_read": list(updated.rows),
        "hours_paired": list(updated.pairs),
        "hours_finished": updated.finished,
        "hours_written_elsewhere": updated.elsewhere,
        "tables_swept": updated.swept,
        "undecided": updated.undecided,
        "labels": None if updated.labels is None else asdict(updated.labels),
        "outcomes": {column: asdict(counts) for column, counts in updated.outcomes},
        "queries": len(usage.asked),
        "bytes_scanned": usage.scanned,
        "seconds": round(usage.seconds, 1),
        "usd": usage.usd,
    }


def standing_document(test: Test, athena: Athena, standing: Standing) -> dict[str, Any]:
    """What is written, what waits, and what reading that costs at least."""
    return {
        "test": test.name,
        "database": standing.tables.database,
        "captures": standing.captures,
        "reading": {"production": standing.production, "shadow": standing.shadow},
        "hours": _span(standing.hours),
        "hours_read": _span(standing.read),
        "rows": standing.rows,
        "pairs": standing.pairs,
        "ambiguous": standing.ambiguous,
        "collisions": standing.collisions,
        "bytes": standing.bytes,
        "waiting": list(standing.waiting),
        "waiting_bytes": standing.waiting_bytes,
        "waiting_usd": standing.waiting_bytes / 10**12 * athena.usd_per_tb,
        "late": list(standing.late),
    }


def _span(hours: tuple[str, ...]) -> dict[str, Any]:
    first, last = (hours[0], hours[-1]) if hours else (None, None)
    return {"first": first, "last": last, "count": len(hours)}
