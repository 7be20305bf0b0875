"""oneHot: class axis last, class count given or inferred."""

import torch

from .. import inputs as make
from ..runner import Family


def fill(family: Family) -> None:
    for shape in ((), (1,), (4,), (2, 3), (2, 1, 2), (1, 2, 1, 3)):
        for classes in (None, 5, 9):
            address = f"one-hot/{make.shape_text(shape)}/classes={classes or 'inferred'}"
            indices = make.classes(make.seeded(address), shape, 5)
            options = {"classes": classes} if classes else {}
            family.add(address, "oneHot", {"indices": indices}, options, dtypes=("i64",))
    for name, shape, classes in (("[0]", (0,), 3), ("[2,0]", (2, 0), 4), ("[0,2]", (0, 2), 1)):
        indices = torch.empty(shape, dtype=torch.int64)
        family.add(f"one-hot/empty/{name}", "oneHot", {"indices": indices}, {"classes": classes}, dtypes=("i64",))
    zeros = {"indices": make.integers([0, 0, 0])}
    family.add("one-hot/one-class", "oneHot", zeros, {"classes": 1}, dtypes=("i64",))
    family.add("one-hot/one-class/inferred", "oneHot", zeros, dtypes=("i64",))
    add_errors(family)


def add_errors(family: Family) -> None:
    for rule, indices, options in (
        ("negative", [0, -1, 2], {"classes": 3}),
        ("negative/inferred", [0, -1, 2], {}),
        ("too-large", [0, 3], {"classes": 3}),
        ("far-too-large", [0, 2**32 + 1], {"classes": 3}),
        ("scalar-too-large", 7, {"classes": 7}),
        ("empty/inferred", [], {}),
        ("empty/classes=0", [], {"classes": 0}),
        ("classes=0", [0, 1], {"classes": 0}),
        ("classes=-2", [0, 1], {"classes": -2}),
    ):
        family.add_error(f"one-hot/error/{rule}", "oneHot", {"indices": make.integers(indices)}, options)
    family.add_error("one-hot/error/float", "oneHot", {"indices": torch.tensor([0.0, 1.0])}, {"classes": 3})
