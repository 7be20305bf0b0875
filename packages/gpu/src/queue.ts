import { gpuBuffer } from "./buffer.ts";
import { COPY_DST } from "./constants.ts";
import type { Found } from "./device.ts";
import { wordsUp } from "./download.ts";
import {
  type Binding,
  type Compiled,
  compile,
  compileAhead,
  type Dispatch,
  gridOf,
  keyOf,
  PARAMETER_BYTES,
  PARAMETER_USAGE,
  parametersOf,
  textOf,
} from "./kernel.ts";

/** Kernels of a submission whose parameters fit the buffer for them. */
const MOST_DISPATCHES = 64;

/** Kernels, compiled when they are first needed, and submitted in order. */
export class Queue {
  readonly #device: GPUDevice;
  readonly #kernels = new Map<string, Compiled>();
  readonly #subgroups: boolean;
  readonly #parameters: GPUBuffer;

  constructor({ device, subgroups }: Pick<Found, "device" | "subgroups">) {
    this.#device = device;
    this.#subgroups = subgroups;
    this.#parameters = device.createBuffer({
      size: MOST_DISPATCHES * PARAMETER_BYTES,
      usage: PARAMETER_USAGE | COPY_DST,
    });
  }

  /** Queues kernels, as many at a time as there is room for their parameters. */
  submit(dispatches: readonly Dispatch[]): void {
    const all = dispatches.filter(({ groups }) => groups > 0);
    for (let first = 0; first < all.length; first += MOST_DISPATCHES) {
      this.#submitSome(all.slice(first, first + MOST_DISPATCHES));
    }
  }

  #submitSome(some: readonly Dispatch[]): void {
    const parameters = new Uint8Array(some.length * PARAMETER_BYTES);
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    some.forEach((each, i) => {
      const { pipeline, layout } = this.#compiled(each);
      parameters.set(new Uint8Array(parametersOf(each).bytes), i * PARAMETER_BYTES);
      const group = this.#device.createBindGroup({
        layout,
        entries: [
          { binding: 0, resource: { buffer: this.#parameters, size: PARAMETER_BYTES } },
          ...each.given.bindings.map((binding, k) => ({ binding: k + 1, resource: bound(binding) })),
        ],
      });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group, [i * PARAMETER_BYTES]);
      pass.dispatchWorkgroups(...gridOf(each.groups));
    });
    pass.end();
    this.#device.queue.writeBuffer(this.#parameters, 0, parameters);
    this.#device.queue.submit([encoder.finish()]);
  }

  #compiled(kernel: Dispatch): Compiled {
    const key = keyOf(kernel);
    const known = this.#kernels.get(key);
    if (known !== undefined) return known;
    const made = compile(this.#device, textOf(kernel, this.#subgroups), kernel.given.bindings);
    this.#kernels.set(key, made);
    return made;
  }

  /** Compiles a kernel in the background, if nothing does already; `ahead` has what is being compiled. */
  compileAhead(kernel: Dispatch, ahead: Map<string, Promise<void>>): void {
    const key = keyOf(kernel);
    if (this.#kernels.has(key) || ahead.has(key)) return;
    const made = compileAhead(this.#device, textOf(kernel, this.#subgroups), kernel.given.bindings);
    ahead.set(
      key,
      made.then((compiled) => void this.#kernels.set(key, compiled)),
    );
  }

  /** Gives the memory back. */
  end(): void {
    this.#parameters.destroy();
  }
}

/** What a kernel sees of a buffer. */
function bound({ buffer, window }: Binding): GPUBufferBinding {
  const { device, byteLength } = gpuBuffer(buffer);
  if (window === undefined) return { buffer: device, size: Math.max(4, wordsUp(byteLength)) };
  return { buffer: device, offset: window.at, size: window.bytes };
}
