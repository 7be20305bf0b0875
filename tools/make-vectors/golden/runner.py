"""Runs one case in PyTorch, forward and backward, in every dtype asked for, and keeps its line of JSON."""

from typing import Any, Dict, List, Optional, Sequence

import torch

from . import encoding, inputs as make
from .operations import operation_of

Tensors = Dict[str, torch.Tensor]
REFUSALS = (RuntimeError, ValueError, IndexError, TypeError, NotImplementedError)  # what PyTorch raises


class Family:
    """The cases of one vector file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: List[str] = []
        self.addresses: set = set()
        self.left_out: List[str] = []  # addresses of cases that are too large to keep

    def add(
        self,
        address: str,
        op: str,
        inputs: Tensors,
        options: Optional[Dict[str, Any]] = None,
        dtypes: Sequence[str] = ("f32", "f64"),
        corner: Optional[str] = None,
    ) -> None:
        """A case that PyTorch answers. Float inputs are cast to the dtype of each run."""
        options = options or {}
        inputs = _with_upstream(address, op, inputs, options)
        if tuple(dtypes) == ("bf16",):
            inputs = cast(inputs, torch.bfloat16)
        outputs = {}
        for dtype in dtypes:
            outputs[dtype] = run(op, cast(inputs, encoding.NAMED_DTYPES[dtype]), options)
        recorded = inputs if tuple(dtypes) == ("bf16",) else cast(inputs, torch.float32)
        self._keep(address, op, recorded, options, outputs_text(outputs), corner)

    def add_literal(self, address: str, op: str, inputs: Tensors, options: Optional[Dict[str, Any]] = None) -> None:
        """A case that PyTorch answers for inputs of just these, mixed, dtypes."""
        options = options or {}
        self.add_recorded(address, op, inputs, options, run(op, inputs, options))

    def add_error(self, address: str, op: str, inputs: Tensors, options: Optional[Dict[str, Any]] = None) -> None:
        """A case that PyTorch refuses; the inputs are taken in the dtypes given."""
        options = options or {}
        operation = operation_of(op, inputs, options)
        try:
            operation.forward(inputs, options)
        except REFUSALS as error:
            result = {"error": "true", "message": encoding.plain(first_line(error))}
            self._keep(address, op, inputs, options, result, None)
        else:
            raise AssertionError(f"{address}: PyTorch accepts this")

    def add_recorded(self, address: str, op: str, inputs: Tensors, options: Dict[str, Any], outputs: Tensors) -> None:
        """A case whose answer is given, for inputs of just these dtypes."""
        result = {"literal": "true", **outputs_text({result_dtype(outputs): outputs})}
        self._keep(address, op, inputs, options, result, None)

    def _keep(
        self,
        address: str,
        op: str,
        inputs: Tensors,
        options: Dict[str, Any],
        result: Dict[str, str],
        corner: Optional[str],
    ) -> None:
        if address in self.addresses:
            raise AssertionError(f"two cases are called {address}")
        self.addresses.add(address)
        members = {
            "name": encoding.plain(address),
            "op": encoding.plain(op),
            "inputs": encoding.tensors_text(inputs),
            "options": encoding.options_text(options),
        }
        if corner:
            members["corner"] = encoding.plain(corner)
        self.lines.append(encoding.object_text({**members, **result}))


def cast(inputs: Tensors, dtype: torch.dtype) -> Tensors:
    """Float inputs in the dtype of the run."""
    return {name: value.to(dtype) if value.is_floating_point() else value for name, value in inputs.items()}


def _with_upstream(address: str, op: str, inputs: Tensors, options: Dict[str, Any]) -> Tensors:
    """A result that is not a scalar needs an upstream gradient; invent one unless the case brings its own."""
    operation = operation_of(op, inputs, options)
    if "upstream" in inputs or not operation.gradients:
        return inputs
    result = operation.forward(cast(inputs, torch.float64), options)
    return inputs if result.dim() == 0 else {**inputs, "upstream": make.upstream(address, result.shape)}


def run(op: str, inputs: Tensors, options: Dict[str, Any]) -> Tensors:
    """Result and gradients. Raises one of REFUSALS where PyTorch refuses, anything else where the case is no case."""
    operation = operation_of(op, inputs, options)
    leaves = {
        name: value.detach().clone().requires_grad_(name in operation.gradients and value.is_floating_point())
        for name, value in inputs.items()
    }
    upstream = leaves.pop("upstream", None)
    result = operation.forward(leaves, options)
    if result.requires_grad:
        result.backward(torch.ones_like(result) if upstream is None else upstream.to(result.dtype))
    outputs = {operation.output: result.detach()}
    for name, output in operation.gradients.items():
        if name in leaves and leaves[name].grad is not None:
            outputs[output] = leaves[name].grad
    return outputs


def result_dtype(outputs: Tensors) -> str:
    """The dtype under which outputs of mixed dtypes stand: that of the first."""
    return encoding.DTYPE_NAMES[next(iter(outputs.values())).dtype]


def first_line(error: BaseException) -> str:
    return str(error).split("\n")[0]


def outputs_text(outputs: Dict[str, Tensors]) -> Dict[str, str]:
    """The member `outputs` of a line."""
    runs = {dtype: encoding.tensors_text(tensors) for dtype, tensors in outputs.items()}
    return {"outputs": encoding.object_text(runs)}
