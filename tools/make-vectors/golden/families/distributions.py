"""entropy, distributionCrossEntropy, distributionKlDivergence over a dim, in nats and bits; perplexity."""

from typing import Any, Dict

from .. import inputs as make
from ..runner import Family
from .targets import class_dim, index_target

OPS = {
    "entropy": "entropy",
    "distribution-cross-entropy": "distributionCrossEntropy",
    "distribution-kl-divergence": "distributionKlDivergence",
}
REDUCTIONS = ("none", "mean", "sum")


def options_of(reduction: str, dim: int, base: Any) -> Dict[str, Any]:
    return {"reduction": reduction, "dim": dim, **({"base": 2} if base == 2 else {})}


def fill(family: Family) -> None:
    for name, op in OPS.items():
        for chosen in make.cross(
            where=(((4,), 0), ((3, 4), 1), ((3, 4), 0), ((2, 3), -1), ((2, 3, 2), 1), ((1, 17), 1)),
            base=("e", 2),
            reduction=REDUCTIONS,
        ):
            shape, dim = chosen["where"]
            address = f"{name}/{chosen['reduction']}/{make.shape_text(shape)}/dim={dim}/base={chosen['base']}"
            rng = make.seeded(address)
            inputs = {"p": make.distribution(rng, shape, dim)}
            if op != "entropy":
                inputs["q"] = make.distribution(rng, shape, dim)
            family.add(address, op, inputs, options_of(chosen["reduction"], dim, chosen["base"]))
        add_edges(family, name, op)
    add_perplexity(family)


def add_edges(family: Family, name: str, op: str) -> None:
    """0 log 0 is 0; mass where q has none is infinite; mass nowhere else is not looked at."""
    rows = {
        "one-hot": ([0.0, 1.0, 0.0], [0.25, 0.5, 0.25]),
        "p-0-q-0": ([0.5, 0.5, 0.0], [0.25, 0.75, 0.0]),
        "p-positive-q-0": ([0.5, 0.25, 0.25], [0.5, 0.5, 0.0]),
        "same": ([0.5, 0.25, 0.25], [0.5, 0.25, 0.25]),
        "all-0": ([0.0, 0.0, 0.0], [0.25, 0.5, 0.25]),
        "unnormalised": ([2.0, 3.0, 0.5], [1.5, 0.25, 4.0]),
        "denormal": ([1e-40, 0.5, 0.5], [0.5, 1e-40, 0.5]),
        "nan": ([make.NAN, 0.5, 0.5], [0.25, 0.25, 0.5]),
    }
    for edge, (p, q) in rows.items():
        for base in ("e", 2):
            for reduction in ("none", "mean"):
                inputs = {"p": make.floats([p, [0.125, 0.5, 0.375]])}
                if op != "entropy":
                    inputs["q"] = make.floats([q, [0.25, 0.25, 0.5]])
                options = options_of(reduction, 1, base)
                family.add(f"{name}/edge/{edge}/base={base}/{reduction}", op, inputs, options)


def add_perplexity(family: Family) -> None:
    for shape in ((4,), (1, 2), (3, 5), (2, 3, 2), (6, 17)):
        for ignore in ("none", "some", "far", "all"):
            address = f"perplexity/{make.shape_text(shape)}/ignore={ignore}"
            rng = make.seeded(address)
            target, ignoring = index_target(rng, shape, shape[class_dim(shape)], ignore)
            family.add(address, "perplexity", {"logits": make.normal(rng, shape), "target": target}, ignoring)
    sure = {"logits": make.floats([[40.0, 0.0], [0.0, 40.0]]), "target": make.integers([0, 1])}
    family.add("perplexity/edge/sure", "perplexity", sure)
    wrong = {"logits": make.floats([[1e4, 0.0], [0.0, 1e4]]), "target": make.integers([1, 0])}
    family.add("perplexity/edge/wrong", "perplexity", wrong)
