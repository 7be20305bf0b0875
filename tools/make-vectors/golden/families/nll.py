"""nllLoss: log-probabilities and class indices."""

from typing import Any, Dict, Sequence

import torch

from .. import inputs as make
from ..runner import Family
from .targets import IGNORE_KINDS, class_dim, index_target, options_of, scalar_upstream

COMBINATIONS = make.cross(
    weight=("none", "ramp", "zeros", "negative"), ignore=IGNORE_KINDS, reduction=("none", "mean", "sum")
)
SHAPES = (((4, 3), 1), ((4,), 7), ((2, 3, 2), 7), ((1, 3, 2, 2), 7), ((3, 9), 11))


def add(family: Family, shape: Sequence[int], chosen: Dict[str, Any]) -> None:
    address = (
        f"nll-loss/{chosen['reduction']}/{make.shape_text(shape)}/weight={chosen['weight']}/ignore={chosen['ignore']}"
    )
    rng = make.seeded(address)
    dim = class_dim(shape)
    log_p = make.floats(torch.log_softmax(make.normal(rng, shape), dim).numpy().round(4))
    target, ignoring = index_target(rng, shape, shape[dim], chosen["ignore"])
    inputs = {
        "input": log_p,
        "target": target,
        **make.class_weight(chosen["weight"], shape[dim]),
        **scalar_upstream(address, chosen["reduction"]),
    }
    family.add(address, "nllLoss", inputs, options_of(chosen["reduction"], **ignoring))


def fill(family: Family) -> None:
    for start, (shape, stride) in enumerate(SHAPES):
        for chosen in make.sample(COMBINATIONS, start, stride):
            add(family, shape, chosen)
    add_edges(family)
    add_errors(family)


def add_edges(family: Family) -> None:
    inf, nan = make.INF, make.NAN
    rows = [[-0.5, -1.0, -2.0], [-inf, -0.25, -1.5]]
    edges: Dict[str, Any] = {
        "minus-inf-at-target": (rows, [1, 0], None),
        "minus-inf-elsewhere": (rows, [1, 1], None),
        "minus-inf-weight-0": (rows, [1, 0], [0.0, 1.0, 1.0]),
        "minus-inf-weight-negative": (rows, [1, 0], [-1.0, 1.0, 1.0]),
        "minus-inf-ignored": (rows, [1, -100], None),
        "nan-ignored": ([[nan, nan, nan], [-0.25, -0.5, -1.0]], [-100, 2], None),
        "nan-elsewhere": ([[nan, -1.0, nan], [-0.25, -0.5, -1.0]], [1, 2], None),
        "nan-at-target": ([[nan, -1.0, -2.0], [-0.25, -0.5, -1.0]], [0, 2], None),
        "positive": ([[0.5, 3.0, 0.0], [2.0, -0.5, 1e4]], [1, 2], None),
        "weights-cancel": (rows, [1, 2], [1.0, -1.0, 1.0]),
        "weights-0": (rows, [1, 2], [0.0, 0.0, 0.0]),
        "weight-nan-elsewhere": (rows, [1, 2], [nan, 1.0, 2.0]),
        "no-rows": (torch.empty(0, 3).numpy(), [], None),
        "no-positions": (torch.empty(2, 3, 0).numpy(), [[], []], None),
    }
    for name, (values, target, weight) in edges.items():
        for reduction in ("none", "mean", "sum"):
            inputs = {"input": make.floats(values), "target": make.integers(target)}
            if weight is not None:
                inputs["weight"] = make.floats(weight)
            corner = "zero-mass" if name == "minus-inf-weight-0" else None
            family.add(f"nll-loss/edge/{name}/{reduction}", "nllLoss", inputs, options_of(reduction), corner=corner)


def add_errors(family: Family) -> None:
    log_p = torch.tensor([[-0.5, -1.0, -2.0], [-0.25, -0.5, -1.0]])
    for rule, target, extra in (
        ("probability-target", torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]), {}),
        ("target=3", make.integers([0, 3]), {}),
        ("target=-1", make.integers([0, -1]), {}),
        ("target-longer", make.integers([0, 1, 2]), {}),
        ("target-column", make.integers([[0], [1]]), {}),
        ("weight-shorter", make.integers([0, 1]), {"weight": torch.ones(2)}),
        ("weight-dtype", make.integers([0, 1]), {"weight": torch.ones(3).double()}),
    ):
        inputs = {"input": log_p, "target": target, **extra}
        family.add_error(f"nll-loss/error/{rule}", "nllLoss", inputs, options_of("mean"))
    inputs = {"input": log_p, "target": make.integers([0, 1])}
    family.add_error("nll-loss/error/reduction", "nllLoss", inputs, options_of("batchmean"))
