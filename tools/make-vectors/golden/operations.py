"""What each operation of the library is in PyTorch: name, call, result, gradients."""

from dataclasses import dataclass, field
from typing import Any, Callable, Dict

import torch
import torch.nn.functional as F

from . import composed

Tensors = Dict[str, torch.Tensor]
Options = Dict[str, Any]


@dataclass(frozen=True)
class Operation:
    forward: Callable[[Tensors, Options], torch.Tensor]
    gradients: Dict[str, str] = field(default_factory=dict)  # differentiable input -> name of its gradient
    output: str = "loss"


def cross_entropy(inputs: Tensors, options: Options) -> torch.Tensor:
    if "rowWeight" in inputs or composed.EXTENSIONS & options.keys():
        return composed.extended_cross_entropy(inputs, options)
    return F.cross_entropy(
        inputs["logits"],
        inputs["target"],
        weight=inputs.get("weight"),
        ignore_index=options.get("ignoreIndex", -100),
        reduction=options["reduction"],
        label_smoothing=options.get("labelSmoothing", 0.0),
    )


def nll_loss(inputs: Tensors, options: Options) -> torch.Tensor:
    return F.nll_loss(
        inputs["input"],
        inputs["target"],
        weight=inputs.get("weight"),
        ignore_index=options.get("ignoreIndex", -100),
        reduction=options["reduction"],
    )


def log_sum_exp(inputs: Tensors, options: Options) -> torch.Tensor:
    return torch.logsumexp(inputs["input"], options["dim"], keepdim=options.get("keepDim", False))


def one_hot(inputs: Tensors, options: Options) -> torch.Tensor:
    return F.one_hot(inputs["indices"], options.get("classes", -1))


def binary_cross_entropy(inputs: Tensors, options: Options) -> torch.Tensor:
    return F.binary_cross_entropy(
        inputs["input"], inputs["target"], weight=inputs.get("weight"), reduction=options["reduction"]
    )


def binary_cross_entropy_with_logits(inputs: Tensors, options: Options) -> torch.Tensor:
    return F.binary_cross_entropy_with_logits(
        inputs["input"],
        inputs["target"],
        weight=inputs.get("weight"),
        pos_weight=inputs.get("posWeight"),
        reduction=options["reduction"],
    )


def multilabel_soft_margin(inputs: Tensors, options: Options) -> torch.Tensor:
    return F.multilabel_soft_margin_loss(
        inputs["input"], inputs["target"], weight=inputs.get("weight"), reduction=options["reduction"]
    )


def kl_divergence(inputs: Tensors, options: Options) -> torch.Tensor:
    return F.kl_div(
        inputs["input"],
        inputs["target"],
        reduction=options["reduction"],
        log_target=options.get("logTarget", False),
    )


INPUT = {"input": "gradInput"}
LOGITS = {"logits": "gradLogits"}

OPERATIONS: Dict[str, Operation] = {
    "crossEntropy": Operation(cross_entropy, {**LOGITS, "target": "gradTarget"}),
    "nllLoss": Operation(nll_loss, INPUT),
    "softmax": Operation(lambda i, o: F.softmax(i["input"], dim=o["dim"]), INPUT, "output"),
    "logSoftmax": Operation(lambda i, o: F.log_softmax(i["input"], dim=o["dim"]), INPUT, "output"),
    "logSumExp": Operation(log_sum_exp, INPUT, "output"),
    "oneHot": Operation(one_hot, output="output"),
    "binaryCrossEntropy": Operation(binary_cross_entropy, INPUT),
    "binaryCrossEntropyWithLogits": Operation(binary_cross_entropy_with_logits, INPUT),
    "multilabelSoftMarginLoss": Operation(multilabel_soft_margin, INPUT),
    "klDivergence": Operation(kl_divergence, {**INPUT, "target": "gradTarget"}),
    "sigmoidFocalLoss": Operation(composed.sigmoid_focal_loss, INPUT),
    "focalLoss": Operation(composed.focal_loss, LOGITS),
    "linearCrossEntropy": Operation(
        composed.linear_cross_entropy, {"hidden": "gradHidden", "weight": "gradWeight", "bias": "gradBias"}
    ),
    "entropy": Operation(composed.entropy),
    "distributionCrossEntropy": Operation(composed.distribution_cross_entropy),
    "distributionKlDivergence": Operation(composed.distribution_kl_divergence),
    "perplexity": Operation(lambda i, o: cross_entropy(i, {**o, "reduction": "mean"}).exp()),
}
