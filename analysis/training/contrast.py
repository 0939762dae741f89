"""By how much do the layers of two trainings differ?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.training.grids import NO_DATA, Grid


@dataclass(frozen=True, slots=True)
class Contrast:
    """The middle of one layer's values in two trainings.

    ``here`` and ``there`` are medians over the saved steps, in the measure's own unit, nan without
    data; ``n_here`` and ``n_there`` count the steps with a value. A training that does not have
    the tensor has n = 0.
    """

    layer: str
    parameter: str
    here: float
    there: float
    n_here: int
    n_there: int

    @property
    def decades(self) -> float:
        """log10(here / there); ∞ or −∞ where one is 0, nan where one is not known."""
        if not (self.here >= 0 and self.there >= 0) or self.here == self.there == 0:
            return 0.0 if self.here == self.there == 0 else float("nan")
        with np.errstate(divide="ignore"):
            return float(np.log10(self.here) - np.log10(self.there))

    @property
    def difference(self) -> float:
        """here − there, nan where one is not known."""
        return self.here - self.there


def contrasts(here: Grid, there: Grid) -> tuple[Contrast, ...]:
    """Set two grids of one measure side by side, layer by layer in network order.

    Tensors are the same where layer and parameter are: the class of a model may have another name.
    """
    first, second = _medians(here), _medians(there)
    nothing = (float("nan"), 0)
    return tuple(
        Contrast(
            *place,
            first.get(place, nothing)[0],
            second.get(place, nothing)[0],
            first.get(place, nothing)[1],
            second.get(place, nothing)[1],
        )
        for place in dict.fromkeys((*first, *second))
    )


def _medians(grid: Grid) -> dict[tuple[str, str], tuple[float, int]]:
    found = {}
    for row, tensor in enumerate(grid.tensors):
        values = grid.value[row][grid.state[row] != NO_DATA]
        values = values[~np.isnan(values)]
        middle = float(np.median(values)) if len(values) else float("nan")
        found[(tensor.layer, tensor.parameter)] = (middle, len(values))
    return found
