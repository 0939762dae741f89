"""Which layer does a recorded name belong to, and where in the network does that layer stand?

Debugger records names, no graph. What a name says differs by framework: PyTorch writes
``Net_fc.0.weight`` and ``gradient/Net_fc.0.weight``, TensorFlow ``weights/dense/kernel:0`` and
``gradients/dense/kernelGrad``, MXNet ``net0_dense0_weight``; XGBoost has no layers. Collections
tell kinds where the hook put a name in one; the name does where it did not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from analysis.training.recording import Kind, Tensor

# An activation is recorded with the number of the argument or the result.
_ACTIVATION = re.compile(r"^(?P<layer>.+)_(?P<end>input|output)_\d+$")
_LOSS = re.compile(r"[Ll]oss(\d*_(?!input).*output(_\d+)?|_value)?(:\d+)?$")
_GRADIENT = re.compile(r"^gradients?/")
_BIAS = re.compile(r"bias|beta(:\d+)?$")
_PARAMETER = re.compile(
    r"(weight|kernel|gamma|alpha|embeddings?|recurrent_kernel|bias|beta)(_\w+)?(:\d+)?$"
)
_MXNET = re.compile(r"^(?P<layer>.+)_(?P<parameter>weight|bias|gamma|beta)$")
_OF_A_PREFIX: tuple[tuple[str, Kind], ...] = (
    ("feature_importance/", "importance"),
    ("trees/", "tree"),
    ("hyperparameters/", "hyperparameter"),
    ("scalar/", "metric"),
)
# The first of these that holds a name decides; a loss of XGBoost is in `metrics` too.
_OF_A_COLLECTION: tuple[tuple[str, Kind], ...] = (
    ("gradients", "gradient"),
    ("losses", "loss"),
    ("metrics", "metric"),
    ("biases", "bias"),
    ("weights", "weight"),
    ("outputs", "activation_output"),
    ("inputs", "activation_input"),
)
_ORDER: tuple[Kind, ...] = ("weight", "bias", "gradient", "activation_input", "activation_output")


def classify(names: Sequence[str], collections: Mapping[str, Sequence[str]]) -> tuple[Tensor, ...]:
    """Say what each name is, layers in network order.

    Parameters
    ----------
    names : sequence of str
        Recorded names in the order in which they first appear, without those of reductions.
        PyTorch's hook sees parameters from the input on and gradients from the output on.
    collections : mapping
        The names that each collection of the hook holds.
    """
    held: dict[str, list[str]] = {name: [] for name in names}
    for collection, members in collections.items():
        for name in members:
            if name in held:
                held[name].append(collection)
    kinds = {name: kind_of(name, tuple(held[name])) for name in names}
    model = _model_class(
        [_GRADIENT.sub("", n) for n in names if kinds[n] in ("weight", "bias", "gradient")]
    )
    placed = {name: _place(name, kinds[name], model) for name in names}
    depths = _depths(names, kinds, placed)
    found = [
        Tensor(
            name,
            kinds[name],
            *placed[name],
            depths.get((kinds[name] in _ORDER[3:], placed[name][0]), -1),
            tuple(sorted(held[name])),
        )
        for name in names
    ]
    seen = {name: at for at, name in enumerate(names)}
    return tuple(sorted(found, key=lambda tensor: (*_rank(tensor), seen[tensor.name])))


def kind_of(name: str, collections: tuple[str, ...] = ()) -> Kind:
    """What a recorded name is.

    >>> kind_of("gradient/Net_fc.0.bias"), kind_of("act.0_output_0")
    ('gradient', 'activation_output')
    >>> kind_of("train-logloss", ("losses", "metrics")), kind_of("CrossEntropyLoss_output_0")
    ('loss', 'loss')
    """
    if _GRADIENT.match(name):
        return "gradient"
    if name in ("labels", "predictions"):
        return "label" if name == "labels" else "prediction"
    for prefix, kind in _OF_A_PREFIX:
        if name.startswith(prefix):
            return kind
    for collection, kind in _OF_A_COLLECTION:
        if collection in collections:
            return "bias" if kind == "weight" and _BIAS.search(name) else kind
    if _LOSS.search(name):
        return "loss"
    activation = _ACTIVATION.match(name)
    if activation:
        return "activation_input" if activation["end"] == "input" else "activation_output"
    if _PARAMETER.search(name):
        return "bias" if _BIAS.search(name) else "weight"
    return "other"


def _model_class(parameters: list[str]) -> str:
    """What PyTorch's hook sets before every parameter: the class of the model, and "_"."""
    firsts = {name.partition("_")[0] for name in parameters}
    # only PyTorch writes dots; a parameter of the model itself has none
    if len(firsts) != 1 or not any("." in name for name in parameters):
        return ""
    first = firsts.pop()
    return "" if "." in first or "/" in first else first + "_"


def _place(name: str, kind: Kind, model: str) -> tuple[str, str]:
    """Layer and parameter of a name; ("", "") where it belongs to no layer."""
    if kind in ("activation_input", "activation_output"):
        found = _ACTIVATION.match(name)
        layer = found["layer"] if found else name.rpartition("/")[0]
        return layer, "input" if kind == "activation_input" else "output"
    if kind not in ("weight", "bias", "gradient"):
        return "", ""
    bare = re.sub(r":\d+$", "", _GRADIENT.sub("", name))
    if kind == "gradient" and "/" in bare:
        bare = bare.removesuffix("Grad")
    # Keras names a layer before and after: dense/weights/dense/kernel
    bare = bare.rpartition("weights/")[2]
    bare = bare.removeprefix(model)
    mxnet = _MXNET.match(bare)
    if "/" not in bare and "." not in bare and mxnet:
        return mxnet["layer"], mxnet["parameter"]
    layer, _, parameter = bare.rpartition("/" if "/" in bare else ".")
    return layer, parameter


def _depths(
    names: Sequence[str], kinds: Mapping[str, Kind], placed: Mapping[str, tuple[str, str]]
) -> dict[tuple[bool, str], int]:
    """The place of each layer: of those with parameters, and of activations, each from 0 on."""
    parameters = [n for n in names if kinds[n] in ("weight", "bias")]
    gradients = [n for n in names if kinds[n] == "gradient"]
    if any(name.startswith("gradient/") for name in gradients):
        gradients.reverse()  # PyTorch goes backward through the network
    layers = dict.fromkeys(placed[name][0] for name in (*parameters, *gradients))
    activations = dict.fromkeys(placed[n][0] for n in names if kinds[n] in _ORDER[3:])
    layers.pop("", None)  # parameters of the model itself
    return {
        **{(False, layer): at for at, layer in enumerate(layers)},
        **{(True, layer): at for at, layer in enumerate(activations)},
    }


def _rank(tensor: Tensor) -> tuple[int, int, int]:
    if tensor.kind not in _ORDER or tensor.depth < 0:
        return 2, 0, 0
    kind = _ORDER.index(tensor.kind)
    return kind >= 3, tensor.depth, kind
