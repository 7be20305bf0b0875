import { type Backend, BackendError, type DeviceBuffer, DisposedError, type Plan } from "@surprisal/core";
import { GpuBuffer, gpuBuffer } from "./buffer.ts";
import { Checks } from "./checks.ts";
import { COPY_DST } from "./constants.ts";
import type { Found } from "./device.ts";
import { download, wordsDown, wordsUp } from "./download.ts";
import { lost } from "./failures.ts";
import { checksData, type Fault, together } from "./faults.ts";
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
import { answered } from "./nudge.ts";
import { tail } from "./plans/tail.ts";
import { dispatchesOf, refusalOf } from "./plans/plans.ts";
import { Pool } from "./pool.ts";
import { scoped } from "./scopes.ts";

const NOT_COMPUTED: Fault = {
  state: new BackendError("backend-refused", "this result was prepared, not computed: make the call again"),
  settled: undefined,
};

/** Kernels of a run whose parameters fit the buffer for them. */
const MOST_DISPATCHES = 64;

/** The backend on WebGPU: everything is queued, and only reading waits. */
export class GpuBackend implements Backend {
  readonly name = "gpu";
  readonly maxBufferBytes: number;
  /** Bytes that can be bound of a buffer at a time. */
  readonly #mostBound: number;
  readonly #device: GPUDevice;
  readonly #own: boolean;
  readonly #facts: Readonly<Record<string, unknown>>;
  readonly #pool: Pool;
  readonly #kernels = new Map<string, Compiled>();
  readonly #parameters: GPUBuffer;
  readonly #checks: Checks;
  readonly #lanes: number;
  readonly #software: boolean;
  /** While a call is prepared: kernels that are being compiled. */
  #ahead: Map<string, Promise<void>> | undefined;
  #disposed = false;
  #lost: BackendError | undefined;

  constructor({ device, own, facts }: Found) {
    this.#device = device;
    this.#own = own;
    this.#facts = facts;
    this.maxBufferBytes = device.limits.maxBufferSize;
    this.#mostBound = device.limits.maxStorageBufferBindingSize;
    this.#pool = new Pool(device, this.maxBufferBytes);
    this.#checks = new Checks(device);
    this.#software = facts["software"] === true;
    this.#lanes = this.#software ? 8 : 128;
    this.#parameters = device.createBuffer({
      size: MOST_DISPATCHES * PARAMETER_BYTES,
      usage: PARAMETER_USAGE | COPY_DST,
    });
    void this.#watch();
  }

  alloc(bytes: number): DeviceBuffer {
    this.#check();
    return this.#pool.take(bytes);
  }

  free(buffer: DeviceBuffer): void {
    if (!(buffer instanceof GpuBuffer)) return;
    const device = buffer.release();
    if (device !== undefined && !this.#disposed) this.#pool.give(device);
  }

  write(buffer: DeviceBuffer, bytes: ArrayBufferView): void {
    this.#check();
    const to = gpuBuffer(buffer);
    const { fault } = scoped(this.#device, undefined, () => this.#put(to, bytes));
    to.faults = together(to.faults, [fault]);
  }

  async read(buffer: DeviceBuffer, start: number, end: number): Promise<ArrayBuffer> {
    this.#check();
    try {
      return await answered(this.#device, this.#read(gpuBuffer(buffer), start, end));
    } catch (error) {
      if (this.#disposed) throw new DisposedError("disposed", "this gpu backend was disposed while a result was read");
      throw this.#lost ?? error;
    }
  }

  /** @throws the first of what went wrong on the way to the buffer's contents */
  async #read({ device, faults }: GpuBuffer, start: number, end: number): Promise<ArrayBuffer> {
    const look = faults.some(({ state }) => state === "open") ? this.#checks.look() : undefined;
    const parts = [{ source: device, start, end }, ...(look === undefined ? [] : [look.part])];
    const downloaded = download(this.#device, parts).then(([bytes, status]) => {
      if (status !== undefined) look?.settle(status);
      return bytes;
    });
    const [bytes] = await Promise.allSettled([downloaded]);
    for (const fault of faults) {
      await fault.settled;
      if (typeof fault.state === "object") throw fault.state;
    }
    if (bytes.status === "rejected") throw bytes.reason;
    return bytes.value ?? new ArrayBuffer(0);
  }

  refuses(plan: Plan): string | undefined {
    return refusalOf(plan, this.#mostBound);
  }

  run(plans: readonly Plan[]): void {
    this.#check();
    const scratch: GpuBuffer[] = [];
    try {
      const { result, fault } = scoped(this.#device, undefined, () => {
        const planned = this.#plan(plans, scratch);
        const dispatches = planned.flatMap((each) => each.dispatches);
        if (this.#ahead === undefined) this.#submit(dispatches);
        else for (const each of dispatches) this.#compileAhead(each, this.#ahead);
        return planned;
      });
      const not = this.#ahead === undefined ? [] : [NOT_COMPUTED];
      for (const { dispatches, checks } of result) handOn(dispatches, [...checks, fault, ...not]);
    } finally {
      for (const buffer of scratch) this.free(buffer);
    }
  }

  /** Compiles the kernels of the plans that `call` runs, and does not run them. */
  async prepare(call: () => unknown): Promise<void> {
    this.#check();
    const ahead = new Map<string, Promise<void>>();
    this.#ahead = ahead;
    try {
      call();
    } finally {
      this.#ahead = undefined;
    }
    await answered(this.#device, Promise.all(ahead.values()));
  }

  describe(): Readonly<Record<string, unknown>> {
    const { maxBufferBytes } = this;
    const maxBoundBytes = this.#mostBound;
    return {
      name: this.name,
      ...this.#facts,
      lanes: this.#lanes,
      maxBufferBytes,
      maxBoundBytes,
      ...this.#pool.describe(),
    };
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#pool.end();
    this.#parameters.destroy();
    this.#checks.end();
    if (this.#own) this.#device.destroy();
  }

  #check(): void {
    if (this.#disposed) throw new DisposedError("disposed", "this gpu backend was disposed and cannot be used");
    if (this.#lost !== undefined) throw this.#lost;
  }

  async #watch(): Promise<void> {
    const { reason, message } = await this.#device.lost;
    if (!this.#disposed) this.#lost = lost(`${reason}: ${message}`);
  }

  #put(buffer: GpuBuffer, bytes: ArrayBufferView): void {
    const whole = wordsDown(bytes.byteLength);
    if (whole > 0) this.#device.queue.writeBuffer(buffer.device, 0, bytes.buffer, bytes.byteOffset, whole);
    if (whole === bytes.byteLength) return;
    const rest = new Uint8Array(bytes.buffer, bytes.byteOffset + whole, bytes.byteLength - whole);
    this.#submit([tail(buffer, whole, rest)]);
  }

  /** The kernels of plans. Outputs of each are as bad as what was checked before in the same call. */
  #plan(plans: readonly Plan[], scratch: GpuBuffer[]): Planned[] {
    const take = (bytes: number): GpuBuffer => {
      const buffer = this.#pool.take(bytes);
      scratch.push(buffer);
      return buffer;
    };
    const words = (values: Uint32Array): GpuBuffer => {
      const buffer = take(values.byteLength);
      this.#put(buffer, values);
      return buffer;
    };
    let checks: readonly Fault[] = [];
    return plans.map((plan) => {
      const check = checksData(plan) && this.#ahead === undefined ? this.#checks.take(plan) : undefined;
      if (check !== undefined) checks = [...checks, check];
      const planner = {
        scratch: take,
        words,
        ...this.#checks.placeOf(check),
        group: this.#software ? 16 : 64,
        lanes: this.#lanes,
        software: this.#software,
        mostBytes: this.#mostBound,
      };
      return { dispatches: dispatchesOf(plan, planner), checks };
    });
  }

  /** Queues kernels, as many at a time as there is room for their parameters. */
  #submit(dispatches: readonly Dispatch[]): void {
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
    const made = compile(this.#device, textOf(kernel), kernel.given.bindings);
    this.#kernels.set(key, made);
    return made;
  }

  #compileAhead(kernel: Dispatch, ahead: Map<string, Promise<void>>): void {
    const key = keyOf(kernel);
    if (this.#kernels.has(key) || ahead.has(key)) return;
    const made = compileAhead(this.#device, textOf(kernel), kernel.given.bindings);
    ahead.set(
      key,
      made.then((compiled) => void this.#kernels.set(key, compiled)),
    );
  }
}

/** The kernels of a plan, and what has been checked before they run. */
interface Planned {
  readonly dispatches: readonly Dispatch[];
  readonly checks: readonly Fault[];
}

/** What a kernel sees of a buffer. */
function bound({ buffer, window }: Binding): GPUBufferBinding {
  const { device, byteLength } = gpuBuffer(buffer);
  if (window === undefined) return { buffer: device, size: Math.max(4, wordsUp(byteLength)) };
  return { buffer: device, offset: window.at, size: window.bytes };
}

/** What is wrong with inputs is wrong with outputs, and what goes wrong now. */
function handOn(dispatches: readonly Dispatch[], now: readonly Fault[]): void {
  const bindings = dispatches.flatMap(({ given }) => given.bindings).filter(({ name }) => name !== "status");
  const buffers = new Set(bindings.map(({ buffer }) => gpuBuffer(buffer)));
  const faults = together(
    [...buffers].flatMap((buffer) => buffer.faults),
    now,
  );
  for (const { buffer, access } of bindings) if (access !== "in") gpuBuffer(buffer).faults = faults;
}
