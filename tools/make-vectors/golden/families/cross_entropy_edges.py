"""crossEntropy where it is delicate: infinities, NaN, ignored rows, nothing to average, extremes of range.

A situation whose logits are a matrix runs with none and mean, and, with sum, with its rows as the positions of one
image ([R, C] -> [1, C, R]), because kernels take another way through memory there. The others run in all reductions.
"""

from typing import Sequence

import torch

from .. import inputs as make
from ..runner import Family
from .edge_situations import Situation, situations

REDUCTIONS = ("none", "mean", "sum")


def fill(family: Family) -> None:
    for situation in situations():
        if situation.logits.dim() == 2 and situation.logits.numel() > 0 and situation.target.dtype != torch.uint8:
            add(family, situation, ("none", "mean"))
            add(family, as_positions(situation), ("sum",))
        else:
            add(family, situation, REDUCTIONS)
    add_no_classes(family)


def add(family: Family, situation: Situation, reductions: Sequence[str]) -> None:
    for reduction in reductions:
        address = f"cross-entropy/edge/{situation.name}/{reduction}"
        inputs = {"logits": situation.logits, "target": situation.target}
        if situation.weight is not None:
            inputs["weight"] = situation.weight
        options = {"reduction": reduction, **situation.options}
        # Only a mean divides.
        corner = None if situation.corner == "zero-divisor" and reduction != "mean" else situation.corner
        family.add(address, "crossEntropy", inputs, options, corner=corner)


def as_positions(situation: Situation) -> Situation:
    probabilities = situation.target.dim() == 2
    return Situation(
        situation.name,
        situation.logits.t()[None].contiguous(),
        situation.target.t()[None].contiguous() if probabilities else situation.target[None],
        situation.weight,
        situation.options,
        situation.corner,
    )


def add_no_classes(family: Family) -> None:
    """C = 0: all ignored, or probabilities; an index target is an error (cross-entropy-errors)."""
    empty = torch.empty(2, 0, dtype=torch.float64)
    for reduction in REDUCTIONS:
        for name, target in (("ignored", make.integers([-100, -100])), ("probabilities", empty)):
            address = f"cross-entropy/edge/no-classes/{name}/{reduction}"
            family.add(address, "crossEntropy", {"logits": empty, "target": target}, {"reduction": reduction})
