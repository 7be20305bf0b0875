"""PyTorch as a contestant: `python3 pytorch.py THREADS` speaks ../protocol.ts on standard input and output.

Losses are those of torch.nn.functional, gradients those of autograd, on inputs that lie in PyTorch's memory.
"""

import gc
import json
import resource
import sys
import time

sys.path.pop(0)  # this folder: no file in it may be taken for a module of that name

try:
    import torch
    import torch.nn.functional as F

    MISSING = None
except ImportError as error:
    MISSING = f"PyTorch is not installed for {sys.executable} (Debian: python3-torch): {error}"

DTYPES = {"f32": "float32", "i32": "int32"}
# Floating point operations a second below which a matrix product has no BLAS worth the name behind it.
SLOW_FLOPS = 1e10
# A call that takes longer is not waited for.
LONGEST_CALL_S = 10


class Server:
    """One case at a time: its inputs, and what is called for each pass."""

    def __init__(self, threads):
        torch.set_num_threads(threads)
        torch.set_num_interop_threads(1)
        self.threads = threads
        self.inputs = {}
        self.kind = None
        self.baseline = None

    def describe(self, request):
        facts = {"version": torch.__version__, "threads": torch.get_num_threads(), "python": sys.version.split()[0]}
        return {"facts": facts}

    def prepare(self, request):
        case = request["benchCase"]
        refused = refusal(case)
        if refused is not None:
            return {"refused": refused}
        self.kind = case["kind"]
        self.inputs = {name: read(values) for name, values in request["inputs"].items()}
        for name in GRADIENTS[self.kind]:
            self.inputs[name].requires_grad_(True)
        self.baseline = None
        return {}

    def first(self, request):
        if self.baseline is None:
            gc.collect()
            self.baseline = resident()
        known = reset_peak()
        start = time.perf_counter()
        result = self.call(request["pass"])
        float(result.flatten()[0])
        ms = (time.perf_counter() - start) * 1000
        peak = peak_resident()
        bytes_out = sum(4 * output.numel() for output in self.outputs_of(result, request["pass"]).values())
        self.release()
        return {"ms": ms, "peakBytes": max(0, peak - self.baseline - bytes_out) if known else -1}

    def run(self, request):
        calls, name = request["calls"], request["pass"]
        result, used = None, None
        start = time.perf_counter()
        for _ in range(calls):
            result = None  # releases the last call's; its gradients are released by the next call
            result = self.call(name)
            used = result.item() if result.dim() == 0 else result.flatten()[0].item()
        ms = (time.perf_counter() - start) * 1000 / calls
        self.release()
        return {"ms": ms, "used": used}

    def outputs(self, request):
        result = self.call(request["pass"])
        written = {}
        for name, output in self.outputs_of(result, request["pass"]).items():
            file = f"{request['folder']}/{name}.f32"
            output.detach().contiguous().numpy().tofile(file)
            written[name] = {"length": output.numel(), "file": file}
        self.release()
        return {"outputs": written}

    def dispose(self, request):
        self.inputs = {}
        return {}

    def call(self, name):
        """One call of a pass: the loss or the output; gradients are in the inputs' `grad`."""
        self.release()
        forward = FORWARD[self.kind]
        if name == "forward":
            with torch.no_grad():
                return forward(self.inputs)
        result = forward(self.inputs)
        if self.kind == "softmax":
            result.backward(self.inputs["upstream"])
        else:
            result.backward()
        return result.detach()

    def outputs_of(self, result, name):
        outputs = {"output" if self.kind == "softmax" else "loss": result}
        if name == "gradient":
            for source in GRADIENTS[self.kind]:
                outputs["grad" + source.capitalize()] = self.inputs[source].grad
        return outputs

    def release(self):
        for name in GRADIENTS[self.kind]:
            self.inputs[name].grad = None


FORWARD = {
    "cross-entropy": lambda given: F.cross_entropy(given["logits"], given["target"]),
    "binary": lambda given: F.binary_cross_entropy_with_logits(given["logits"], given["target"]),
    "softmax": lambda given: F.softmax(given["input"], dim=-1),
    "linear": lambda given: F.cross_entropy(F.linear(given["hidden"], given["weight"]), given["target"]),
}
GRADIENTS = {"cross-entropy": ["logits"], "binary": ["logits"], "softmax": ["input"], "linear": ["hidden", "weight"]}


def read(values):
    with open(values["file"], "rb") as file:
        flat = torch.frombuffer(bytearray(file.read()), dtype=getattr(torch, DTYPES[values["dtype"]]))
    tensor = flat.reshape(values["shape"])
    return tensor.long() if values["dtype"] == "i32" else tensor


def refusal(case):
    if case["kind"] != "linear":
        return None
    flops = 6 * case["shape"][0] * case["shape"][1] * case["weightShape"][0]  # of a gradient pass
    speed = matrix_speed() if flops > SLOW_FLOPS else SLOW_FLOPS
    if speed >= SLOW_FLOPS or flops / speed < LONGEST_CALL_S:
        return None
    return (
        f"its matrix product gives {speed / 1e9:.1f} GFLOP/s: {flops / speed:.0f} s for both gradients"
        " (Debian's comes without a fast BLAS: libopenblas0-pthread)"
    )


def matrix_speed():
    """Floating point operations a second of a product as in the case, transposed like it."""
    rows, features, classes = 64, 512, 512
    hidden, weight = torch.ones(rows, features), torch.ones(classes, features)
    F.linear(hidden, weight)
    start = time.perf_counter()
    F.linear(hidden, weight)
    return 2 * rows * features * classes / (time.perf_counter() - start)


def resident():
    return status_bytes("VmRSS")


def peak_resident():
    if sys.platform == "linux":
        return status_bytes("VmHWM")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def reset_peak():
    """Begins a new high-water mark; whether the system can."""
    if sys.platform != "linux":
        return False
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    return True


def status_bytes(name):
    if sys.platform != "linux":
        return 0
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name + ":"))


def main():
    server = None if MISSING else Server(int(sys.argv[1]))
    for line in sys.stdin:
        try:
            if MISSING:
                raise RuntimeError(MISSING)
            request = json.loads(line)
            answer = {"ok": True, **getattr(server, request["do"])(request)}
        except Exception as error:
            answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
