"""The vector files: name of the file -> function that adds its cases."""

from typing import Callable, Dict

from ..runner import Family
from . import (
    binary,
    cross_entropy_bf16,
    cross_entropy_edges,
    cross_entropy_errors,
    cross_entropy_extensions,
    cross_entropy_index,
    cross_entropy_probabilities,
    distributions,
    focal,
    kl_divergence,
    linear,
    multilabel,
    nll,
    one_hot,
    onnx_nodes,
    softmax,
)

FAMILIES: Dict[str, Callable[[Family], None]] = {
    "cross-entropy-index": cross_entropy_index.fill,
    "cross-entropy-probabilities": cross_entropy_probabilities.fill,
    "cross-entropy-edges": cross_entropy_edges.fill,
    "cross-entropy-bf16": cross_entropy_bf16.fill,
    "cross-entropy-errors": cross_entropy_errors.fill,
    "cross-entropy-extensions": cross_entropy_extensions.fill,
    "linear-cross-entropy": linear.fill,
    "nll-loss": nll.fill,
    "softmax": softmax.fill,
    "one-hot": one_hot.fill,
    "binary-cross-entropy": binary.fill_probabilities,
    "binary-cross-entropy-with-logits": binary.fill_logits,
    "multilabel-soft-margin": multilabel.fill,
    "kl-divergence": kl_divergence.fill,
    "focal": focal.fill,
    "distributions": distributions.fill,
    "onnx": onnx_nodes.fill,
}
