"""What is a new endpoint config called?

The same content at the same minute has the same name, so that a plan carried out twice makes one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

LONGEST = 63


def config_name(endpoint: str, document: Mapping[str, Any], at: datetime) -> str:
    """``ENDPOINT-SHA8-YYYYMMDDHHMM`` in UTC, the endpoint's name cut to fit AWS's 63 characters.

    The hash is of the endpoint's whole name and of the document but for ``EndpointConfigName``.
    """
    suffix = f"-{digest(endpoint, document)[:8]}-{at.astimezone(UTC):%Y%m%d%H%M}"
    return endpoint[: LONGEST - len(suffix)].rstrip("-") + suffix


def digest(endpoint: str, document: Mapping[str, Any]) -> str:
    """SHA-256 of what a config says, in hexadecimal: the order of its members does not matter."""
    content = {name: value for name, value in document.items() if name != "EndpointConfigName"}
    text = json.dumps([endpoint, content], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
