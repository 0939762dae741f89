"""Does a recorded name lead to its layer, whichever framework wrote it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.training.network import classify, kind_of
from analysis.training.recording import Kind, Tensor

# As smdebug's hooks write them: parameters from the input on, gradients from the output on.
PYTORCH = (
    "Net_embed.weight",
    "Net_enc.0.attn.in_proj_weight",
    "Net_enc.0.attn.in_proj_bias",
    "Net_enc.0.norm.weight",
    "Net_enc.0.norm.bias",
    "Net_rnn.weight_ih_l0",
    "Net_rnn.bias_hh_l0",
    "Net_out.weight",
    "Net_out.bias",
    "CrossEntropyLoss_output_0",
    "gradient/Net_out.bias",
    "gradient/Net_out.weight",
    "gradient/Net_rnn.bias_hh_l0",
    "gradient/Net_rnn.weight_ih_l0",
    "gradient/Net_enc.0.norm.bias",
    "gradient/Net_enc.0.norm.weight",
    "gradient/Net_enc.0.attn.in_proj_bias",
    "gradient/Net_enc.0.attn.in_proj_weight",
    "gradient/Net_embed.weight",
)
SEQUENTIAL = (
    "Sequential_1.weight",
    "Sequential_6.bias",
    "gradient/Sequential_6.bias",
    "gradient/Sequential_1.weight",
)
TENSORFLOW = (
    "weights/conv2d/kernel:0",
    "weights/conv2d/bias:0",
    "weights/batch_normalization/gamma:0",
    "weights/batch_normalization/beta:0",
    "weights/dense_1/kernel:0",
    "gradients/conv2d/kernelGrad",
    "gradients/conv2d/biasGrad",
    "gradients/batch_normalization/gammaGrad",
    "gradients/batch_normalization/betaGrad",
    "gradients/dense_1/kernelGrad",
    "loss",
)
KERAS = (
    "conv2d/weights/conv2d/kernel:0",
    "conv2d/weights/conv2d/bias:0",
    "dense/weights/dense/kernel:0",
    "gradients/conv2d/kernelGrad",
    "gradients/conv2d/biasGrad",
    "gradients/dense/kernelGrad",
    "val_loss",
)
MXNET = (
    "conv0_weight",
    "conv0_bias",
    "batchnorm0_gamma",
    "batchnorm0_beta",
    "dense0_weight",
    "gradient/dense0_weight",
    "gradient/batchnorm0_beta",
    "gradient/batchnorm0_gamma",
    "gradient/conv0_bias",
    "gradient/conv0_weight",
    "softmaxcrossentropyloss0_output_0",
)
FRAMEWORKS = {
    "pytorch": PYTORCH,
    "sequential": SEQUENTIAL,
    "tensorflow": TENSORFLOW,
    "keras": KERAS,
    "mxnet": MXNET,
}
LAYERS = {
    "pytorch": ["embed", "enc.0.attn", "enc.0.norm", "rnn", "out"],
    "sequential": ["1", "6"],
    "tensorflow": ["conv2d", "batch_normalization", "dense_1"],
    "keras": ["conv2d", "dense"],
    "mxnet": ["conv0", "batchnorm0", "dense0"],
}


def sorted_out(
    names: Sequence[str], collections: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Tensor]:
    """What each name is, in the order of the answer."""
    return {tensor.name: tensor for tensor in classify(names, collections or {})}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_layers_come_in_the_networks_order(framework: str) -> None:
    """Depth counts the layers from the input on, from 0 and without a gap."""
    found = sorted_out(FRAMEWORKS[framework])
    depths = {tensor.layer: tensor.depth for tensor in found.values() if tensor.layer}
    assert list(depths) == LAYERS[framework]
    assert list(depths.values()) == list(range(len(depths)))


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_gradient_stands_with_its_parameter(framework: str) -> None:
    """Every gradient has a weight or bias of the same layer, parameter and depth; and no other."""
    found = sorted_out(FRAMEWORKS[framework]).values()
    parameters = [
        (tensor.layer, tensor.parameter, tensor.depth)
        for tensor in found
        if tensor.kind in ("weight", "bias")
    ]
    gradients = [
        (tensor.layer, tensor.parameter, tensor.depth)
        for tensor in found
        if tensor.kind == "gradient"
    ]
    assert sorted(gradients) == sorted(parameters)
    assert len(set(parameters)) == len(parameters)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_gradients_alone_give_the_same_order(framework: str) -> None:
    """Where weights were not saved the layers still stand from the input on."""
    gradients = [name for name in FRAMEWORKS[framework] if name.startswith("gradient")]
    found = sorted_out(gradients).values()
    assert list(dict.fromkeys(tensor.layer for tensor in found)) == LAYERS[framework]


@pytest.mark.parametrize(
    ("name", "collections", "kind"),
    [
        ("Net_fc.0.weight", (), "weight"),
        ("Net_fc.0.bias", (), "bias"),
        ("Net_rnn.bias_ih_l0", ("weights",), "bias"),
        ("gradient/Net_fc.0.bias", ("biases", "gradients"), "gradient"),
        ("gradients/dense/kernelGrad", (), "gradient"),
        ("act.0_input_0", (), "activation_input"),
        ("act.0_output_0", ("relu",), "activation_output"),
        ("CrossEntropyLoss_output_0", (), "loss"),
        ("CrossEntropyLoss_input_0", (), "activation_input"),
        ("softmaxcrossentropyloss0_output_0", (), "loss"),
        ("loss:0", (), "loss"),
        ("loss_value", (), "loss"),
        ("validation-logloss", (), "loss"),
        ("Net_loss_head.weight", (), "weight"),
        ("Net_loss_head.bias", (), "bias"),
        ("train-logloss", ("losses", "metrics"), "loss"),
        ("validation-auc", ("metrics",), "metric"),
        ("scalar/accuracy", (), "metric"),
        ("labels", (), "label"),
        ("predictions", (), "prediction"),
        ("feature_importance/gain/f0", (), "importance"),
        ("trees/Split", (), "tree"),
        ("hyperparameters/eta", (), "hyperparameter"),
        ("full_shap/f0", (), "other"),
    ],
)
def test_kinds_are_told_from_names_and_collections(
    name: str, collections: tuple[str, ...], kind: Kind
) -> None:
    """What the hook put in a collection is that; else the name tells, or it is nothing known."""
    assert kind_of(name, collections) == kind


def test_xgboost_has_no_layers() -> None:
    """Trees, importances and metrics stand nowhere in a network."""
    names = ["train-rmse", "trees/Split", "feature_importance/weight/f0", "predictions", "labels"]
    found = sorted_out(names, {"losses": ["train-rmse"]}).values()
    assert {(tensor.layer, tensor.parameter, tensor.depth) for tensor in found} == {("", "", -1)}


def test_activations_have_an_order_of_their_own() -> None:
    """A module without parameters has a place too, in the order of the forward pass."""
    names = ["Net_fc.0.weight", "act.1_input_0", "act.1_output_0", "act.0_output_0"]
    found = sorted_out(names)
    assert found["act.1_input_0"].depth == found["act.1_output_0"].depth == 0
    assert found["act.0_output_0"].depth == 1
    assert found["Net_fc.0.weight"].depth == 0


def test_a_parameter_of_the_model_itself_has_no_layer() -> None:
    """Such as a class token: it takes no layer's place, and the others keep their names."""
    found = sorted_out(["ViT_alpha", "ViT_enc.0.weight", "gradient/ViT_alpha"])
    assert list(found) == ["ViT_enc.0.weight", "ViT_alpha", "gradient/ViT_alpha"]
    assert (found["ViT_enc.0.weight"].layer, found["ViT_enc.0.weight"].depth) == ("enc.0", 0)
    for name in ("ViT_alpha", "gradient/ViT_alpha"):
        tensor = found[name]
        assert (tensor.layer, tensor.parameter, tensor.depth) == ("", "alpha", -1)


def test_collections_are_listed_sorted() -> None:
    """A tensor says which collections hold it; a name that was never recorded is no tensor."""
    found = sorted_out(["a.weight"], {"z": ["a.weight", "gone"], "b": ["a.weight"], "c": []})
    assert found["a.weight"].collections == ("b", "z")
    assert list(found) == ["a.weight"]


@given(
    st.lists(
        st.one_of(
            st.text(min_size=1, max_size=30),
            st.sampled_from([name for names in FRAMEWORKS.values() for name in names]),
        ),
        unique=True,
        max_size=30,
    )
)
def test_any_names_are_sorted_out(names: list[str]) -> None:
    """Every name comes back once; depth is -1 exactly where there is no layer."""
    found = sorted_out(names)
    assert sorted(found) == sorted(names)
    for tensor in found.values():
        assert (tensor.depth < 0) == (tensor.layer == "")
