"""Writes packages/core/src/format.fixtures.json: what PyTorch prints for varied tensors.

Run from anywhere, with a Python that has PyTorch (made with 1.13):

    python3 tools/make-vectors/format_fixtures.py

Each case is {dtype, shape, values, text}. The values are words in one string, since JSON has no infinities, NaN or
integers past 2^53; element i of the tensor is word i % (number of words). The dtype in a suffix is renamed before
PyTorch decides on its line breaks.
"""

import json
import math
import pathlib

import torch
import torch._tensor_str as tensor_str

DTYPES = {
    "f32": torch.float32, "f64": torch.float64, "f16": torch.float16, "bf16": torch.bfloat16,
    "i64": torch.int64, "i32": torch.int32, "i16": torch.int16, "u8": torch.uint8, "bool": torch.bool,
}  # fmt: skip
OUR_NAMES = {f"dtype={torch_dtype}": f"dtype={name}" for name, torch_dtype in DTYPES.items()}
ADD_SUFFIXES = tensor_str._add_suffixes
tensor_str._add_suffixes = lambda text, suffixes, indent, force_newline: ADD_SUFFIXES(
    text, [OUR_NAMES.get(suffix, suffix) for suffix in suffixes], indent, force_newline
)

INF, NAN = math.inf, math.nan
# a prime number of values, so that rows differ; multiples of 1/64 are short in JSON even when widened from f32
COUNT_UP = list(range(101))
WAVE = [round(math.sin(i) * 200) / 64 for i in range(37)]
WAVE_WIDE = [round(math.sin(i) * 10 ** (i % 6)) / 64 for i in range(37)]
# k / 32 is a tie at 4 decimals; so are 6 digits ending in 5 in scientific notation
TIES_FIXED = [k / 32 for k in (1, 3, 5, 7, -1, -3, 33, 35, 31999, 32001)]
TIES_SCIENTIFIC = [100005.0, 100015.0, -100025.0, 1000050.0, 999995.0, 1.0, 0.5]

CASES = [
    # scalars
    ("f32", [], [3]), ("f32", [], [-0.0]), ("f32", [], [0.1]), ("f32", [], [1e-5]), ("f32", [], [123456.789]),
    ("f32", [], [1e9]), ("f32", [], [INF]), ("f32", [], [NAN]), ("f64", [], [2.5]), ("i64", [], [-7]),
    ("bool", [], [True]), ("u8", [], [255]),
    # empty
    ("f32", [0], []), ("f32", [0, 3], []), ("f32", [2, 0, 4], []), ("i64", [0], []), ("bool", [0, 2], []),
    ("f64", [0, 1], []),
    # integers and booleans
    ("i64", [5], [1, -20, 300, 0, 7]), ("i64", [2], [2**63 - 1, -(2**63)]), ("i32", [2, 3], [1, -2, 30]),
    ("i16", [3], [-32768, 32767, 0]), ("u8", [2, 2], [0, 9, 10, 255]),
    ("i64", [40], COUNT_UP), ("i64", [3, 30], COUNT_UP),
    ("bool", [3], [True, False, True]), ("bool", [2, 2], [False]), ("bool", [20], [True, False, False]),
    # floats that are whole
    ("f32", [3], [1, 2, 3]), ("f32", [4], [0, -0.0, 0, 0]), ("f32", [2, 2], [-1, 0, 10, 1000]), ("f32", [2], [1, 1001]),
    ("f32", [2], [1e8, 1e6]), ("f32", [1], [2e8]), ("f64", [3], [1, INF, -INF]), ("f32", [2], [NAN, 1]),
    ("f32", [3], [NAN, INF, -INF]), ("f16", [2], [65504, 1024]), ("bf16", [3], [1, 2.5, 0.1]),
    # floats, fixed notation
    ("f32", [3], [0.1, -2.25, 33.3333]), ("f32", [2, 3], [0.5, NAN, -INF, 1, 100, 0]), ("f64", [10], TIES_FIXED),
    ("f32", [2], [1e-4, 0.05]), ("f64", [2], [1e-4, 0.05]), ("f16", [4], [0.1, 0.2, 0.3, 7.7]),
    ("f64", [2], [-0.00012, -0.0]),
    # floats, scientific notation
    ("f32", [3], [1e-5, 1, 0]), ("f32", [3], [0.5, 600, NAN]), ("f64", [4], [1e-300, 1e300, -INF, -0.0]),
    ("f64", [7], TIES_SCIENTIFIC), ("f32", [2], [1e-45, -3.4e38]), ("f64", [2, 3], [1.5e8, 2e8, -3e10, 4]),
    ("f64", [2], [9.99995, 99999.5]),
    # lines that wrap, and suffixes that do
    ("f32", [30], WAVE), ("f64", [2, 20], WAVE), ("f32", [2, 2, 12], WAVE_WIDE),
    ("f64", [8], WAVE), ("f64", [1, 8], WAVE),
    ("i32", [16], COUNT_UP), ("i32", [17], COUNT_UP), ("i32", [18], COUNT_UP),
    ("i32", [19], COUNT_UP), ("i32", [20], COUNT_UP),
    ("f64", [7], [10.5, 2]), ("i16", [2, 10], [-32768]),
    # a suffix that just fits, and two that just do not
    ("i32", [20], [7]), ("bf16", [15], [7]), ("u8", [2, 20], [7]),
    # higher dimensions
    ("f32", [2, 2, 2], WAVE), ("f32", [2, 1, 2, 3], WAVE), ("i64", [1, 1, 1, 1, 1], [5]),
    ("f16", [2, 2, 1, 2], [0.5, 1]),
    # summaries: the choice of notation reads the shown elements only
    ("i64", [1001], COUNT_UP), ("i64", [1000], COUNT_UP), ("f32", [1200], WAVE), ("f64", [5000], [0.5] * 50 + [1e9]),
    ("f32", [40, 40], WAVE), ("f32", [6, 200], WAVE), ("f32", [200, 6], WAVE), ("f32", [7, 1000], WAVE_WIDE),
    ("i64", [12, 11, 10], COUNT_UP), ("bool", [9, 1, 9, 20], [True, False, True]), ("f64", [2, 3, 4, 50], WAVE_WIDE),
]  # fmt: skip


def word(value):
    """The value as JavaScript writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).replace("inf", "Infinity").replace("nan", "NaN").removesuffix(".0")


def case(dtype, shape, values):
    cycled = [values[i % len(values)] for i in range(math.prod(shape))]
    tensor = torch.tensor(cycled, dtype=DTYPES[dtype]).reshape(shape)
    # the element as stored: an f32 is widened exactly
    stored = tensor.double() if tensor.is_floating_point() else tensor
    words = " ".join(word(value) for value in stored.flatten()[: len(values)].tolist())
    members = {"dtype": dtype, "shape": shape, "values": words, "text": repr(tensor)}
    lines = ",\n".join(f"    {json.dumps(key)}: {json.dumps(member)}" for key, member in members.items())
    return f"  {{\n{lines}\n  }}"


target = pathlib.Path(__file__).parents[2] / "packages/core/src/format.fixtures.json"
target.write_text("[\n" + ",\n".join(case(*arguments) for arguments in CASES) + "\n]\n")
print(f"{len(CASES)} cases, {target.stat().st_size} bytes")
