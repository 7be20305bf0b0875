"""linearCrossEntropy: hidden [N, D] @ weight [V, D] transposed, plus bias, then cross entropy with class indices."""

from typing import Any, Dict

from .. import inputs as make
from ..runner import Family
from .targets import index_target, options_of

# (N, D, V)
SIZES = ((3, 2, 4), (5, 3, 7), (1, 1, 1), (4, 1, 3), (2, 5, 1), (1, 7, 2), (3, 4, 17))
OPTIONS: Dict[str, Dict[str, Any]] = {
    "plain": {},
    "smoothing": {"labelSmoothing": 0.1},
    "softcap": {"softcap": 3.0},
    "z": {"zLoss": 0.01},
    "all": {"labelSmoothing": 0.2, "softcap": 5.0, "zLoss": 0.001},
}
COMBINATIONS = make.cross(
    bias=(False, True),
    classWeight=("none", "ramp"),
    ignore=("none", "some", "far"),
    options=tuple(OPTIONS),
    reduction=("none", "mean", "sum"),
)


def add(family: Family, size: tuple, chosen: Dict[str, Any]) -> None:
    n, d, v = size
    address = (
        f"linear-cross-entropy/{chosen['options']}/{chosen['reduction']}/N={n},D={d},V={v}"
        f"/bias={'yes' if chosen['bias'] else 'no'}/classWeight={chosen['classWeight']}/ignore={chosen['ignore']}"
    )
    rng = make.seeded(address)
    target, ignoring = index_target(rng, (n, v), v, chosen["ignore"])
    inputs = {"hidden": make.normal(rng, (n, d), 1.0), "weight": make.normal(rng, (v, d), 1.0), "target": target}
    if chosen["bias"]:
        inputs["bias"] = make.normal(rng, (v,), 0.5)
    weight = make.class_weight(chosen["classWeight"], v)
    if weight:
        inputs["classWeight"] = weight["weight"]
    options = options_of(chosen["reduction"], **ignoring, **OPTIONS[chosen["options"]])
    family.add(address, "linearCrossEntropy", inputs, options)


def fill(family: Family) -> None:
    for start, size in enumerate(SIZES):
        for chosen in make.sample(COMBINATIONS, 3 * start, 11 if start == 0 else 19):
            add(family, size, chosen)
    for reduction in ("none", "mean", "sum"):
        for ignore, size in (("none", (0, 3, 2)), ("all", (2, 3, 2))):
            chosen = {"bias": True, "classWeight": "none", "ignore": ignore, "options": "plain", "reduction": reduction}
            add(family, size, chosen)
        inputs = {
            "hidden": make.floats([[1.0, -2.0], [make.NAN, 1.0], [0.5, 0.25]]),
            "weight": make.floats([[0.5, 1.0], [-1.0, 2.0], [0.0, 0.125]]),
            "target": make.integers([1, -100, 0]),
        }
        family.add(f"linear-cross-entropy/ignored-nan/{reduction}", "linearCrossEntropy", inputs, options_of(reduction))
