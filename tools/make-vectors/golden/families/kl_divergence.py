"""klDivergence: the input is log q, the target p or, with logTarget, log p."""

from typing import Any, Dict

import torch

from .. import inputs as make
from ..runner import Family

OP, NAME = "klDivergence", "kl-divergence"
REDUCTIONS = ("none", "mean", "sum", "batchmean")


def options_of(reduction: str, log_target: bool) -> Dict[str, Any]:
    return {"reduction": reduction, **({"logTarget": True} if log_target else {})}


def fill(family: Family) -> None:
    for chosen in make.cross(
        shape=((4,), (2, 3), (2, 3, 2), (1, 17)), log_target=(False, True), reduction=REDUCTIONS
    ):
        shape, log_target = chosen["shape"], chosen["log_target"]
        dim = min(1, len(shape) - 1)
        address = f"{NAME}/{chosen['reduction']}/{make.shape_text(shape)}/{'log' if log_target else 'plain'}"
        rng = make.seeded(address)
        log_q = make.floats(torch.log_softmax(make.normal(rng, shape), dim).numpy().round(4))
        p = make.distribution(rng, shape, dim)
        target = make.floats(p.log().numpy().round(4)) if log_target else p
        family.add(address, OP, {"input": log_q, "target": target}, options_of(chosen["reduction"], log_target))
    add_broadcasts(family)
    add_edges(family)
    pair = {"input": torch.zeros(3, 4), "target": torch.ones(3, 4)}
    family.add_error(f"{NAME}/error/shape", OP, {**pair, "target": torch.ones(3)}, {"reduction": "mean"})
    family.add_error(f"{NAME}/error/reduction", OP, pair, {"reduction": "average"})


def add_broadcasts(family: Family) -> None:
    pairs = (((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 3), (1,)), ((3,), (2, 3)), ((3, 1), (1, 2)), ((), (3,)), ((), ()))
    for chosen in make.cross(
        shapes=pairs,
        log_target=(False, True),
        reduction=REDUCTIONS,
    ):
        left, right = chosen["shapes"]
        log_target = chosen["log_target"]
        address = (
            f"{NAME}/broadcast/{chosen['reduction']}/{make.shape_text(left)}x{make.shape_text(right)}"
            f"/{'log' if log_target else 'plain'}"
        )
        rng = make.seeded(address)
        p = make.uniform(rng, right, 0.05, 1.0)
        inputs = {"input": make.uniform(rng, left, -4.0, -0.1), "target": p - 1.0625 if log_target else p}
        inputs["target"] = make.floats(inputs["target"].numpy().round(3))
        family.add(address, OP, inputs, options_of(chosen["reduction"], log_target))


def add_edges(family: Family) -> None:
    inf, nan = make.INF, make.NAN
    log_q = [-0.5, -1.5, -1.0]
    plain = {
        "target-0": (log_q, [0.0, 0.4, 0.6], None),
        "target-minus-0": (log_q, [-0.0, 0.4, 0.6], None),
        "target-negative": (log_q, [-0.25, 0.5, 0.75], None),
        "target-nan": (log_q, [nan, 0.5, 0.5], None),
        "target-above-1": (log_q, [2.5, 0.5, 0.0], None),
        "input-minus-inf": ([-inf, -0.5, -1.0], [0.2, 0.3, 0.5], None),
        "input-minus-inf/target-0": ([-inf, -0.5, -1.0], [0.0, 0.5, 0.5], "zero-mass"),
        "input-plus-inf": ([inf, -0.5, -1.0], [0.2, 0.3, 0.5], None),
        "input-nan": ([nan, -0.5, -1.0], [0.2, 0.3, 0.5], None),
        "one-hot": (log_q, [0.0, 1.0, 0.0], None),
        "empty": ([], [], None),
    }
    logs = {
        "target-minus-inf": (log_q, [-inf, -0.5, -1.0], "zero-mass"),
        "input-minus-inf": ([-inf, -0.5, -1.0], log_q, None),
        "both-minus-inf": ([-inf, -0.5, -1.0], [-inf, -0.5, -1.0], "zero-mass"),
        "target-positive": (log_q, [0.5, -0.5, 1.0], None),
        "target-very-small": (log_q, [-200.0, -0.5, -1000.0], None),
        "empty": ([], [], None),
    }
    for kind, edges in (("plain", plain), ("log", logs)):
        for edge, (x, t, corner) in edges.items():
            for reduction in REDUCTIONS:
                inputs = {"input": make.floats(x), "target": make.floats(t)}
                options = options_of(reduction, kind == "log")
                family.add(f"{NAME}/edge/{kind}/{edge}/{reduction}", OP, inputs, options, corner=corner)
