"""crossEntropy in bfloat16: inputs, loss and gradient all bf16."""

from .. import inputs as make
from ..runner import Family
from .targets import class_dim, index_target, options_of, probability_target


def fill(family: Family) -> None:
    for chosen in make.cross(
        target=("index", "probabilities"),
        shape=((5,), (4, 6), (2, 3, 2)),
        weight=("none", "ramp"),
        smoothing=(0.0, 0.1),
        reduction=("none", "mean", "sum"),
    ):
        shape, reduction = chosen["shape"], chosen["reduction"]
        address = (
            f"cross-entropy/bf16/{chosen['target']}/{reduction}/{make.shape_text(shape)}"
            f"/weight={chosen['weight']}/smoothing={chosen['smoothing']:g}"
        )
        rng = make.seeded(address)
        count = shape[class_dim(shape)]
        logits = make.normal(rng, shape)
        if chosen["target"] == "index":
            target, _ = index_target(rng, shape, count, "some" if len(shape) > 1 else "none")
        else:
            target = probability_target(rng, shape, "normalised")
        inputs = {"logits": logits, "target": target, **make.class_weight(chosen["weight"], count)}
        options = options_of(reduction, chosen["smoothing"])
        family.add(address, "crossEntropy", inputs, options, dtypes=("bf16",))
