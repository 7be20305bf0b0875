"""What each operation of the library is in PyTorch: name, inputs, options, call, result, gradients."""

from dataclasses import dataclass, field
from typing import Any, Callable, Dict

import torch
import torch.nn.functional as F

from . import composed
from .encoding import Malformed

Tensors = Dict[str, torch.Tensor]
Options = Dict[str, Any]


@dataclass(frozen=True)
class Operation:
    forward: Callable[[Tensors, Options], torch.Tensor]
    inputs: str  # names; with "?" those that may be left out
    options: str  # likewise
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
TARGET = {"target": "gradTarget"}
CROSS_ENTROPY = "ignoreIndex? labelSmoothing? logitScale? softcap? zLoss?"


def perplexity(inputs: Tensors, options: Options) -> torch.Tensor:
    return cross_entropy(inputs, {"reduction": "mean", **options}).exp()


OPERATIONS: Dict[str, Operation] = {
    "crossEntropy": Operation(
        cross_entropy, "logits target weight? rowWeight?", f"reduction {CROSS_ENTROPY}", {**LOGITS, **TARGET}
    ),
    "nllLoss": Operation(nll_loss, "input target weight?", "reduction ignoreIndex?", INPUT),
    "softmax": Operation(lambda i, o: F.softmax(i["input"], dim=o["dim"]), "input", "dim", INPUT, "output"),
    "logSoftmax": Operation(lambda i, o: F.log_softmax(i["input"], dim=o["dim"]), "input", "dim", INPUT, "output"),
    "logSumExp": Operation(log_sum_exp, "input", "dim keepDim?", INPUT, "output"),
    "oneHot": Operation(one_hot, "indices", "classes?", output="output"),
    "binaryCrossEntropy": Operation(binary_cross_entropy, "input target weight?", "reduction", INPUT),
    "binaryCrossEntropyWithLogits": Operation(
        binary_cross_entropy_with_logits, "input target weight? posWeight?", "reduction", INPUT
    ),
    "multilabelSoftMarginLoss": Operation(multilabel_soft_margin, "input target weight?", "reduction", INPUT),
    "klDivergence": Operation(kl_divergence, "input target", "reduction logTarget?", {**INPUT, **TARGET}),
    "sigmoidFocalLoss": Operation(composed.sigmoid_focal_loss, "input target", "reduction alpha gamma", INPUT),
    "focalLoss": Operation(
        composed.focal_loss, "logits target weight?", "reduction alpha gamma ignoreIndex?", LOGITS
    ),
    "linearCrossEntropy": Operation(
        composed.linear_cross_entropy,
        "hidden weight target bias? classWeight?",
        f"reduction {CROSS_ENTROPY}",
        {"hidden": "gradHidden", "weight": "gradWeight", "bias": "gradBias"},
    ),
    "entropy": Operation(composed.entropy, "p", "reduction dim base?"),
    "distributionCrossEntropy": Operation(composed.distribution_cross_entropy, "p q", "reduction dim base?"),
    "distributionKlDivergence": Operation(composed.distribution_kl_divergence, "p q", "reduction dim base?"),
    "perplexity": Operation(perplexity, "logits target weight? rowWeight?", f"reduction? {CROSS_ENTROPY}"),
}


def operation_of(op: str, inputs: Tensors, options: Options) -> Operation:
    """The operation, which must know each of these inputs and options: one that nothing reads would change nothing."""
    if op not in OPERATIONS:
        raise Malformed(f"unknown operation {op!r:.80}; known: {', '.join(OPERATIONS)}")
    operation = OPERATIONS[op]
    upstream = " upstream?" if operation.gradients else ""
    for kind, given, known in (("input", inputs, operation.inputs + upstream), ("option", options, operation.options)):
        names = known.replace("?", "").split()
        for name in given.keys() - set(names):
            raise Malformed(f"{op}: unknown {kind} {name!r:.80}; known: {', '.join(names) or 'none'}")
        for name in known.split():
            if not name.endswith("?") and name not in given:
                raise Malformed(f"{op}: {kind} {name!r} is missing")
    return operation
