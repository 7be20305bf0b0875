"""Tensors and cases as compact JSON text, and tensors and options read back. ../README.md documents the format."""

import json
import math
from typing import Any, Dict, List, Union

import numpy as np
import torch

DTYPE_NAMES = {
    torch.float32: "f32",
    torch.float64: "f64",
    torch.float16: "f16",
    torch.bfloat16: "bf16",
    torch.int64: "i64",
    torch.int32: "i32",
    torch.int16: "i16",
    torch.uint8: "u8",
    torch.bool: "bool",
}
NAMED_DTYPES = {name: dtype for dtype, name in DTYPE_NAMES.items()}
WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf, "-0": -0.0}


class Malformed(Exception):
    """What was written is no case: a mistake of the one who wrote it, on which PyTorch has no opinion."""


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


def tensor_of(written: Any) -> torch.Tensor:
    """The tensor that `tensor_text` wrote. f16 and bf16 are rounded by way of f32, as PyTorch converts them."""
    if not isinstance(written, dict) or written.keys() != {"dtype", "shape", "data"}:
        raise Malformed(f"a tensor has dtype, shape and data; got {written!r:.80}")
    dtype, shape, data = NAMED_DTYPES.get(written["dtype"]), written["shape"], written["data"]
    if dtype is None:
        raise Malformed(f"dtype must be one of {', '.join(NAMED_DTYPES)}; got {written['dtype']!r}")
    if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
        raise Malformed(f"shape must be a list of sizes; got {shape!r:.80}")
    if not isinstance(data, list) or len(data) != math.prod(shape):
        raise Malformed(f"data must be a list of {math.prod(shape)} values for shape {shape}; got {data!r:.80}")
    if dtype.is_floating_point:
        flat = torch.tensor([floating(value) for value in data], dtype=torch.float64).to(dtype)
    else:
        flat = torch.tensor([integer(value, dtype) for value in data], dtype=dtype)
    return flat.reshape(shape)


def floating(value: Any) -> float:
    if isinstance(value, str) and value in WORDS:
        return WORDS[value]
    if type(value) not in (int, float):
        raise Malformed(f"a float is a number or one of {', '.join(WORDS)}; got {value!r:.80}")
    return float(value)


def integer(value: Any, dtype: torch.dtype) -> int:
    low, high = (0, 1) if dtype == torch.bool else (torch.iinfo(dtype).min, torch.iinfo(dtype).max)
    if type(value) is not int or not low <= value <= high:
        raise Malformed(f"{DTYPE_NAMES[dtype]} holds integers in [{low}, {high}]; got {value!r:.80}")
    return value


def options_of(written: Any) -> Dict[str, Union[bool, int, float, str]]:
    """The options that `options_text` wrote."""
    if not isinstance(written, dict) or not all(isinstance(value, (int, float, str)) for value in written.values()):
        raise Malformed(f"options are numbers, words or booleans by name; got {written!r:.80}")
    return {name: WORDS.get(value, value) if isinstance(value, str) else value for name, value in written.items()}
