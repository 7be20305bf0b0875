#!/usr/bin/python3
"""Real PyTorch as a process: a case as JSON on each line of stdin, its answer on each line of stdout. See README.md."""

import sys

sys.dont_write_bytecode = True

import json  # noqa: E402
from typing import Any, Dict, NamedTuple, Optional, Tuple  # noqa: E402

from golden import pinned  # noqa: E402  before torch

import torch  # noqa: E402

from golden.encoding import NAMED_DTYPES, Malformed, object_text, options_of, tensor_of  # noqa: E402
from golden.operations import operation_of  # noqa: E402
from golden.runner import REFUSALS, cast, first_line, outputs_text, result_dtype, run  # noqa: E402

MEMBERS = {"op", "inputs", "options", "dtypes", "name"}


class Case(NamedTuple):
    op: str
    inputs: Dict[str, torch.Tensor]
    options: Dict[str, Any]
    dtypes: Tuple[str, ...]  # none: the inputs are taken as written


def case_of(line: bytes) -> Case:
    written = json.loads(line, parse_constant=refuse_constant)
    if not isinstance(written, dict) or not isinstance(written.get("inputs"), dict):
        raise Malformed('a case is an object with "op" and "inputs"')
    for member in written.keys() - MEMBERS:
        raise Malformed(f"unknown member {member!r:.80}; known: {', '.join(sorted(MEMBERS))}")
    op, dtypes = written.get("op"), written.get("dtypes", [])
    inputs = {name: tensor_of(value) for name, value in written["inputs"].items()}
    options = options_of(written.get("options", {}))
    if not isinstance(dtypes, list) or not all(isinstance(name, str) and name in NAMED_DTYPES for name in dtypes):
        raise Malformed(f"dtypes must be a list of {', '.join(NAMED_DTYPES)}; got {dtypes!r:.80}")
    floats = any(value.is_floating_point() for value in inputs.values())
    for name in dtypes:
        if floats and not NAMED_DTYPES[name].is_floating_point:
            raise Malformed(f"float inputs cannot be converted to {name}")
    operation_of(op, inputs, options)
    return Case(op, inputs, options, tuple(dtypes))


def refuse_constant(word: str) -> None:
    raise Malformed(f"{word} must be written as the string")


def answer(line: bytes) -> str:
    """One line of JSON: `outputs`, or PyTorch's `error`, or `fault` where the question itself is wrong."""
    try:
        case = case_of(line)
        outputs = {}
        for dtype in case.dtypes or (None,):
            inputs = case.inputs if dtype is None else cast(case.inputs, NAMED_DTYPES[dtype])
            try:
                result = run(case.op, inputs, case.options)
            except REFUSALS as error:
                return refusal(error, dtype)
            outputs[dtype or result_dtype(result)] = result
        return object_text(outputs_text(outputs))
    except Exception as error:  # whatever it is, the next line must still be answered
        return json.dumps({"fault": f"{type(error).__name__}: {first_line(error)}"})


def refusal(error: BaseException, dtype: Optional[str]) -> str:
    members = {"error": first_line(error), "type": type(error).__name__}
    return json.dumps(members if dtype is None else {**members, "dtype": dtype})


def main() -> None:
    pinned.settle()
    print(json.dumps({"torch": torch.__version__}), flush=True)
    for line in sys.stdin.buffer:
        print(answer(line), flush=True)


if __name__ == "__main__":
    main()
