"""crossEntropy calls that PyTorch refuses. Each breaks one rule of a call that otherwise works."""

from typing import Any, Dict

import torch

from .. import inputs as make
from ..runner import Family

Tensors = Dict[str, torch.Tensor]


def index_inputs(shape: tuple, target: Any) -> Tensors:
    logits = make.normal(make.seeded("cross-entropy/error"), shape).float()
    return {"logits": logits, "target": make.integers(target)}


def probability_inputs() -> Tensors:
    rng = make.seeded("cross-entropy/error/probabilities")
    return {"logits": make.normal(rng, (2, 3)).float(), "target": make.distribution(rng, (2, 3), 1).float()}


def fill(family: Family) -> None:
    add_out_of_range(family)
    add_shapes(family)
    add_weights(family)
    add_options(family)


def add(family: Family, rule: str, inputs: Tensors, **options: Any) -> None:
    family.add_error(f"cross-entropy/error/{rule}", "crossEntropy", inputs, {"reduction": "mean", **options})


def add_out_of_range(family: Family) -> None:
    for target in (3, -1, -101, 2**32 + 1, 2**31, -(2**31)):
        for reduction in ("none", "mean", "sum"):
            add(family, f"target={target}/{reduction}", index_inputs((2, 3), [0, target]), reduction=reduction)
        add(family, f"target={target}/positions", index_inputs((1, 3, 2), [[0, target]]))
        add(family, f"target={target}/unbatched", index_inputs((3,), target))
        add(family, f"target={target}/smoothing", index_inputs((2, 3), [0, target]), labelSmoothing=0.1)
    add(family, "target=-100/other-ignoreIndex", index_inputs((2, 3), [0, -100]), ignoreIndex=0)
    add(family, "target=255/u8", {**index_inputs((2, 3), [0, 0]), "target": torch.tensor([0, 255]).byte()})
    add(family, "target=0/no-classes", index_inputs((2, 0), [0, 0]))


def add_shapes(family: Family) -> None:
    add(family, "shape/target-column", index_inputs((2, 3), [[0], [1]]))
    add(family, "shape/target-longer", index_inputs((2, 3), [0, 1, 2]))
    add(family, "shape/target-shorter", index_inputs((3, 3), [0, 1]))
    add(family, "shape/target-scalar", index_inputs((2, 3), 0))
    add(family, "shape/unbatched-target-vector", index_inputs((3,), [0]))
    add(family, "shape/positions-differ", index_inputs((1, 3, 2), [[0, 1, 2]]))
    add(family, "shape/positions-missing", index_inputs((1, 3, 2), [0]))
    add(family, "shape/channels-last", index_inputs((2, 4, 4, 3), [[[0] * 4] * 4] * 2))
    add(family, "shape/scalar-logits", index_inputs((), 0))
    inputs = probability_inputs()
    add(family, "shape/probabilities-narrower", {**inputs, "target": inputs["target"][:, :2].clone()})
    add(family, "shape/probabilities-broadcast", {**inputs, "target": inputs["target"][:1].clone()})


def add_weights(family: Family) -> None:
    for name, inputs in (("index", index_inputs((2, 3), [0, 2])), ("probabilities", probability_inputs())):
        for rule, weight in (
            ("shorter", torch.ones(2)),
            ("longer", torch.ones(4)),
            ("matrix", torch.ones(1, 3)),
            ("scalar", torch.tensor(1.0)),
        ):
            add(family, f"weight/{rule}/{name}", {**inputs, "weight": weight})
    add(family, "weight/dtype/index", {**index_inputs((2, 3), [0, 2]), "weight": torch.ones(3).double()})


def add_options(family: Family) -> None:
    index, probabilities = index_inputs((2, 3), [0, 2]), probability_inputs()
    for name, inputs in (("index", index), ("probabilities", probabilities)):
        for smoothing in (1.5, 1.0000001, make.INF):
            add(family, f"labelSmoothing={smoothing}/{name}", inputs, labelSmoothing=smoothing)
        for reduction in ("batchmean", "Mean", ""):
            add(family, f"reduction={reduction}/{name}", inputs, reduction=reduction)
    add(family, "ignoreIndex=0.5", index, ignoreIndex=0.5)
    for ignored in (0, 1, 255):
        add(family, f"ignoreIndex={ignored}/probabilities", probabilities, ignoreIndex=ignored)
    add(family, "dtype/integer-probabilities", {**probabilities, "target": torch.tensor([[1, 0, 0], [0, 0, 1]])})
    add(family, "dtype/float-indices", {**index, "target": torch.tensor([0.0, 2.0])})
    add(family, "dtype/integer-logits", {**index, "logits": torch.tensor([[1, 2, 3], [3, 2, 1]])})
