"""How alike are two texts in meaning, by a small language model that lies on this machine?

An optional extra: model2vec (https://pypi.org/project/model2vec/) turns a text into the mean of
its words' vectors, without a graphics card, thousands of texts a second. Nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

MEASURE = "meaning"
PACKAGE = "model2vec"


def problem_of(folder: str) -> str:
    """Why texts cannot be compared by the model in a folder; empty where they can."""
    if find_spec(PACKAGE) is None:
        return (
            f"`compare.embeddings` asks for similarity of meaning, and the package {PACKAGE} is "
            f"not installed: run `pip install {PACKAGE}`, or leave the key out."
        )
    if not Path(folder).is_dir():
        return (
            f"`compare.embeddings` names {folder}, and there is no such folder: put a {PACKAGE} "
            "model there (config.json, model.safetensors, tokenizer.json), or leave the key out."
        )
    try:
        Meaning(folder)
    except Exception as error:  # whatever a damaged model makes its reader say
        return f"The {PACKAGE} model in {folder} cannot be read: {error}"
    return ""


class Meaning:
    """A model in memory."""

    def __init__(self, folder: str) -> None:
        # by its name: an extra, which need not be installed
        self._model: Any = import_module(PACKAGE).StaticModel.from_pretrained(folder)

    def similarities(self, production: Sequence[str], shadow: Sequence[str]) -> list[float]:
        """Cosine of the vectors of each pair of texts; nan where a text has no known word."""
        import numpy as np

        before, after = (np.asarray(self._model.encode(list(s))) for s in (production, shadow))
        length = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
        product = np.einsum("ij,ij->i", before, after)
        cosine = np.divide(product, length, out=np.full(len(length), np.nan), where=length > 0)
        found: list[float] = np.clip(cosine, -1, 1).tolist()
        return found
