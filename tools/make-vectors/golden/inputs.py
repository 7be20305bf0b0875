"""Seeded inputs. Each case seeds its own RandomState from its address, so that cases are independent of each other.

All float inputs are float64 tensors that hold float32 values: the same input serves the f32 and the f64 run.
"""

import itertools
import zlib
from typing import Any, Dict, Iterator, List, Sequence

import numpy as np
import torch

INF = float("inf")
NAN = float("nan")


def seeded(address: str) -> np.random.RandomState:
    return np.random.RandomState(zlib.crc32(address.encode()))


def floats(values: Any) -> torch.Tensor:
    """float64 storage, float32 values."""
    return torch.from_numpy(np.array(values, dtype=np.float32).astype(np.float64))


def integers(values: Any) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.int64)


def normal(rng: np.random.RandomState, shape: Sequence[int], scale: float = 2.0) -> torch.Tensor:
    """Three decimals keep the files small; as float32 they still use the whole mantissa."""
    return floats(np.round(rng.standard_normal(tuple(shape)) * scale, 3))


def uniform(rng: np.random.RandomState, shape: Sequence[int], low: float, high: float) -> torch.Tensor:
    return floats(np.round(rng.uniform(low, high, tuple(shape)), 3))


def classes(rng: np.random.RandomState, shape: Sequence[int], count: int) -> torch.Tensor:
    return torch.from_numpy(np.array(rng.randint(0, count, tuple(shape)), dtype=np.int64))


def upstream(address: str, shape: Sequence[int]) -> torch.Tensor:
    return normal(seeded(address + "#upstream"), shape, 1.0)


def distribution(rng: np.random.RandomState, shape: Sequence[int], dim: int) -> torch.Tensor:
    positive = rng.gamma(1.0, size=tuple(shape)) + 0.01
    return floats(positive / positive.sum(axis=dim, keepdims=True))


def class_weight(kind: str, count: int) -> Dict[str, torch.Tensor]:
    """The `weight` input of a kind, as a dict to merge into the inputs: empty for "none"."""
    index = np.arange(count)
    if kind == "none":
        return {}
    if kind == "ramp":
        return {"weight": floats(np.round(0.3 + 0.4 * index, 1))}
    ramp = 0.5 + 0.25 * index
    if kind == "zeros":
        return {"weight": floats(np.where(index % 3 == 1, 0.0, ramp))}
    if kind == "negative":
        return {"weight": floats(np.where(index % 3 == 1, -ramp, ramp))}
    raise ValueError(kind)


def cross(**axes: Sequence[Any]) -> List[Dict[str, Any]]:
    """Every combination of the axes' values."""
    return [dict(zip(axes, values)) for values in itertools.product(*axes.values())]


def sample(combinations: List[Dict[str, Any]], start: int, stride: int) -> Iterator[Dict[str, Any]]:
    """A thinned cross; a stride coprime to the axes' lengths varies all of them."""
    return itertools.islice(combinations, start % stride, None, stride)


def shape_text(shape: Sequence[int]) -> str:
    return "[" + ",".join(str(size) for size in shape) + "]"
