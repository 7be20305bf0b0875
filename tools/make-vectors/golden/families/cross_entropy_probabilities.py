"""crossEntropy with class probabilities: weight x kind of target x smoothing x reduction; gradients to both."""

from typing import Any, Dict, Sequence

from .. import inputs as make
from ..runner import Family
from .targets import PROBABILITY_KINDS, class_dim, options_of, probability_target, scalar_upstream

COMBINATIONS = make.cross(
    weight=("none", "ramp", "zeros", "negative"),
    target=PROBABILITY_KINDS,
    smoothing=(0.0, 0.1, 1.0),
    reduction=("none", "mean", "sum"),
)
FULL = ((2, 4),)
SAMPLED = (
    *((4,), (6,), (1, 2), (5, 2), (2, 7)),
    *((2, 3, 1), (2, 3, 2), (1, 4, 3), (1, 3, 5), (2, 3, 2, 2), (1, 2, 1, 2, 3)),
)
WIDE = ((1, 65), (1, 17, 2))


def add(family: Family, shape: Sequence[int], chosen: Dict[str, Any]) -> None:
    address = (
        f"cross-entropy/probabilities/{chosen['reduction']}/{make.shape_text(shape)}"
        f"/weight={chosen['weight']}/target={chosen['target']}/smoothing={chosen['smoothing']:g}"
    )
    rng = make.seeded(address)
    inputs = {
        "logits": make.normal(rng, shape),
        "target": probability_target(rng, shape, chosen["target"]),
        **make.class_weight(chosen["weight"], shape[class_dim(shape)]),
        **scalar_upstream(address, chosen["reduction"]),
    }
    family.add(address, "crossEntropy", inputs, options_of(chosen["reduction"], chosen["smoothing"]))


def fill(family: Family) -> None:
    for shape in FULL:
        for chosen in COMBINATIONS:
            add(family, shape, chosen)
    for start, shape in enumerate(SAMPLED):
        for chosen in make.sample(COMBINATIONS, 5 * start, 29):
            add(family, shape, chosen)
    for start, shape in enumerate(WIDE):
        for chosen in make.sample(COMBINATIONS, 7 * start, 49):
            add(family, shape, chosen)
    add_mixed(family)


def add_mixed(family: Family) -> None:
    """float64 probabilities promote a float32 loss; an ignoreIndex below 0 has no effect."""
    for reduction in ("none", "mean", "sum"):
        address = f"cross-entropy/probabilities/{reduction}/[2,3]/f64-target"
        rng = make.seeded(address)
        logits, target = make.normal(rng, (2, 3)).float(), make.distribution(rng, (2, 3), 1)
        inputs = {"logits": logits, "target": target}
        if reduction == "none":
            inputs["upstream"] = make.upstream(address, (2,))
        family.add_literal(address, "crossEntropy", inputs, options_of(reduction))

        address = f"cross-entropy/probabilities/{reduction}/[2,3]/ignoreIndex=-1"
        rng = make.seeded(address)
        inputs = {"logits": make.normal(rng, (2, 3)), "target": make.distribution(rng, (2, 3), 1)}
        family.add(address, "crossEntropy", inputs, options_of(reduction, ignoreIndex=-1))
