"""Tensors and cases as compact JSON text. The format is documented in ../README.md."""

import json
import math
from typing import Any, Dict, List

import numpy as np
import torch

DTYPE_NAMES = {
    torch.float32: "f32",
    torch.float64: "f64",
    torch.bfloat16: "bf16",
    torch.int64: "i64",
    torch.int32: "i32",
    torch.uint8: "u8",
    torch.bool: "bool",
}
NAMED_DTYPES = {name: dtype for dtype, name in DTYPE_NAMES.items()}


def number(value: float, kind: type) -> str:
    """The shortest decimal that reads back as `value` in `kind` (np.float32 or np.float64), as JSON."""
    if math.isnan(value):
        return '"NaN"'
    if math.isinf(value):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    if value == 0:
        return '"-0"' if math.copysign(1, value) < 0 else "0"
    scalar = kind(value)
    positional = np.format_float_positional(scalar, unique=True, trim="-")
    scientific = np.format_float_scientific(scalar, unique=True, trim="-", exp_digits=1).replace("e+", "e")
    text = min(positional, scientific, key=len)
    # A reader parses to a double first and rounds to f32 then; make sure that this lands on the same value.
    if kind(float(text)) != scalar or float(scalar) != value:
        raise AssertionError(f"{value!r} does not survive being written as {text}")
    return text


def numbers(tensor: torch.Tensor) -> str:
    flat = tensor.detach().reshape(-1)
    if not tensor.dtype.is_floating_point:
        return ",".join(str(int(value)) for value in flat.tolist())
    kind = np.float64 if tensor.dtype == torch.float64 else np.float32
    return ",".join(number(value, kind) for value in flat.to(torch.float64).tolist())


def tensor_text(tensor: torch.Tensor) -> str:
    shape = ",".join(str(size) for size in tensor.shape)
    return f'{{"dtype":"{DTYPE_NAMES[tensor.dtype]}","shape":[{shape}],"data":[{numbers(tensor)}]}}'


def plain(value: Any) -> str:
    """An option's value: numbers like tensor elements, everything else as JSON."""
    return number(value, np.float64) if isinstance(value, float) else json.dumps(value)


def object_text(members: Dict[str, str]) -> str:
    return "{" + ",".join(f"{json.dumps(key)}:{text}" for key, text in members.items()) + "}"


def tensors_text(tensors: Dict[str, torch.Tensor]) -> str:
    return object_text({name: tensor_text(tensor) for name, tensor in tensors.items()})


def options_text(options: Dict[str, Any]) -> str:
    return object_text({name: plain(value) for name, value in options.items()})


def file_text(family: str, lines: List[str]) -> str:
    """One case a line, so that a difference shows the case."""
    return f'{{"family":{json.dumps(family)},"cases":[\n' + ",\n".join(lines) + "\n]}\n"
