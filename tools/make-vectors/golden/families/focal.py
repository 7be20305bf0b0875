"""sigmoidFocalLoss and the multi-class focalLoss; formulas in ../composed.py."""

import torch

from .. import inputs as make
from ..runner import Family
from .targets import class_dim, index_target, options_of

REDUCTIONS = ("none", "mean", "sum")


def fill(family: Family) -> None:
    add_sigmoid(family)
    add_multi_class(family)


def add_sigmoid(family: Family) -> None:
    everything = make.cross(
        alpha=(0.25, 0.75, 0.0, -1.0),
        gamma=(0.0, 0.5, 1.0, 2.0, 3.5),
        target=("binary", "soft"),
        reduction=REDUCTIONS,
    )
    for shape, stride in (((4,), 2), ((3, 4), 23), ((2, 3, 2), 17), ((), 17)):
        for chosen in make.sample(everything, len(shape), stride):
            address = (
                f"focal/sigmoid/{chosen['reduction']}/{make.shape_text(shape)}"
                f"/alpha={chosen['alpha']:g}/gamma={chosen['gamma']:g}/target={chosen['target']}"
            )
            rng = make.seeded(address)
            x, soft = make.normal(rng, shape), make.uniform(rng, shape, 0.0, 1.0)
            target = soft if chosen["target"] == "soft" else soft.round()
            options = {name: chosen[name] for name in ("reduction", "alpha", "gamma")}
            family.add(address, "sigmoidFocalLoss", {"input": x, "target": target}, options)
    sizes = [12.0, -12.0, 40.0, -40.0, 100.0, -100.0, 0.0]
    for y in (0.0, 1.0):
        for gamma in (0.0, 1.0, 2.0):
            inputs = {"input": make.floats(sizes), "target": make.floats([y] * len(sizes))}
            options = {"reduction": "none", "alpha": 0.25, "gamma": gamma}
            address = f"focal/sigmoid/edge/large/y={y:g}/gamma={gamma:g}"
            family.add(address, "sigmoidFocalLoss", inputs, options, corner="near-zero")
    for reduction in REDUCTIONS:
        empty = {"input": torch.empty(0, dtype=torch.float64), "target": torch.empty(0, dtype=torch.float64)}
        options = {"reduction": reduction, "alpha": 0.25, "gamma": 2.0}
        family.add(f"focal/sigmoid/edge/empty/{reduction}", "sigmoidFocalLoss", empty, options)


def add_multi_class(family: Family) -> None:
    everything = make.cross(
        alpha=(1.0, 0.25),
        gamma=(0.0, 0.5, 1.0, 2.0, 5.0),
        weight=("none", "ramp", "zeros"),
        ignore=("none", "some", "class0", "all"),
        reduction=REDUCTIONS,
    )
    for shape, stride in (((5, 3), 7), ((4,), 37), ((2, 3, 2), 19), ((1, 3, 2, 2), 37), ((2, 17), 61)):
        for chosen in make.sample(everything, 2 * len(shape), stride):
            address = (
                f"focal/classes/{chosen['reduction']}/{make.shape_text(shape)}/alpha={chosen['alpha']:g}"
                f"/gamma={chosen['gamma']:g}/weight={chosen['weight']}/ignore={chosen['ignore']}"
            )
            rng = make.seeded(address)
            count = shape[class_dim(shape)]
            target, ignoring = index_target(rng, shape, count, chosen["ignore"])
            inputs = {"logits": make.normal(rng, shape), "target": target, **make.class_weight(chosen["weight"], count)}
            options = options_of(chosen["reduction"], alpha=chosen["alpha"], gamma=chosen["gamma"], **ignoring)
            family.add(address, "focalLoss", inputs, options)
    for gamma in (1.0, 2.0):
        inputs = {
            "logits": make.floats([[16.0, 0.0], [40.0, 0.0], [-40.0, 0.0], [1e4, -1e4]]),
            "target": make.integers([0, 0, 0, 1]),
        }
        options = options_of("none", alpha=1.0, gamma=gamma)
        family.add(f"focal/classes/edge/confident/gamma={gamma:g}", "focalLoss", inputs, options, corner="near-zero")
