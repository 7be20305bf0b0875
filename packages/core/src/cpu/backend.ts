import type { CpuKernel, DeviceBuffer, HostBackend, PlanParts } from "../backend.ts";
import { BackendError } from "../errors.ts";
import type { Plan } from "../plan.ts";
import { CpuBuffer, memoryOf } from "./memory.ts";

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
    const kernel = kernelOf(plan);
    return kernel === undefined ? NO_KERNEL : kernel.refuses?.(plan);
  }

  explain(plan: Plan): PlanParts | undefined {
    return kernelOf(plan)?.explain?.(plan);
  }

  run(plans: readonly Plan[]): void {
    for (const plan of plans) {
      const kernel = kernelOf(plan);
      if (kernel === undefined) throw new BackendError("backend-refused", `cpu: ${NO_KERNEL}`, { plan: plan.kind });
      kernel.run(plan);
    }
  }

  describe(): Readonly<Record<string, unknown>> {
    return { name: this.name, threads: 1, arithmetic: "f64", memory: "host" };
  }

  /** Nothing to free: tensors are ordinary memory. The backend stays usable. */
  dispose(): void {}
}

const NO_KERNEL = "this plan has brought no kernel for cpu, as those of functions of @surprisal/core do";

/** What a plan has brought along. */
function kernelOf(plan: Plan): CpuKernel | undefined {
  return plan.onCpu;
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
