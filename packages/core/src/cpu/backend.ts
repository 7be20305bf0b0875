import type { DeviceBuffer, HostBackend, PlanParts } from "../backend.ts";
import { BackendError } from "../errors.ts";
import type { Plan } from "../plan.ts";
import { copy } from "./copy.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { linearCrossEntropy, linearParts, linearScratchBytes } from "./linear-cross-entropy.ts";
import { targetMass } from "./mass.ts";
import { CpuBuffer, memoryOf } from "./memory.ts";
import { oneHot } from "./one-hot.ts";
import { pointwise } from "./pointwise.ts";
import { softmax } from "./softmax.ts";

/** The backend in plain TypeScript: ordinary memory, one thread, arithmetic in f64. */
class CpuBackend implements HostBackend {
  readonly name = "cpu";
  readonly maxBufferBytes = 2 ** 33;

  alloc(bytes: number): DeviceBuffer {
    try {
      return new CpuBuffer(new ArrayBuffer(bytes));
    } catch (error) {
      throw new BackendError("memory", `cpu: ${bytes} bytes could not be allocated`, { bytes, cause: error });
    }
  }

  free(buffer: DeviceBuffer): void {
    memoryOf(buffer).free();
  }

  write(buffer: DeviceBuffer, bytes: ArrayBufferView): void {
    new Uint8Array(memoryOf(buffer).bytes).set(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  read(buffer: DeviceBuffer, start: number, end: number): Promise<ArrayBuffer> {
    const copied = new Uint8Array(end - start);
    copied.set(new Uint8Array(memoryOf(buffer).bytes, start, end - start));
    return Promise.resolve(copied.buffer);
  }

  view(buffer: DeviceBuffer): { bytes: ArrayBufferLike; byteOffset: number } {
    return { bytes: memoryOf(buffer).bytes, byteOffset: 0 };
  }

  wrap(bytes: ArrayBufferLike): DeviceBuffer {
    return new CpuBuffer(bytes);
  }

  refuses(plan: Plan): string | undefined {
    if (plan.kind !== "linear-cross-entropy") return undefined;
    const needed = linearScratchBytes(plan);
    return needed > plan.maxBytes ? `maxBytes is ${plan.maxBytes}; at least ${needed} are needed` : undefined;
  }

  explain(plan: Plan): PlanParts | undefined {
    return plan.kind === "linear-cross-entropy" ? linearParts(plan) : undefined;
  }

  run(plans: readonly Plan[]): void {
    for (const plan of plans) runPlan(plan);
  }

  describe(): Readonly<Record<string, unknown>> {
    return { name: this.name, threads: 1, arithmetic: "f64", memory: "host" };
  }

  /** Nothing to free: tensors are ordinary memory. The backend stays usable. */
  dispose(): void {}
}

function runPlan(plan: Plan): void {
  switch (plan.kind) {
    case "copy":
      return copy(plan);
    case "one-hot":
      return oneHot(plan);
    case "target-mass":
      return targetMass(plan);
    case "softmax":
      return softmax(plan);
    case "cross-entropy":
      return crossEntropy(plan);
    case "linear-cross-entropy":
      return linearCrossEntropy(plan);
    case "pointwise":
      return pointwise(plan);
    default:
      plan satisfies never;
  }
}

let shared: HostBackend | undefined;

/**
 * The backend in plain TypeScript, which every runtime has. There is one of it, so tensors made anywhere without naming
 * a backend go together; it takes typed arrays as they are, without a copy.
 *
 * @example
 * ```ts
 * import { cpu, tensor } from "@surprisal/core";
 * const x = tensor(new Float32Array(6), [3, 2], { backend: cpu() });
 * ```
 */
export function cpu(): HostBackend {
  return (shared ??= new CpuBackend());
}
