"""What became of that which was begun here, and was cut off before it was known?

Asked once when a server has drawn its first page, at the beginning of every command that changes
something or watches, and when History is opened, before it is shown; Deploy goes on with its own
endpoint's. AWS is only looked at; what is seen is written down as seen, and not as answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions.execute import advance
from queries.errors import UnderstudyError

if TYPE_CHECKING:
    from actions.execute import Receipt
    from actions.fingerprints import Clients
    from actions.ledger import Ledger
    from actions.stepping import Tell


def reconcile(
    ledger: Ledger, client_of: Clients, *, tell: Tell | None = None
) -> tuple[tuple[Receipt, ...], tuple[str, ...]]:
    """Look at every change of every target that goes on: how far each is, and what is in the way.

    ``client_of`` need only read. A target whose changes cannot be looked at is told in a sentence,
    and the others are looked at all the same; one whose chain is broken says so where it is read.

    Raises
    ------
    SourceError
        When the audit cannot be read at all.
    """
    found: list[Receipt] = []
    problems: list[str] = []
    for target in ledger.targets():
        if ledger.read(target).broken is not None:
            continue
        try:
            found += advance(
                target, ledger=ledger, acting=lambda _: client_of, tell=tell, act=False
            )
        except UnderstudyError as error:
            problems.append(f"{target}: {error}")
    return tuple(found), tuple(problems)
