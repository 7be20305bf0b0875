import { readFileSync } from "node:fs";
import {
  type Backend,
  BackendError,
  binaryCrossEntropy,
  choose,
  cpu,
  crossEntropy,
  type ErrorCode,
  isSurprisalError,
  linearCrossEntropy,
  randn,
  softmax,
  tensor,
  zeros,
} from "@surprisal/core";
import { expect, test } from "vitest";

// docs/errors.md names every code, with the message that this call gives.

const logits = zeros([2, 3]);
const target = tensor([0, 1], [2], { dtype: "i64" });

const CAUSES: Readonly<Record<ErrorCode, () => unknown>> = {
  shape: () => tensor([1, 2, 3]).reshape(2, 2),
  rank: () => crossEntropy(tensor(1), target),
  dim: () => softmax(logits, { dim: 2 }),
  "target-shape": () => crossEntropy(logits, tensor([0, 1, 2], [3], { dtype: "i64" })),
  "weight-shape": () => crossEntropy(logits, target, { weight: zeros([2]) }),
  "data-length": () => tensor([1, 2, 3], [2, 2]),
  "not-viewable": () => logits.transpose(0, 1).view(),
  dtype: () => softmax(target),
  "target-dtype": () => crossEntropy(logits, zeros([2])),
  "weight-dtype": () => crossEntropy(logits, target, { weight: zeros([3], { dtype: "f64" }) }),
  argument: () => tensor([1, 2, 300], { dtype: "u8" }),
  "option-unknown": () => crossEntropy(logits, target, { labelSmothing: 0.1 } as object),
  "option-value": () => crossEntropy(logits, target, { labelSmoothing: 2 }),
  "target-range": () => crossEntropy(logits, tensor([0, 3], [2], { dtype: "i64" })),
  "value-range": () => binaryCrossEntropy(tensor([1.5]), tensor([1])),
  "empty-mean": () => crossEntropy(zeros([1, 3]), tensor([-100], [1], { dtype: "i64" }), { onEmpty: "throw" }),
  "backend-mismatch": () => crossEntropy(logits, tensor([0, 1], [2], { dtype: "i64", backend: small(16) })),
  "backend-refused": () => linearCrossEntropy(randn([2, 8]), randn([3, 8]), target, { maxBytes: 1000 }),
  "backend-unavailable": () => choose([gpu]),
  "backend-lost": () => softmax(zeros([2], { backend: lost() })),
  memory: () => tensor([1, 2, 3], { backend: small(8) }),
  disposed: () => {
    const x = zeros([2]);
    x.dispose();
    return softmax(x);
  },
};

/** A backend that can be had nowhere. */
function gpu(): never {
  throw new BackendError("backend-unavailable", "navigator.gpu is undefined");
}

/** A backend that has broken down. */
function lost(): Backend {
  const message = "wasm: a kernel has trapped on another thread; make a new backend, and its tensors anew";
  return {
    ...small(100),
    run() {
      throw new BackendError("backend-lost", message);
    },
  };
}

/** A backend with small buffers. */
function small(maxBufferBytes: number): Backend {
  const inner = cpu();
  return {
    name: "small",
    maxBufferBytes,
    alloc: (bytes) => inner.alloc(bytes),
    free: (buffer) => inner.free(buffer),
    write: (buffer, bytes) => inner.write(buffer, bytes),
    read: (buffer, start, end) => inner.read(buffer, start, end),
    refuses: () => undefined,
    run: (plans) => inner.run(plans),
    describe: () => ({}),
    dispose: () => undefined,
  };
}

/** The rows of the table: `| code | class | when | message |`. */
const rows = new Map(
  readFileSync("docs/errors.md", "utf8")
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")))
    .filter((cells) => cells.length === 6 && (cells[1] ?? "") in CAUSES)
    .map(([, code = "", name = "", , message = ""]) => [code, { name, message }]),
);

test("has one row for each code", () => {
  expect([...rows.keys()].toSorted()).toEqual(Object.keys(CAUSES).toSorted());
});

test.each(Object.entries(CAUSES))("%s", async (code, cause) => {
  const error: unknown = await Promise.resolve()
    .then(cause)
    .catch((thrown: unknown) => thrown);
  expect(error).toSatisfy(isSurprisalError);
  expect(error).toMatchObject({ code, ...rows.get(code) });
});
