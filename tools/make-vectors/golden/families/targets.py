"""Targets of the kinds that the cross entropy families have in common."""

from typing import Any, Dict, Sequence, Tuple

import numpy as np
import torch

from .. import inputs as make

IGNORE_KINDS = ("none", "some", "class0", "far", "all")
PROBABILITY_KINDS = ("normalised", "one-hot", "unnormalised", "negative")


def index_target(
    rng: np.random.RandomState, shape: Sequence[int], count: int, ignore: str
) -> Tuple[torch.Tensor, Dict[str, Any]]:
    """Class indices for logits of `shape`, and the options that go with the kind of ignoring.

    none: nothing hits -100; some: every third row is -100; class0: ignoreIndex 0, in range;
    far: ignoreIndex 255, out of range, hit by every third row; all: every row is -100.
    """
    rows = shape[:1] if len(shape) == 2 else (shape[0], *shape[2:]) if len(shape) > 2 else ()
    target = make.classes(rng, rows, count)
    flat = target.view(-1)
    if ignore == "none":
        return target, {}
    if ignore == "all":
        return target.fill_(-100), {}
    if ignore == "class0":
        flat[::3] = 0
        flat[1:2] = count - 1  # one row is kept
        return target, {"ignoreIndex": 0}
    mark = -100 if ignore == "some" else 255
    flat[::3] = mark
    return target, {} if ignore == "some" else {"ignoreIndex": mark}


def class_dim(shape: Sequence[int]) -> int:
    return 0 if len(shape) == 1 else 1


def probability_target(rng: np.random.RandomState, shape: Sequence[int], kind: str) -> torch.Tensor:
    dim = class_dim(shape)
    if kind == "one-hot":
        labels, _ = index_target(rng, shape, shape[dim], "none")
        hot = torch.nn.functional.one_hot(labels, shape[dim]).to(torch.float64)
        return hot.movedim(-1, dim).contiguous()
    if kind == "normalised":
        return make.distribution(rng, shape, dim)
    low = -1.0 if kind == "negative" else 0.0
    return make.uniform(rng, shape, low, 2.0)


def options_of(reduction: str, smoothing: float = 0.0, **others: Any) -> Dict[str, Any]:
    """Options as recorded: the reduction always, the rest only where it is not the default."""
    return {"reduction": reduction, **({"labelSmoothing": smoothing} if smoothing else {}), **others}


def scalar_upstream(address: str, reduction: str) -> Dict[str, torch.Tensor]:
    """For a reduced loss, by its address: no upstream (1), a fraction or a negative one."""
    value = make.seeded(address + "#upstream").choice([None, 0.75, -2.5])
    return {} if value is None or reduction == "none" else {"upstream": make.floats(value)}
