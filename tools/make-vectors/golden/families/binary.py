"""binaryCrossEntropy (probabilities) and binaryCrossEntropyWithLogits: weight shapes, posWeight, extremes."""

from typing import Any, Dict, Optional, Sequence

import torch

from .. import inputs as make
from ..runner import Family

SHAPES = ((), (1,), (3,), (3, 4), (2, 2, 2), (17,))
WEIGHT_SHAPES = ((3, 4), (4,), (1, 4), (3, 1), (1,), ())
REDUCTIONS = ("none", "mean", "sum")
TARGETS = {"binary": (0.0, 1.0), "soft": (0.0, 1.0), "outside": (-1.0, 2.0)}


def target_of(kind: str, address: str, shape: Sequence[int]) -> torch.Tensor:
    rng = make.seeded(address + "#target")
    if kind == "binary":
        return make.floats(rng.randint(0, 2, tuple(shape)))
    return make.uniform(rng, shape, *TARGETS[kind])


def positive(address: str, shape: Optional[Sequence[int]], name: str) -> Dict[str, torch.Tensor]:
    return {} if shape is None else {name: make.uniform(make.seeded(f"{address}#{name}"), shape, 0.0, 3.0)}


def label(shape: Optional[Sequence[int]]) -> str:
    return "none" if shape is None else make.shape_text(shape)


def fill_probabilities(family: Family) -> None:
    op, name = "binaryCrossEntropy", "binary-cross-entropy"
    for shape in SHAPES:
        weights = (None, *WEIGHT_SHAPES) if shape == (3, 4) else (None, shape)
        everything = make.cross(target=tuple(TARGETS), weight=weights, reduction=REDUCTIONS)
        for chosen in make.sample(everything, len(shape), 5 if shape == (17,) else 2):
            address = (
                f"{name}/{chosen['reduction']}/{label(shape)}"
                f"/target={chosen['target']}/weight={label(chosen['weight'])}"
            )
            p = make.uniform(make.seeded(address), shape, 0.01, 0.99)
            add(family, op, address, p, chosen)
    ends = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1e-38, 1e-40, 0.99999994, 1e-7, 2.0, -1.0]
    values = {
        "ends": ([0.0, 1.0, 1.0, 0.0, 0.5, 0.25, 1.0, 1.0, 1.0, 0.0], [*ends[:6], 1e-38, 1e-40, 0.99999994, 1e-7]),
        "targets-outside": ([2.0, -1.0, 2.0, -1.0], [0.0, 1.0, 0.5, 0.25]),
        "empty": ([], []),
    }
    for edge, (target, p) in values.items():
        for reduction in REDUCTIONS:
            inputs = {"input": make.floats(p), "target": make.floats(target)}
            corner = "near-zero" if edge == "ends" else None  # log(1 - p), not log1p(-p)
            family.add(f"{name}/edge/{edge}/{reduction}", op, inputs, {"reduction": reduction}, corner=corner)
    add_probability_errors(family, name, op)


def add(family: Family, op: str, address: str, values: torch.Tensor, chosen: Dict[str, Any]) -> None:
    inputs = {
        "input": values,
        "target": target_of(chosen["target"], address, values.shape),
        **positive(address, chosen["weight"], "weight"),
        **positive(address, chosen.get("posWeight"), "posWeight"),
    }
    family.add(address, op, inputs, {"reduction": chosen["reduction"]})


def add_probability_errors(family: Family, name: str, op: str) -> None:
    half = torch.tensor([0.5, 0.5])
    for rule, p in (("p=1.5", 1.5), ("p=-0.1", -0.1), ("p=nan", make.NAN), ("p=inf", make.INF), ("p=-inf", -make.INF)):
        inputs = {"input": torch.tensor([0.5, p]), "target": half}
        family.add_error(f"{name}/error/{rule}", op, inputs, {"reduction": "mean"})
    mean: Dict[str, Any] = {"reduction": "mean"}
    family.add_error(f"{name}/error/shape", op, {"input": half, "target": torch.ones(3)}, mean)
    family.add_error(f"{name}/error/target-broadcast", op, {"input": half, "target": torch.ones(1)}, mean)
    enlarging = {"input": half, "target": half, "weight": torch.ones(3, 2)}
    family.add_error(f"{name}/error/weight-enlarges", op, enlarging, mean)
    mismatched = {"input": half, "target": half, "weight": torch.ones(3)}
    family.add_error(f"{name}/error/weight-shape", op, mismatched, mean)
    family.add_error(f"{name}/error/integer-target", op, {"input": half, "target": make.integers([0, 1])}, mean)
    family.add_error(f"{name}/error/reduction", op, {"input": half, "target": half}, {"reduction": "batchmean"})


def fill_logits(family: Family) -> None:
    op, name = "binaryCrossEntropyWithLogits", "binary-cross-entropy-with-logits"
    for shape in SHAPES:
        others = (None, *WEIGHT_SHAPES) if shape == (3, 4) else (None, shape)
        everything = make.cross(weight=others, posWeight=others, target=tuple(TARGETS), reduction=REDUCTIONS)
        for chosen in make.sample(everything, len(shape), 5):
            address = (
                f"{name}/{chosen['reduction']}/{label(shape)}/target={chosen['target']}"
                f"/weight={label(chosen['weight'])}/posWeight={label(chosen['posWeight'])}"
            )
            add(family, op, address, make.normal(make.seeded(address), shape, 3.0), chosen)
    add_logit_edges(family, name, op)
    half = torch.tensor([0.5, -0.5])
    mean: Dict[str, Any] = {"reduction": "mean"}
    family.add_error(f"{name}/error/shape", op, {"input": half, "target": torch.ones(3)}, mean)
    family.add_error(f"{name}/error/target-broadcast", op, {"input": half, "target": torch.ones(1)}, mean)
    for extra in ("weight", "posWeight"):
        base = {"input": half, "target": half}
        family.add_error(f"{name}/error/{extra}-enlarges", op, {**base, extra: torch.ones(3, 2)}, mean)
        family.add_error(f"{name}/error/{extra}-shape", op, {**base, extra: torch.ones(3)}, mean)
    family.add_error(f"{name}/error/reduction", op, {"input": half, "target": half}, {"reduction": "batchmean"})


def add_logit_edges(family: Family, name: str, op: str) -> None:
    """Infinite logits one at a time; PyTorch answers NaN where the target's other side multiplies 0 by infinity."""
    for x in (make.INF, -make.INF):
        for y in (0.0, 0.5, 1.0):
            for pos_weight in ({}, {"posWeight": make.floats(2.0)}):
                sided = "/posWeight=2" if pos_weight else ""
                corner = None if x > 0 and y < 1 else "zero-mass"
                for reduction in REDUCTIONS:
                    inputs = {"input": make.floats([x, 0.5]), "target": make.floats([y, 1.0]), **pos_weight}
                    address = f"{name}/edge/x={x}/y={y:g}{sided}/{reduction}"
                    family.add(address, op, inputs, {"reduction": reduction}, corner=corner)
    sizes = [20.0, -20.0, 100.0, -100.0, 1e4, -1e4, 3e38, -3e38, 0.0, -0.0]
    values = {
        "large/y=0": (sizes, [0.0] * len(sizes)),
        "large/y=1": (sizes, [1.0] * len(sizes)),
        "large/y=0.3": (sizes[:6], [0.3] * 6),
        "nan": ([make.NAN, 1.0], [1.0, make.NAN]),
        "empty": ([], []),
    }
    for edge, (x, y) in values.items():
        for reduction in REDUCTIONS:
            inputs = {"input": make.floats(x), "target": make.floats(y)}
            family.add(f"{name}/edge/{edge}/{reduction}", op, inputs, {"reduction": reduction})
