"""The node tests that ONNX ships, of the operators that this library has; ONNX's own reference functions answer them.

Inputs, options and outputs have the names of ONNX's schemas. Where a test has a twin called `…_expanded`, which is the
same node written out as a graph of others, only the node is taken.
"""

import importlib
import sys
from types import ModuleType
from typing import Any, Dict, Iterable

import numpy as np
import torch

from ..runner import Family

MODULES = {
    "SoftmaxCrossEntropyLoss": "softmaxcrossentropy",
    "NegativeLogLikelihoodLoss": "negativeloglikelihoodloss",
    "Softmax": "softmax",
    "LogSoftmax": "logsoftmax",
    "OneHot": "onehot",
}
# The six tests of 32,400 logits are 0.4 to 0.8 MB each as JSON, the other 64 together 0.25 MB.
LARGEST = 10_000  # elements of an input


def installed() -> ModuleType:
    try:
        import onnx
    except ImportError as error:
        sys.exit(f"make_vectors needs ONNX for the family onnx: apt-get install python3-onnx ({error})")
    return onnx


def fill(family: Family) -> None:
    onnx = installed()
    node_tests = importlib.import_module("onnx.backend.test.case.node")
    for op_type, module in MODULES.items():
        np.random.seed(0)  # a module makes its tests when it is imported, a few from numbers that it does not seed
        importlib.import_module(f"{node_tests.__name__}.{module}")
        schema = onnx.defs.get_schema(op_type)
        for test in node_tests._NodeTestCases:
            (node, *more) = test.model.graph.node
            if node.op_type != op_type or more or test.name.endswith("_expanded"):
                continue
            ((inputs, outputs),) = test.data_sets
            address = f"onnx/{test.name}"
            if max(np.size(value) for value in inputs) > LARGEST:
                family.left_out.append(address)
                continue
            family.add_recorded(
                address,
                f"onnx{op_type}",
                named(schema.inputs, node.input, inputs),
                {attribute.name: plain(onnx.helper.get_attribute_value(attribute)) for attribute in node.attribute},
                named(schema.outputs, node.output, outputs),
            )


def named(formal: Iterable[Any], actual: Iterable[str], values: Iterable[Any]) -> Dict[str, torch.Tensor]:
    """The values by the schema's names; an optional one that is left out is called "" in the node and has no value."""
    names = [parameter.name for parameter, name in zip(formal, actual) if name]
    return {name: torch.from_numpy(np.array(value)) for name, value in zip(names, values)}


def plain(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
