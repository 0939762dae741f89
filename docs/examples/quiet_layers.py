"""A rule of one's own: does every layer learn?

It fires at a step where some layer's mean absolute gradient is less than the largest one's, divided
by `limit`: the layer stands still while others move, whatever the size of the gradients.
"""

import numpy as np
from smdebug.rules import Rule


class QuietLayers(Rule):
    """Fires where layers learn at very different paces."""

    def __init__(self, base_trial, action_str="", limit=1e6):
        super().__init__(base_trial, action_str)
        self.limit = float(limit)

    def set_required_tensors(self, step):
        """Name what is to be read; a step without it is passed over."""
        for name in self.base_trial.tensor_names(step=step, collection="gradients"):
            self.req_tensors.add(name, steps=[step])

    def invoke_at_step(self, step):
        """Whether the rule fires at this step, counted over the whole training."""
        sizes = [np.abs(tensor.value(step)).mean() for tensor in self.req_tensors.get()]
        return len(sizes) > 1 and min(sizes) * self.limit < max(sizes)
