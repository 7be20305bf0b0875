"""The situations of cross_entropy_edges.py: rows of logits, a target, perhaps a weight and options.

`corner` marks the situations where the library's default answer is declared to differ from PyTorch's.
"""

from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Optional

import torch

from .. import inputs as make

INF, NAN = make.INF, make.NAN
IGNORED = -100
GOOD = [0.5, -1.25, 2.0]  # an unremarkable row
OTHER = [-0.75, 1.5, 0.25]
MASS = [0.2, 0.3, 0.5]


@dataclass(frozen=True)
class Situation:
    name: str
    logits: torch.Tensor
    target: torch.Tensor
    weight: Optional[torch.Tensor] = None
    options: Dict[str, Any] = field(default_factory=dict)
    corner: Optional[str] = None


def at(
    name: str,
    logits: Any,
    target: Any,
    weight: Optional[List[float]] = None,
    corner: Optional[str] = None,
    **options: Any,
) -> Situation:
    """Targets that are nested lists of floats are probabilities."""
    rows = make.floats(logits)
    labels = torch.tensor(target)
    labels = make.floats(target) if labels.is_floating_point() and labels.numel() else labels.long()
    return Situation(name, rows, labels, None if weight is None else make.floats(weight), options, corner)


def situations() -> Iterator[Situation]:
    yield from nothing_to_average()
    yield from minus_infinity()
    yield from whole_rows()
    yield from ignored_rows()
    yield from magnitudes()
    yield from confident()
    yield from odd_inputs()


def nothing_to_average() -> Iterator[Situation]:
    rows, ignored = [GOOD, OTHER], [IGNORED, IGNORED]
    ramp, smooth = [0.5, 1.5, 2.0], {"labelSmoothing": 0.1}
    yield at("all-ignored", rows, ignored)
    yield at("all-ignored/weight", rows, ignored, ramp)
    yield at("all-ignored/smoothing", rows, ignored, **smooth)
    yield at("all-ignored/weight,smoothing", rows, ignored, ramp, **smooth)
    yield at("all-ignored/unbatched", GOOD, IGNORED)
    yield at("unbatched", GOOD, 0)
    yield at("unbatched/weight", GOOD, 0, ramp)
    yield at("unbatched/probabilities,weight", GOOD, MASS, ramp)
    for shape, name in (((0, 3), "no-rows"), ((2, 3, 0), "no-positions"), ((0, 3, 2), "no-rows-of-positions")):
        empty = torch.empty(shape, dtype=torch.float64)
        labels = torch.empty((shape[0], *shape[2:]), dtype=torch.int64)
        for kind, target in (("index", labels), ("probabilities", empty)):
            yield Situation(f"{name}/{kind}", empty, target)
            yield Situation(f"{name}/{kind}/weight,smoothing", empty, target, make.floats(ramp), smooth)
    for kind, target in (("index", [0, 2]), ("probabilities", [MASS, MASS])):
        yield at(f"weights-0/{kind}", rows, target, [0.0, 0.0, 0.0])
        yield at(f"weights-0/{kind}/smoothing", rows, target, [0.0, 0.0, 0.0], **smooth)
        corner = "zero-divisor" if kind == "index" else None
        yield at(f"weights-cancel/{kind}", rows, target, [-1.0, 0.5, 1.0], corner)
        yield at(f"weights-cancel/{kind}/smoothing", rows, target, [-1.0, 0.5, 1.0], corner, **smooth)
    yield at("weights-0-of-targets", rows, [0, 0], [0.0, 1.0, 1.0])
    yield at("weights-0-of-targets/smoothing", rows, [0, 0], [0.0, 1.0, 1.0], "zero-divisor", **smooth)
    one = [[1.5], [-2.0]]
    for name, options in (("", {}), ("/smoothing", smooth)):
        yield at(f"one-class/index{name}", one, [0, 0], **options)
        yield at(f"one-class/index,ignored{name}", one, [0, IGNORED], **options)
        yield at(f"one-class/probabilities{name}", one, [[1.0], [0.5]], **options)
        yield at(f"one-class/weight{name}", one, [0, 0], [0.25], **options)


def minus_infinity() -> Iterator[Situation]:
    rows, hot = [[0.5, -INF, 2.0], GOOD], [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    ramp, zero = [0.5, 1.5, 2.0], [0.5, 0.0, 2.0]  # `zero`: the class of the -inf weighs nothing
    half, full = {"labelSmoothing": 0.1}, {"labelSmoothing": 1.0}
    zero_mass = "zero-mass"
    yield at("minus-inf-at-target", rows, [1, 0])
    yield at("minus-inf-at-target/weight", rows, [1, 0], ramp)
    yield at("minus-inf-at-target/smoothing", rows, [1, 0], **half)
    yield at("minus-inf-at-target/smoothing=1", rows, [1, 0], None, zero_mass, **full)
    yield at("minus-inf-at-target/smoothing=1,weight", rows, [1, 0], ramp, zero_mass, **full)
    yield at("minus-inf-at-target/weight-0", rows, [1, 0], zero, zero_mass)
    yield at("minus-inf-at-target/weight-0,smoothing", rows, [1, 0], zero, zero_mass, **half)
    yield at("minus-inf-at-target/weight-negative", rows, [1, 0], [0.5, -1.0, 2.0])
    yield at("minus-inf-elsewhere", rows, [2, 0])
    yield at("minus-inf-elsewhere/weight", rows, [2, 0], ramp)
    yield at("minus-inf-elsewhere/weight-0", rows, [2, 0], zero)
    yield at("minus-inf-elsewhere/smoothing", rows, [2, 0], **half)
    yield at("minus-inf-elsewhere/smoothing=1", rows, [2, 0], **full)
    yield at("minus-inf-elsewhere/smoothing,weight", rows, [2, 0], ramp, **half)
    yield at("minus-inf-elsewhere/smoothing,weight-0", rows, [2, 0], zero, zero_mass, **half)
    yield at("minus-inf-elsewhere/smoothing,weight-negative", rows, [2, 0], [0.5, -1.0, 2.0], **half)
    yield at("minus-inf-elsewhere/two", [[-INF, -INF, 2.0], GOOD], [2, 0])
    yield at("minus-inf/one-hot", rows, hot, None, zero_mass)
    yield at("minus-inf/one-hot,weight", rows, hot, ramp, zero_mass)
    yield at("minus-inf/one-hot,smoothing", rows, hot, **half)
    yield at("minus-inf/probabilities", rows, [MASS, MASS])
    yield at("minus-inf/probabilities,smoothing", rows, [MASS, MASS], **half)
    yield at("minus-inf/probabilities,smoothing=1", rows, [MASS, MASS], **full)
    yield at("minus-inf/probabilities,weight-0", rows, [MASS, MASS], zero, zero_mass)
    yield at("minus-inf/probabilities,negative", rows, [[0.5, -0.5, 1.0], MASS])
    yield at("minus-inf/probabilities,minus-0", rows, [[0.5, -0.0, 0.5], MASS], None, zero_mass)


def whole_rows() -> Iterator[Situation]:
    kinds = {
        "all-minus-inf": [-INF, -INF, -INF],
        "plus-inf": [0.5, INF, 2.0],
        "two-plus-inf": [INF, INF, 2.0],
        "all-plus-inf": [INF, INF, INF],
        "both-infs": [-INF, INF, 2.0],
        "nan": [0.5, NAN, 2.0],
        "nan-minus-inf": [-INF, NAN, 2.0],
    }
    for name, row in kinds.items():
        rows = [row, GOOD]
        yield at(f"{name}/at-target", rows, [1, 0])
        yield at(f"{name}/elsewhere", rows, [2, 0])
        yield at(f"{name}/smoothing", rows, [2, 0], labelSmoothing=0.1)
        yield at(f"{name}/probabilities", rows, [MASS, MASS])
    yield at("all-minus-inf/one-class", [[-INF], [1.0]], [0, 0])


def ignored_rows() -> Iterator[Situation]:
    kinds = {
        "all-minus-inf": [-INF, -INF, -INF],
        "one-minus-inf": [0.5, -INF, 2.0],
        "plus-inf": [0.5, INF, 2.0],
        "nan": [0.5, NAN, 2.0],
        "huge": [3e38, -3e38, 0.0],
    }
    for name, row in kinds.items():
        finite = name in ("one-minus-inf", "huge")
        corner = None if finite else "ignored-row"
        rows, target = [row, GOOD], [IGNORED, 2]
        yield at(f"ignored/{name}", rows, target, None, corner)
        yield at(f"ignored/{name}/weight", rows, target, [0.5, 1.5, 2.0], corner)
        yield at(f"ignored/{name}/smoothing", rows, target, None, corner, labelSmoothing=0.1)
        yield at(f"ignored/{name}/class-1", rows, [1, 2], None, corner, ignoreIndex=1)
        yield at(f"ignored/{name}/class-1,smoothing", rows, [1, 2], None, corner, ignoreIndex=1, labelSmoothing=0.1)
    for ignored in (-1, 3, 255, 2**31, 2**32 + 1, -(2**31)):
        yield at(f"ignoreIndex={ignored}", [GOOD, OTHER, GOOD], [0, ignored, 2], ignoreIndex=ignored)
        yield at(f"ignoreIndex={ignored}/none-hit", [GOOD, OTHER], [0, 2], ignoreIndex=ignored)


def magnitudes() -> Iterator[Situation]:
    for name, options in (("", {}), ("/smoothing", {"labelSmoothing": 0.1})):
        yield at(f"1e4{name}", [[1e4, -1e4, 0.0], [-1e4, 1e4, 9999.5]], [1, 1], **options)
        yield at(f"3e38{name}", [[3e38, -3e38, 0.0], [3e38, -3e38, 0.0]], [0, 1], None, "overflow", **options)
        yield at(f"3e38-alike{name}", [[3e38, 3e38, 3e38], [-3e38, -3e38, -3e38]], [0, 1], **options)
        yield at(f"denormal{name}", [[1e-40, -1e-40, 0.0], [1e-45, 2e-38, 0.0]], [0, 1], **options)
        yield at(f"zeros{name}", [[0.0, -0.0, 0.0], [-0.0, -0.0, -0.0]], [0, 1], **options)
    yield at("3e38/probabilities", [[3e38, -3e38, 0.0], GOOD], [MASS, MASS], None, "overflow")
    yield at("two-losses-of-3e38", [[3e38, 0.0], [3e38, 0.0]], [1, 1], None, "overflow")
    yield at("two-losses-of-1e38", [[1e38, 0.0], [1e38, 0.0]], [1, 1])
    for offset in (1e2, 1e4, 1e6, -1e6):
        shifted = [[value + offset for value in row] for row in (GOOD, OTHER)]
        yield at(f"offset={offset:g}", shifted, [1, 1])
        yield at(f"offset={offset:g}/smoothing", shifted, [0, 1], [0.5, 1.5, 2.0], labelSmoothing=0.1)
        yield at(f"offset={offset:g}/probabilities", shifted, [MASS, MASS])
    gaps = [[0.0, -17.0, -87.0, -104.0], [0.0, -88.0, -708.0, -745.0]]
    for label in range(4):
        yield at(f"underflow/target={label}", gaps, [label] * 2)


def confident() -> Iterator[Situation]:
    """PyTorch's float32 loss is wrong by 100 % from a margin of 17 on, its float64 loss from 37 on."""
    for margin in (10.0, 16.0, 17.0, 20.0, 36.0, 37.0, 50.0, 100.0):
        row = [margin, 0.0]
        yield at(f"confident={margin:g}", [row, row], [0, 0], None, "near-zero")
        yield at(f"confident={margin:g}/wrong", [row, row], [1, 1])
        yield at(f"confident={margin:g}/one-hot", [row], [[1.0, 0.0]], None, "near-zero")
        yield at(f"confident={margin:g}/smoothing", [row], [0], labelSmoothing=0.1)


def odd_inputs() -> Iterator[Situation]:
    rows = [GOOD, OTHER]
    for value in (NAN, INF, -INF):
        yield at(f"weight={value}/elsewhere", rows, [0, 2], [0.5, value, 2.0])
        yield at(f"weight={value}/ignored", rows, [0, 1], [0.5, value, 2.0], ignoreIndex=1)
    yield at("weight=nan/elsewhere,smoothing", rows, [0, 2], [0.5, NAN, 2.0], labelSmoothing=0.1)
    yield at("weight=nan/at-target", rows, [0, 1], [0.5, NAN, 2.0])
    yield at("probabilities/nan", rows, [[NAN, 0.5, 0.5], MASS])
    yield at("probabilities/inf", rows, [[INF, 0.5, 0.5], MASS])
    yield at("probabilities/all-0", rows, [[0.0, 0.0, 0.0], MASS])
    yield at("probabilities/minus-0", rows, [[-0.0, -0.0, -0.0], MASS])
    yield at("probabilities/sum-0", rows, [[1.0, -2.0, 1.0], MASS])
    for smoothing in (-0.5, NAN, -INF):
        for kind, target in (("index", [0, 2]), ("probabilities", [MASS, MASS])):
            name = f"labelSmoothing={smoothing}/{kind}"
            yield at(name, rows, target, None, "invalid-smoothing", labelSmoothing=smoothing)
    yield at("ties", [[1.0, 1.0, 1.0], [2.0, 2.0, -1.0]], [1, 0])
    byte = torch.tensor([0, 2], dtype=torch.uint8)
    yield Situation("u8/smoothing", make.floats(rows), byte, None, {"labelSmoothing": 0.1})
    yield Situation("u8/weight", make.floats(rows), byte, make.floats([0.5, 1.5, 2.0]))
