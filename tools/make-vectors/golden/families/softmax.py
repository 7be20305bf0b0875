"""softmax, logSoftmax and logSumExp over every dim of ranks 0 to 4, with gradients for a random upstream."""

from typing import Any, Dict, List

import torch

from .. import inputs as make
from ..runner import Family

SHAPES = ((), (1,), (5,), (3, 4), (4, 1), (2, 3, 4), (2, 1, 2, 2))
WIDE = (((2, 17), 1), ((1, 65), 1), ((9, 2), 0), ((33, 2), 0))
# The gradient of logSumExp is exp(x - lse): at such sizes the rounding of lse shows, so that it need not add up to 1.
ROUNDED = ("all-huge", "all-minus-huge", "1e4", "offset-1e6")
OPS = {"softmax": "softmax", "log-softmax": "logSoftmax", "log-sum-exp": "logSumExp"}


def dims(rank: int) -> List[int]:
    return [0, -1] if rank < 2 else [*range(rank), -2]


def fill(family: Family) -> None:
    for name, op in OPS.items():
        for shape in SHAPES:
            for dim in dims(len(shape)):
                add(family, name, op, shape, {"dim": dim})
                if op == "logSumExp" and dim == len(shape) // 2:
                    add(family, name, op, shape, {"dim": dim, "keepDim": True})
        for shape, dim in WIDE:
            add(family, name, op, shape, {"dim": dim})
        add_edges(family, name, op)
        add_errors(family, name, op)


def add(family: Family, name: str, op: str, shape: tuple, options: Dict[str, Any]) -> None:
    kept = "/keepDim" if options.get("keepDim") else ""
    address = f"{name}/{make.shape_text(shape)}/dim={options['dim']}{kept}"
    family.add(address, op, {"input": make.normal(make.seeded(address), shape)}, options)


def add_edges(family: Family, name: str, op: str) -> None:
    inf, nan = make.INF, make.NAN
    rows = {
        "all-minus-inf": [-inf, -inf, -inf],
        "one-minus-inf": [1.0, -inf, 0.5],
        "plus-inf": [1.0, inf, 0.5],
        "two-plus-inf": [inf, inf, 0.5],
        "both-infs": [inf, -inf, 0.5],
        "nan": [1.0, nan, 0.5],
        "huge": [3e38, -3e38, 0.0],
        "all-huge": [3e38, 3e38, 3e38],
        "all-minus-huge": [-3e38, -3e38, -3e38],
        "1e4": [1e4, -1e4, 9999.0],
        "offset-1e6": [1e6, 1000001.5, 999999.25],
        "underflow": [0.0, -88.0, -104.0],
        "denormal": [1e-40, -1e-40, 0.0],
        "zeros": [0.0, -0.0, 0.0],
    }
    for row, values in rows.items():
        both = make.floats([values, [0.25, -1.0, 2.0]])
        corner = "rounded-lse" if op == "logSumExp" and row in ROUNDED else None
        family.add(f"{name}/edge/{row}/last", op, {"input": both}, {"dim": 1}, corner=corner)
        family.add(f"{name}/edge/{row}/first", op, {"input": both.t().contiguous()}, {"dim": 0}, corner=corner)
    for shape, dim in (((2, 0), 1), ((2, 0), 0), ((0, 3), 1), ((0,), 0), ((2, 0, 3), 1), ((2, 0, 3), 2)):
        empty = {"input": torch.empty(shape, dtype=torch.float64)}
        family.add(f"{name}/edge/empty/{make.shape_text(shape)}/dim={dim}", op, empty, {"dim": dim})


def add_errors(family: Family, name: str, op: str) -> None:
    for shape, dim in (((2, 3), 2), ((2, 3), -3), ((3,), 1), ((), 1)):
        inputs = {"input": make.normal(make.seeded(name), shape).float()}
        family.add_error(f"{name}/error/{make.shape_text(shape)}/dim={dim}", op, inputs, {"dim": dim})
    if op != "logSumExp":  # which accepts integers
        family.add_error(f"{name}/error/integer", op, {"input": torch.tensor([1, 2, 3])}, {"dim": 0})
