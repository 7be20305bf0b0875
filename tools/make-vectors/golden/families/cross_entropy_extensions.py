"""crossEntropy beyond PyTorch's own options: rowWeight, logitScale, softcap, zLoss, alone and together."""

from typing import Any, Dict, Sequence

import torch

from .. import inputs as make
from ..runner import Family
from .targets import class_dim, index_target, options_of, probability_target

EXTENSIONS: Dict[str, Dict[str, Any]] = {
    "rowWeight": {},
    "logitScale": {"logitScale": 0.5},
    "softcap": {"softcap": 3.0},
    "zLoss": {"zLoss": 0.01},
    "scale-cap": {"logitScale": 2.0, "softcap": 5.0},
    "scale-cap-z": {"logitScale": -1.5, "softcap": 4.0, "zLoss": 0.001},
    "rowWeight-z": {"zLoss": 0.1},
    "all": {"logitScale": 1.25, "softcap": 30.0, "zLoss": 0.0001},
}
WITH_ROW_WEIGHT = ("rowWeight", "rowWeight-z", "all")
COMBINATIONS = make.cross(
    weight=("none", "ramp", "zeros"), smoothing=(0.0, 0.1), reduction=("none", "mean", "sum")
)


def row_weight(shape: Sequence[int]) -> torch.Tensor:
    """0, then distinct positive weights; a single row keeps a weight."""
    rows = shape[:1] if len(shape) == 2 else (shape[0], *shape[2:]) if len(shape) > 2 else ()
    size = torch.Size(rows).numel()
    values = [0.7] if size == 1 else [round(0.4 * row, 1) for row in range(size)]
    return make.floats(values).reshape(rows)


def add(family: Family, shape: Sequence[int], kind: str, extension: str, chosen: Dict[str, Any]) -> None:
    reduction = chosen["reduction"]
    address = (
        f"cross-entropy/extension/{extension}/{kind}/{reduction}/{make.shape_text(shape)}"
        f"/weight={chosen['weight']}/smoothing={chosen['smoothing']:g}"
    )
    rng = make.seeded(address)
    count = shape[class_dim(shape)]
    logits = make.normal(rng, shape, 3.0)
    ignoring: Dict[str, Any] = {}
    if kind == "index":
        target, ignoring = index_target(rng, shape, count, "some" if len(shape) > 1 else "none")
        target.view(-1)[:1] = count - 1  # the row with row weight 0 is not the ignored one
    else:
        target = probability_target(rng, shape, "unnormalised")
    inputs = {"logits": logits, "target": target, **make.class_weight(chosen["weight"], count)}
    if extension in WITH_ROW_WEIGHT:
        inputs["rowWeight"] = row_weight(shape)
    options = options_of(reduction, chosen["smoothing"], **ignoring, **EXTENSIONS[extension])
    family.add(address, "crossEntropy", inputs, options)


def fill(family: Family) -> None:
    for number, extension in enumerate(EXTENSIONS):
        for start, (kind, shape) in enumerate(
            (("index", (5, 3)), ("probabilities", (3, 3)), ("index", (2, 3, 2)), ("probabilities", (1, 3, 2)))
        ):
            for chosen in make.sample(COMBINATIONS, number + start, 3 if start == 0 else 7):
                add(family, shape, kind, extension, chosen)
        add(family, (4,), "index", extension, COMBINATIONS[number % len(COMBINATIONS)])
        add(family, (4,), "probabilities", extension, COMBINATIONS[(number + 7) % len(COMBINATIONS)])
    add_edges(family)


def add_edges(family: Family) -> None:
    """Rows of weight 0 that hold NaN, all row weights 0, and a softcap over everything a float can be."""
    good = [0.5, -1.0, 2.0]
    masked = make.floats([good, [make.NAN, 1.0, 2.0], [1.0, make.INF, 0.0], [-make.INF] * 3])
    extremes = make.floats([[3e38, -3e38, 0.0], [make.INF, 1.0, -make.INF], [1e-30, -1e4, 1e4], [-0.0, 0.0, 1.0]])
    for reduction in ("none", "mean", "sum"):
        target = make.integers([2, 0, 1, 2])
        for name, weights in (("some", [2.0, 0.0, 0.0, 0.0]), ("all", [0.0, 0.0, 0.0, 0.0])):
            inputs = {"logits": masked, "target": target, "rowWeight": make.floats(weights)}
            address = f"cross-entropy/extension/masked-{name}/{reduction}"
            family.add(address, "crossEntropy", inputs, options_of(reduction))
        inputs = {"logits": extremes, "target": target}
        options = options_of(reduction, softcap=30.0)
        family.add(f"cross-entropy/extension/softcap-extremes/{reduction}", "crossEntropy", inputs, options)
        options = options_of(reduction, zLoss=1e-4)
        offset = {"logits": make.floats([[100.5, 99.0], [-40.0, -41.5]]), "target": make.integers([0, 0])}
        family.add(f"cross-entropy/extension/z-offset/{reduction}", "crossEntropy", offset, options)
        ignored = {"logits": masked, "target": make.integers([1, -100, -100, -100])}
        family.add(f"cross-entropy/extension/z-ignored/{reduction}", "crossEntropy", ignored, options)
