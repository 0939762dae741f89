"""Where in the network do gradients vanish, explode or die, and since when?"""

from __future__ import annotations

from pages.parts import layer, learning, saved, tensors, trials

trials.title("Gradients")
found = trials.opened()
saved.header(found)
other = trials.beside()

view = tensors.choose(found)
if view is None:
    learning.without_layers(found)
else:
    learning.pictures(found, other, view)
    layer.detail(found, view)

learning.losses(found, other)
