"""multilabelSoftMarginLoss: mean over the last dim, then the reduction over the rest."""

import torch

from .. import inputs as make
from ..runner import Family

OP, NAME = "multilabelSoftMarginLoss", "multilabel-soft-margin"
REDUCTIONS = ("none", "mean", "sum")
SHAPES = ((4,), (1, 1), (3, 4), (5, 2), (2, 3, 2), (2, 17))
COMBINATIONS = make.cross(
    weight=("none", "ramp", "zeros", "negative"), target=("binary", "soft"), reduction=REDUCTIONS
)


def fill(family: Family) -> None:
    for shape in SHAPES:
        for chosen in make.sample(COMBINATIONS, len(shape), 1 if shape == (3, 4) else 5):
            address = (
                f"{NAME}/{chosen['reduction']}/{make.shape_text(shape)}"
                f"/weight={chosen['weight']}/target={chosen['target']}"
            )
            rng = make.seeded(address)
            logits = make.normal(rng, shape, 3.0)
            soft = make.uniform(rng, shape, 0.0, 1.0)
            inputs = {
                "input": logits,
                "target": soft if chosen["target"] == "soft" else soft.round(),
                **make.class_weight(chosen["weight"], shape[-1]),
            }
            family.add(address, OP, inputs, {"reduction": chosen["reduction"]})
    add_edges(family)
    scalar = {"input": torch.tensor(0.5), "target": torch.tensor(1.0)}
    family.add_error(f"{NAME}/error/scalar", OP, scalar, {"reduction": "mean"})
    pair = {"input": torch.ones(2, 3), "target": torch.ones(2, 3)}
    family.add_error(f"{NAME}/error/target-shape", OP, {**pair, "target": torch.ones(2, 2)}, {"reduction": "mean"})
    family.add_error(f"{NAME}/error/weight-shape", OP, {**pair, "weight": torch.ones(2)}, {"reduction": "mean"})
    family.add_error(f"{NAME}/error/reduction", OP, pair, {"reduction": "batchmean"})


def add_edges(family: Family) -> None:
    rows = {
        "large": ([[100.0, -100.0, 0.0], [1e4, -1e4, 20.0]], [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]),
        "nan-row": ([[make.NAN, 0.5, 1.0], [0.25, -1.0, 2.0]], [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]),
        "plus-inf/y=0": ([[make.INF, 0.5, 1.0], [0.25, -1.0, 2.0]], [[0.0, 0.0, 1.0], [0.0, 1.0, 1.0]]),
        "plus-inf/y=1": ([[make.INF, 0.5, 1.0], [0.25, -1.0, 2.0]], [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]),
        "minus-inf/y=0": ([[-make.INF, 0.5, 1.0], [0.25, -1.0, 2.0]], [[0.0, 0.0, 1.0], [0.0, 1.0, 1.0]]),
        "minus-inf/y=1": ([[-make.INF, 0.5, 1.0], [0.25, -1.0, 2.0]], [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]),
        "no-rows": (torch.empty(0, 3).numpy(), torch.empty(0, 3).numpy()),
    }
    for edge, (x, y) in rows.items():
        for reduction in REDUCTIONS:
            inputs = {"input": make.floats(x), "target": make.floats(y)}
            corner = "zero-mass" if edge in ("plus-inf/y=1", "minus-inf/y=0") else None
            family.add(f"{NAME}/edge/{edge}/{reduction}", OP, inputs, {"reduction": reduction}, corner=corner)
