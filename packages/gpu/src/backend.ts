import {
  type Backend,
  BackendError,
  type DeviceBuffer,
  DisposedError,
  type Plan,
  type PlanParts,
} from "@surprisal/core";
import { GpuBuffer, gpuBuffer } from "./buffer.ts";
import { Checks } from "./checks.ts";
import type { Found } from "./device.ts";
import { download, wordsDown } from "./download.ts";
import { lost } from "./failures.ts";
import { checksData, type Fault, together } from "./faults.ts";
import type { Dispatch } from "./kernel.ts";
import { answered } from "./nudge.ts";
import { tail } from "./plans/tail.ts";
import { linearParts } from "./plans/linear.ts";
import { dispatchesOf, refusalOf } from "./plans/plans.ts";
import { Pool } from "./pool.ts";
import { Queue } from "./queue.ts";
import { scoped } from "./scopes.ts";

const NOT_COMPUTED: Fault = {
  state: new BackendError("backend-refused", "this result was prepared, not computed: make the call again"),
  settled: undefined,
};

/** Working memory of a linear layer is what the device binds at once, within these: some hundred rows of a vocabulary share a reading of its matrix. */
const LEAST_WORKING = 64 * 2 ** 20;
const MOST_WORKING = 256 * 2 ** 20;

/** The backend on WebGPU: everything is queued, and only reading waits. */
export class GpuBackend implements Backend {
  readonly name = "gpu";
  readonly maxBufferBytes: number;
  readonly workingBytes: number;
  /** Bytes that can be bound of a buffer at a time. */
  readonly #mostBound: number;
  readonly #device: GPUDevice;
  readonly #own: boolean;
  readonly #facts: Readonly<Record<string, unknown>>;
  readonly #pool: Pool;
  readonly #queue: Queue;
  readonly #checks: Checks;
  readonly #lanes: number;
  readonly #software: boolean;
  /** While a call is prepared: kernels that are being compiled. */
  #ahead: Map<string, Promise<void>> | undefined;
  #disposed = false;
  #lost: BackendError | undefined;

  constructor({ device, own, facts, subgroups }: Found) {
    this.#device = device;
    this.#own = own;
    this.#facts = facts;
    this.maxBufferBytes = device.limits.maxBufferSize;
    this.#mostBound = device.limits.maxStorageBufferBindingSize;
    this.workingBytes = Math.max(LEAST_WORKING, Math.min(MOST_WORKING, this.#mostBound));
    this.#pool = new Pool(device, this.maxBufferBytes);
    this.#checks = new Checks(device);
    this.#software = facts["software"] === true;
    this.#lanes = this.#software ? 8 : 128;
    this.#queue = new Queue({ device, subgroups });
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

  explain(plan: Plan): PlanParts | undefined {
    return plan.kind === "linear-cross-entropy" ? linearParts(plan, this.#mostBound) : undefined;
  }

  run(plans: readonly Plan[]): void {
    this.#check();
    const scratch: GpuBuffer[] = [];
    try {
      const ahead = this.#ahead;
      const { result, fault } = scoped(this.#device, undefined, () => {
        const planned = this.#plan(plans, scratch);
        const all = planned.flatMap(({ dispatches }) => dispatches);
        if (ahead === undefined) this.#queue.submit(all);
        else for (const each of all) this.#queue.compileAhead(each, ahead);
        return planned;
      });
      if (ahead === undefined) for (const { dispatches, checks } of result) handOn(dispatches, [...checks, fault]);
      else markPrepared(result.flatMap(({ dispatches }) => dispatches));
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
    this.#queue.end();
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
    this.#queue.submit([tail(buffer, whole, rest)]);
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
}

/** The kernels of a plan, and what has been checked before they run. */
interface Planned {
  readonly dispatches: readonly Dispatch[];
  readonly checks: readonly Fault[];
}

/** Results of kernels that do not run. What they would have read before they write it keeps what it has. */
function markPrepared(dispatches: readonly Dispatch[]): void {
  const seen = new Set<DeviceBuffer>();
  for (const { buffer, access } of dispatches.flatMap(({ given }) => given.bindings)) {
    if (access === "out" && !seen.has(buffer)) gpuBuffer(buffer).faults = [NOT_COMPUTED];
    seen.add(buffer);
  }
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
