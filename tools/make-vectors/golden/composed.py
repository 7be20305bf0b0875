"""Operations that PyTorch has no single call for, composed from its operations; autograd gives their gradients."""

import math
from typing import Any, Dict, Optional, Tuple

import torch
import torch.nn.functional as F

Tensors = Dict[str, torch.Tensor]
Options = Dict[str, Any]

EXTENSIONS = {"logitScale", "softcap", "zLoss"}


def reduced(loss: torch.Tensor, reduction: str) -> torch.Tensor:
    return {"none": lambda: loss, "sum": loss.sum, "mean": loss.mean}[reduction]()


def class_rows(values: torch.Tensor) -> Tuple[torch.Tensor, torch.Size]:
    """[C] or [N, C, d1..] as rows [R, C], and the shape of the rows: [] or [N, d1..]."""
    last = values if values.dim() == 1 else values.movedim(1, -1)
    return last.reshape(-1, last.shape[-1]), last.shape[:-1]


def scatter_rows(kept: torch.Tensor, losses: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """Row losses in the shape of the rows, 0 where a row was dropped."""
    return torch.zeros(kept.shape, dtype=losses.dtype).index_put((kept,), losses).reshape(shape)


def reduced_rows(
    losses: torch.Tensor, kept: torch.Tensor, shape: torch.Size, divisor: torch.Tensor, reduction: str
) -> torch.Tensor:
    return {
        "none": lambda: scatter_rows(kept, losses, shape),
        "sum": losses.sum,
        "mean": lambda: losses.sum() / divisor,
    }[reduction]()


def extended_cross_entropy(inputs: Tensors, options: Options) -> torch.Tensor:
    """x' = c tanh(s x / c); loss_r = rowWeight_r (CE_r(x') + zLoss logsumexp(x'_r)^2).

    mean divides by sum(rowWeight_r w_y) over the kept rows (class indices) or by sum(rowWeight_r) (probabilities).
    A row that is ignored or has row weight 0 is not looked at: loss and gradient 0 whatever it holds.
    """
    rows, shape = class_rows(inputs["logits"])
    target, weight = inputs["target"], inputs.get("weight")
    probabilities = target.shape == inputs["logits"].shape
    labels = class_rows(target)[0] if probabilities else target.reshape(-1)
    row_weight = inputs["rowWeight"].reshape(-1) if "rowWeight" in inputs else rows.new_ones(rows.shape[0])
    kept = row_weight != 0
    if not probabilities:
        kept = kept & not_ignored(labels, options)
    rows, labels, kept_weight = rows[kept], labels[kept], row_weight[kept]

    rows = rows * options.get("logitScale", 1.0)
    if "softcap" in options:
        rows = options["softcap"] * torch.tanh(rows / options["softcap"])
    losses = F.cross_entropy(
        rows, labels, weight=weight, reduction="none", label_smoothing=options.get("labelSmoothing", 0.0)
    )
    if "zLoss" in options:
        losses = losses + options["zLoss"] * torch.logsumexp(rows, 1) ** 2

    divisor = row_weight.sum() if probabilities else (kept_weight * label_weight(weight, labels, rows)).sum()
    return reduced_rows(kept_weight * losses, kept, shape, divisor, options["reduction"])


def not_ignored(labels: torch.Tensor, options: Options) -> torch.Tensor:
    return labels.long() != options.get("ignoreIndex", -100)  # compared as u8, -100 is 156


def label_weight(weight: Optional[torch.Tensor], labels: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    # not weight[labels]: u8 labels would be a mask
    return like.new_ones(labels.shape) if weight is None else weight.index_select(0, labels)


def linear_cross_entropy(inputs: Tensors, options: Options) -> torch.Tensor:
    """Cross entropy of hidden @ weight.T + bias. Not F.linear: its result would depend on the BLAS installed.

    An ignored row's hidden state is not looked at; a product with it would put 0 * NaN into the weight's gradient.
    """
    target = inputs["target"]
    kept = not_ignored(target, options)
    products = (inputs["hidden"][kept][:, None, :] * inputs["weight"][None, :, :]).sum(-1)
    if "bias" in inputs:
        products = products + inputs["bias"]
    logits = torch.zeros(target.shape[0], products.shape[1], dtype=products.dtype).index_put((kept,), products)
    lowered = {"logits": logits, "target": target}
    if "classWeight" in inputs:
        lowered["weight"] = inputs["classWeight"]
    return extended_cross_entropy(lowered, options)


def sigmoid_focal_loss(inputs: Tensors, options: Options) -> torch.Tensor:
    """The formula of torchvision.ops.sigmoid_focal_loss; alpha < 0 switches the balance off."""
    x, target, alpha = inputs["input"], inputs["target"], options["alpha"]
    p = torch.sigmoid(x)
    cross_entropy = F.binary_cross_entropy_with_logits(x, target, reduction="none")
    p_target = p * target + (1 - p) * (1 - target)
    loss = cross_entropy * (1 - p_target) ** options["gamma"]
    if alpha >= 0:
        loss = (alpha * target + (1 - alpha) * (1 - target)) * loss
    return reduced(loss, options["reduction"])


def focal_loss(inputs: Tensors, options: Options) -> torch.Tensor:
    """Multi-class: w_y alpha (1 - p_y)^gamma (-log p_y); mean divides by sum(w_y) over the kept rows."""
    rows, shape = class_rows(inputs["logits"])
    labels, weight = inputs["target"].reshape(-1), inputs.get("weight")
    kept = not_ignored(labels, options)
    rows, labels = rows[kept], labels[kept]
    log_p = F.log_softmax(rows, 1).gather(1, labels[:, None])[:, 0]
    row_weight = label_weight(weight, labels, rows)
    losses = row_weight * options["alpha"] * (1 - log_p.exp()) ** options["gamma"] * -log_p
    return reduced_rows(losses, kept, shape, row_weight.sum(), options["reduction"])


def over_dim(terms: torch.Tensor, options: Options) -> torch.Tensor:
    nats = terms.sum(options["dim"])
    return reduced(nats / math.log(2) if options.get("base") == 2 else nats, options["reduction"])


def entropy(inputs: Tensors, options: Options) -> torch.Tensor:
    return over_dim(-torch.xlogy(inputs["p"], inputs["p"]), options)


def distribution_cross_entropy(inputs: Tensors, options: Options) -> torch.Tensor:
    return over_dim(-torch.xlogy(inputs["p"], inputs["q"]), options)


def distribution_kl_divergence(inputs: Tensors, options: Options) -> torch.Tensor:
    return over_dim(torch.xlogy(inputs["p"], inputs["p"]) - torch.xlogy(inputs["p"], inputs["q"]), options)
