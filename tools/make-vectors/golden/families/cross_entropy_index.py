"""crossEntropy with class indices: weight x ignored rows x smoothing x reduction, over ranks and class counts."""

from typing import Any, Dict, Sequence

import torch

from .. import inputs as make
from ..runner import Family
from .targets import IGNORE_KINDS, class_dim, index_target, options_of, scalar_upstream

COMBINATIONS = make.cross(
    weight=("none", "ramp", "zeros", "negative"),
    ignore=IGNORE_KINDS,
    smoothing=(0.0, 0.1, 1.0),
    reduction=("none", "mean", "sum"),
)
FULL = ((5, 4), (2, 3, 2, 2))
SAMPLED = (
    *((5,), (7,), (2,), (1, 3), (6, 2), (3, 5), (4, 9), (3, 16), (9, 3)),
    *((2, 5, 1), (2, 4, 3), (3, 3, 4), (1, 6, 5), (2, 17, 2)),
    *((2, 2, 3, 1), (1, 4, 2, 3), (1, 3, 2, 1, 2)),
)
# Both sides of the widths at which kernels change their ways.
WIDE = ((1, 63), (1, 64), (2, 65), (1, 255), (1, 257), (1, 33, 3))


def add(family: Family, shape: Sequence[int], chosen: Dict[str, Any]) -> None:
    address = (
        f"cross-entropy/index/{chosen['reduction']}/{make.shape_text(shape)}"
        f"/weight={chosen['weight']}/ignore={chosen['ignore']}/smoothing={chosen['smoothing']:g}"
    )
    rng = make.seeded(address)
    count = shape[class_dim(shape)]
    logits = make.normal(rng, shape)
    weight = make.class_weight(chosen["weight"], count)
    target, ignoring = index_target(rng, shape, count, chosen["ignore"])
    while divides_by_zero(target, ignoring, weight):
        target, ignoring = index_target(rng, shape, count, chosen["ignore"])
    inputs = {"logits": logits, "target": target, **weight, **scalar_upstream(address, chosen["reduction"])}
    options = options_of(chosen["reduction"], chosen["smoothing"], **ignoring)
    family.add(address, "crossEntropy", inputs, options)


def divides_by_zero(target: torch.Tensor, ignoring: Dict[str, Any], weight: Dict[str, torch.Tensor]) -> bool:
    """Kept rows whose weights happen to add up to 0 belong to the edges (zero-divisor), not here."""
    kept = target[target != ignoring.get("ignoreIndex", -100)]
    return bool(weight) and kept.numel() > 0 and bool(weight["weight"][kept].sum() == 0)


def fill(family: Family) -> None:
    for shape in FULL:
        for chosen in COMBINATIONS:
            add(family, shape, chosen)
    for start, shape in enumerate(SAMPLED):
        for chosen in make.sample(COMBINATIONS, 5 * start, 29):
            add(family, shape, chosen)
    for start, shape in enumerate(WIDE):
        for chosen in make.sample(COMBINATIONS[:144], 11 * start, 61):
            add(family, shape, chosen)
    add_upstreams(family)
    add_unsigned(family)


def add_upstreams(family: Family) -> None:
    """One input, several upstream gradients, zero among them."""
    for reduction in ("mean", "sum"):
        for value in (0.0, 1e-3, 3.0, -1.0, 1e4):
            address = f"cross-entropy/index/{reduction}/[3,5]/upstream={value:g}"
            rng = make.seeded(f"cross-entropy/index/{reduction}/[3,5]/upstream")
            inputs = {
                "logits": make.normal(rng, (3, 5)),
                "target": make.classes(rng, (3,), 5),
                "upstream": make.floats(value),
            }
            family.add(address, "crossEntropy", inputs, options_of(reduction))


def add_unsigned(family: Family) -> None:
    """uint8 class indices."""
    for reduction in ("none", "mean", "sum"):
        for ignoring in ({}, {"ignoreIndex": 255}):
            address = f"cross-entropy/index/{reduction}/[4,3]/u8/{'far' if ignoring else 'none'}"
            target = torch.tensor([2, 255 if ignoring else 0, 1, 1], dtype=torch.uint8)
            inputs = {"logits": make.normal(make.seeded(address), (4, 3)), "target": target}
            family.add(address, "crossEntropy", inputs, options_of(reduction, **ignoring))
