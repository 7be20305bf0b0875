"""live.py as its users see it, a process that answers each line, and the encoding under it. See README.md."""

import json
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any, Dict, List, Optional

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
VECTORS = HERE.parents[1] / "apps" / "conformance" / "vectors"
sys.path.insert(0, str(HERE))

import torch  # noqa: E402

from golden.encoding import NAMED_DTYPES, Malformed, options_of, tensor_of, tensor_text  # noqa: E402

FLOATS = ("f32", "f64", "f16", "bf16")


def written(dtype: str, shape: List[int], data: List[Any]) -> Dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data": data}


def cross_entropy(**changes: Any) -> Dict[str, Any]:
    """A case that is right, with members replaced."""
    case = {
        "op": "crossEntropy",
        "inputs": {"logits": written("f32", [2, 3], [1, 2, 3, 0.5, -1, 0]), "target": written("i64", [2], [0, 2])},
        "options": {"reduction": "mean"},
        "dtypes": ["f32"],
    }
    return {**case, **changes}


class Encoding(unittest.TestCase):
    def test_every_dtype_survives_both_ways(self) -> None:
        floats = [1, -2.5, 0, "-0", "NaN", "Infinity", "-Infinity", 0.0999755859375]
        edges = {
            "f32": [16777217, 1e-45, 3.4028235e38, 0.1],
            "f64": [9007199254740991, 5e-324, 1.7976931348623157e308, 0.1],
            "f16": [65504, 6e-8, -0.1],
            "bf16": [3.3895314e38, 1e-40, -0.1],
            "i64": [-(2**63), 2**63 - 1, 2**53 + 1],
            "i32": [-(2**31), 2**31 - 1],
            "i16": [-(2**15), 2**15 - 1],
            "u8": [0, 255],
            "bool": [0, 1],
        }
        self.assertEqual(edges.keys(), NAMED_DTYPES.keys())
        for dtype, data in edges.items():
            values = floats + data if dtype in FLOATS else data
            tensor = tensor_of(written(dtype, [len(values), 1], values))
            again = tensor_of(json.loads(tensor_text(tensor)))
            self.assertEqual((tensor.dtype, tensor.shape), (NAMED_DTYPES[dtype], (len(values), 1)))
            self.assertEqual(tensor_text(again), tensor_text(tensor))
            same = tensor.eq(again) | (tensor != tensor)
            self.assertTrue(same.all(), dtype)
            if dtype not in FLOATS:
                self.assertEqual([int(value) for value in tensor.flatten()], data)

    def test_words_are_the_values_they_name(self) -> None:
        for dtype in FLOATS:
            nan, up, down, zero = tensor_of(written(dtype, [4], ["NaN", "Infinity", "-Infinity", "-0"])).double()
            self.assertTrue(nan.isnan() and up == torch.inf and down == -torch.inf)
            self.assertTrue(zero == 0 and zero.signbit())
        options = options_of({"ignoreIndex": -1, "reduction": "sum", "softcap": "Infinity"})
        self.assertEqual(options, {"ignoreIndex": -1, "reduction": "sum", "softcap": torch.inf})

    def test_scalars_and_empty_tensors(self) -> None:
        self.assertEqual(tensor_of(written("f32", [], [2])).shape, ())
        self.assertEqual(tensor_of(written("i64", [2, 0], [])).shape, (2, 0))

    def test_what_is_no_tensor(self) -> None:
        for wrong in (
            written("f32", [2], [1]),
            written("f32", [-1], []),
            written("f8", [1], [1]),
            written("f32", [1], ["inf"]),
            written("f32", [1], [True]),
            written("f32", [1, 1], [[1]]),
            written("i64", [1], [1.5]),
            written("i64", [1], ["-0"]),
            written("u8", [1], [256]),
            written("i32", [1], [2**31]),
            written("bool", [1], [2]),
            {"dtype": "f32", "data": [1]},
            [1],
        ):
            with self.assertRaises(Malformed, msg=wrong):
                tensor_of(wrong)


class Live(unittest.TestCase):
    process: "subprocess.Popen[str]"

    @classmethod
    def setUpClass(cls) -> None:
        command = [sys.executable, str(HERE / "live.py")]
        cls.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.greeting = cls.process.stdout.readline()

    @classmethod
    def tearDownClass(cls) -> None:
        rest, _ = cls.process.communicate(timeout=60)
        assert (rest, cls.process.returncode) == ("", 0)

    def ask_text(self, line: str) -> str:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def ask(self, case: Any) -> Dict[str, Any]:
        return json.loads(self.ask_text(json.dumps(case)))

    def test_the_first_line_says_which_pytorch(self) -> None:
        self.assertEqual(json.loads(self.greeting), {"torch": torch.__version__})

    def test_each_dtype_has_its_outputs(self) -> None:
        outputs = self.ask(cross_entropy(dtypes=["f32", "f64", "bf16"]))["outputs"]
        self.assertEqual(list(outputs), ["f32", "f64", "bf16"])
        for dtype, run in outputs.items():
            self.assertEqual(list(run), ["loss", "gradLogits"])
            self.assertEqual([(out["dtype"], out["shape"]) for out in run.values()], [(dtype, []), (dtype, [2, 3])])

    def test_without_dtypes_inputs_are_taken_as_written(self) -> None:
        for dtypes in ({}, {"dtypes": []}):
            case = {"op": "softmax", "inputs": {"input": written("f64", [2], [0, 0])}, "options": {"dim": 0}, **dtypes}
            self.assertEqual(self.ask(case)["outputs"]["f64"]["output"], written("f64", [2], [0.5, 0.5]))

    def test_upstream_scales_the_gradient(self) -> None:
        case = cross_entropy(dtypes=["f64"])
        once = self.ask(case)["outputs"]["f64"]["gradLogits"]["data"]
        case["inputs"]["upstream"] = written("f32", [], [-2])
        scaled = self.ask(case)["outputs"]["f64"]["gradLogits"]["data"]
        self.assertEqual([-2 * value for value in once], scaled)

    def test_non_finite_values_and_negative_zero(self) -> None:
        words = ["NaN", "Infinity", "-Infinity", "-0"]
        inputs = {"input": written("f32", [4], words), "target": written("f32", [4], [1] * 4)}
        case = {"op": "klDivergence", "inputs": inputs, "options": {"reduction": "none"}, "dtypes": ["f32"]}
        loss = self.ask(case)["outputs"]["f32"]["loss"]
        self.assertEqual(loss["data"], ["NaN", "-Infinity", "Infinity", 0])
        inputs["upstream"] = written("f32", [4], [0, 0, 0, 0])
        self.assertEqual(self.ask(case)["outputs"]["f32"]["gradInput"]["data"], ["-0"] * 4)

    def test_an_error_is_pytorchs(self) -> None:
        case = cross_entropy()
        case["inputs"]["target"]["data"] = [0, 3]
        self.assertEqual(self.ask(case), {"error": "Target 3 is out of bounds.", "type": "IndexError", "dtype": "f32"})
        for dtype in ("i32", "i16"):
            case["inputs"]["target"] = written(dtype, [2], [0, 2])
            self.assertIn("expected scalar type Long", self.ask(case)["error"])
        case = cross_entropy(dtypes=["f16"])
        self.assertEqual(self.ask(case)["type"], "RuntimeError")
        self.assertEqual(self.ask(cross_entropy(options={"reduction": "average"}))["type"], "ValueError")

    def test_a_u8_target_is_pytorchs_own_also_where_the_answer_is_composed(self) -> None:
        inputs = {"logits": written("f32", [1, 200], [0] * 200), "target": written("u8", [1], [156])}  # -100 mod 256
        plain = self.ask(cross_entropy(inputs=inputs))
        composed = self.ask(cross_entropy(inputs=inputs, options={"reduction": "mean", "zLoss": 0}))
        self.assertEqual(plain["outputs"]["f32"]["loss"], composed["outputs"]["f32"]["loss"])

    def test_a_fault_is_ours(self) -> None:
        def with_input(**inputs: Any) -> Dict[str, Any]:
            return cross_entropy(inputs={**cross_entropy()["inputs"], **inputs})

        faults = {
            "": "JSONDecodeError",
            "{": "JSONDecodeError",
            "[]": "a case is an object",
            json.dumps(cross_entropy(op="crossEntropie")): "unknown operation 'crossEntropie'",
            json.dumps(cross_entropy(op=None)): "unknown operation None",
            json.dumps(cross_entropy(dtypes=["float"])): "dtypes must be",
            json.dumps(cross_entropy(dtypes=["i64"])): "cannot be converted",
            json.dumps(cross_entropy(dtype="f32")): "unknown member 'dtype'",
            json.dumps(cross_entropy(options={})): "option 'reduction' is missing",
            json.dumps(cross_entropy(options={"reduction": None})): "options are",
            json.dumps(cross_entropy(inputs={})): "input 'logits' is missing",
            json.dumps(with_input(weigth=written("f32", [3], [1, 1, 1]))): "unknown input 'weigth'",
            json.dumps(with_input(target=written("i64", [2], [0]))): "data must be",
            json.dumps(with_input(weight=written("f32", [3], [1, 1, float("nan")]))): "NaN must be written",
        }
        for option in ("normalizer", "onEmpty", "compat", "targetGrad"):
            case = cross_entropy(options={"reduction": "mean", option: 1})
            faults[json.dumps(case)] = f"unknown option '{option}'"
        composed = with_input(rowWeight=written("f32", [2], [1, 2]))
        faults[json.dumps({**composed, "options": {"reduction": "average"}})] = "KeyError"
        for line, fault in faults.items():
            answer = json.loads(self.ask_text(line))
            self.assertEqual(list(answer), ["fault"], line)
            self.assertIn(fault, answer["fault"])
        self.assertIn("outputs", self.ask(cross_entropy()))

    def test_replayed_vectors_have_the_same_bytes(self) -> None:
        answered, refused = 0, 0
        for path in sorted(VECTORS.glob("*.json")):
            if path.name in ("manifest.json", "onnx.json"):
                continue
            lines = [line.rstrip(",") for line in path.read_text().split("\n")[1:-2]]
            for line in lines:
                case = json.loads(line)
                literal = "literal" in case or "error" in case
                question = {name: case[name] for name in ("name", "op", "inputs", "options")}
                answer = self.ask_text(json.dumps({**question, "dtypes": [] if literal else list(case["outputs"])}))
                if "error" in case:
                    self.assertEqual(json.loads(answer).get("error"), case["message"], case["name"])
                    refused += 1
                else:
                    self.assertTrue(line.endswith("," + answer[1:]), f"{case['name']}: {answer}")
                    answered += 1
        self.assertGreater(answered, 2000)
        self.assertGreater(refused, 50)


if __name__ == "__main__":
    unittest.main()
