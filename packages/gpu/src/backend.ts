import {
  type Backend,
  BackendError,
  type DeviceBuffer,
  DisposedError,
  type Plan,
  type SurprisalError,
} from "@surprisal/core";
import { GpuBuffer, gpuBuffer } from "./buffer.ts";
import { COPY_DST, MAP_READ, READ, STORAGE, COPY_SRC } from "./constants.ts";
import type { Found } from "./device.ts";
import { checksData, DataFault, DeviceFault, type Fault, NOTHING, SLOT_WORDS, SLOTS, together } from "./faults.ts";
import {
  type Compiled,
  compile,
  type Dispatch,
  gridOf,
  keyOf,
  PARAMETER_BYTES,
  PARAMETER_USAGE,
  parametersOf,
  textOf,
} from "./kernel.ts";
import { lost, noMemory } from "./failures.ts";
import { tail } from "./plans/tail.ts";
import { dispatchesOf, refusalOf } from "./plans/plans.ts";
import { Pool } from "./pool.ts";

const STATUS_BYTES = SLOTS * SLOT_WORDS * 4;
/** Kernels of a run whose parameters fit the buffer for them. */
const MOST_DISPATCHES = 64;

/** The backend on WebGPU: everything is queued, and only reading waits. */
export class GpuBackend implements Backend {
  readonly name = "gpu";
  readonly maxBufferBytes: number;
  readonly #device: GPUDevice;
  readonly #own: boolean;
  readonly #facts: Readonly<Record<string, unknown>>;
  readonly #pool: Pool;
  readonly #kernels = new Map<string, Compiled>();
  readonly #parameters: GPUBuffer;
  readonly #status: GpuBuffer;
  readonly #checks: (DataFault | undefined)[] = [];
  readonly #lanes: number;
  readonly #software: boolean;
  #nextSlot = 0;
  #disposed = false;
  #lost: BackendError | undefined;

  constructor({ device, own, facts }: Found) {
    this.#device = device;
    this.#own = own;
    this.#facts = facts;
    this.#pool = new Pool(device);
    this.maxBufferBytes = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
    this.#software = facts["software"] === true;
    this.#lanes = this.#software ? 32 : 128;
    this.#parameters = device.createBuffer({
      size: MOST_DISPATCHES * PARAMETER_BYTES,
      usage: PARAMETER_USAGE | COPY_DST,
    });
    this.#status = new GpuBuffer(
      STATUS_BYTES,
      device.createBuffer({ size: STATUS_BYTES, usage: STORAGE | COPY_SRC | COPY_DST }),
    );
    void this.#watch();
  }

  alloc(bytes: number): DeviceBuffer {
    this.#check();
    this.#device.pushErrorScope("out-of-memory");
    this.#device.pushErrorScope("validation");
    const buffer = new GpuBuffer(bytes, this.#pool.take(Math.max(bytes, 4)));
    const outcome = Promise.all([this.#device.popErrorScope(), this.#device.popErrorScope()]);
    buffer.faults = [
      new DeviceFault(
        outcome.then(
          ([invalid, memory]) => {
            const error = memory ?? invalid;
            return error === null ? undefined : noMemory(bytes, error.message);
          },
          (error: unknown) => this.#lost ?? lost(String(error)),
        ),
      ),
    ];
    return buffer;
  }

  free(buffer: DeviceBuffer): void {
    if (!(buffer instanceof GpuBuffer)) return;
    const device = buffer.release();
    if (device !== undefined && !this.#disposed) this.#pool.give(device);
  }

  write(buffer: DeviceBuffer, bytes: ArrayBufferView): void {
    this.#check();
    const { device } = gpuBuffer(buffer);
    const whole = bytes.byteLength & ~3;
    if (whole > 0) this.#device.queue.writeBuffer(device, 0, bytes.buffer, bytes.byteOffset, whole);
    if (whole === bytes.byteLength) return;
    this.#submit([
      tail(buffer, whole / 4, new Uint8Array(bytes.buffer, bytes.byteOffset + whole, bytes.byteLength - whole)),
    ]);
  }

  async read(buffer: DeviceBuffer, start: number, end: number): Promise<ArrayBuffer> {
    this.#check();
    const { device, faults } = gpuBuffer(buffer);
    const from = start & ~3;
    const bytes = ((end - from + 3) & ~3) + 0;
    const status = faults.some((fault) => fault.state === "open");
    const open = this.#checks.filter((fault) => fault?.state === "open");
    const staging = this.#device.createBuffer({
      size: Math.max(bytes, 4) + (status ? STATUS_BYTES : 0),
      usage: MAP_READ | COPY_DST,
    });
    try {
      const encoder = this.#device.createCommandEncoder();
      if (bytes > 0) encoder.copyBufferToBuffer(device, from, staging, 0, bytes);
      if (status) encoder.copyBufferToBuffer(this.#status.device, 0, staging, Math.max(bytes, 4), STATUS_BYTES);
      this.#device.queue.submit([encoder.finish()]);
      await staging.mapAsync(READ);
      const mapped = staging.getMappedRange();
      if (status) {
        const words = new Uint32Array(mapped, Math.max(bytes, 4), STATUS_BYTES / 4);
        for (const fault of open) fault?.settle(words);
      }
      const result = mapped.slice(start - from, end - from);
      await this.#settle(faults);
      return result;
    } catch (error) {
      if (this.#lost !== undefined) throw this.#lost;
      if (this.#disposed) throw new DisposedError("disposed", "this gpu backend was disposed while a result was read");
      throw error;
    } finally {
      staging.destroy();
    }
  }

  refuses(plan: Plan): string | undefined {
    return refusalOf(plan);
  }

  run(plans: readonly Plan[]): void {
    this.#check();
    let checks: readonly Fault[] = [];
    for (const plan of plans) checks = this.#runOne(plan, checks);
  }

  describe(): Readonly<Record<string, unknown>> {
    const { maxBufferBytes } = this;
    return { name: this.name, ...this.#facts, lanes: this.#lanes, maxBufferBytes, ...this.#pool.describe() };
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#pool.end();
    this.#parameters.destroy();
    this.#status.device.destroy();
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

  async #settle(faults: readonly Fault[]): Promise<void> {
    for (const fault of faults) {
      await fault.settled;
      if (typeof fault.state === "object") throw fault.state;
    }
  }

  /** Runs a plan, whose outputs are as bad as what was checked before in the same call; gives all of these checks. */
  #runOne(plan: Plan, before: readonly Fault[]): readonly Fault[] {
    const scratch: GpuBuffer[] = [];
    const take = (bytes: number): GpuBuffer => {
      const buffer = new GpuBuffer(bytes, this.#pool.take(Math.max(bytes, 4)));
      scratch.push(buffer);
      return buffer;
    };
    this.#device.pushErrorScope("out-of-memory");
    this.#device.pushErrorScope("validation");
    let check: DataFault | undefined;
    try {
      if (checksData(plan)) check = this.#newCheck(plan);
      const planner = {
        scratch: take,
        words: (words: Uint32Array): GpuBuffer => {
          const buffer = take(words.byteLength);
          if (words.byteLength > 0) this.write(buffer, words);
          return buffer;
        },
        status: this.#status,
        slot: check?.slot ?? 0,
        group: this.#software ? 16 : 64,
        lanes: this.#lanes,
        software: this.#software,
        mostBytes: this.maxBufferBytes,
      };
      const dispatches = dispatchesOf(plan, planner);
      this.#submit(dispatches);
      const checks = check === undefined ? before : [...before, check];
      this.#pass(dispatches, checks);
      return checks;
    } finally {
      for (const buffer of scratch) this.free(buffer);
    }
  }

  /** What is wrong with inputs is wrong with outputs, and what goes wrong now. */
  #pass(dispatches: readonly Dispatch[], checks: readonly Fault[]): void {
    const scopes = Promise.all([this.#device.popErrorScope(), this.#device.popErrorScope()]);
    const outcome = scopes.then(
      ([invalid, memory]): SurprisalError | undefined => {
        if (memory !== null) return noMemory(undefined, memory.message);
        return invalid === null
          ? undefined
          : new BackendError("backend-lost", `gpu: the device refuses a kernel: ${invalid.message}`);
      },
      (error: unknown) => this.#lost ?? lost(String(error)),
    );
    const bindings = dispatches.flatMap(({ given }) => given.bindings).filter(({ name }) => name !== "status");
    const faults = together(...bindings.map(({ buffer }) => gpuBuffer(buffer).faults), checks, [
      new DeviceFault(outcome),
    ]);
    for (const { buffer, access } of bindings) if (access !== "in") gpuBuffer(buffer).faults = faults;
  }

  #newCheck(plan: Plan): DataFault {
    const slot = this.#nextSlot;
    this.#nextSlot = (slot + 1) % SLOTS;
    const before = this.#checks[slot];
    if (before !== undefined && before.state === "open") return before; // shared from now on: nobody has looked for a thousand calls
    const check = new DataFault(slot, plan);
    this.#checks[slot] = check;
    this.#device.queue.writeBuffer(this.#status.device, slot * SLOT_WORDS * 4, Uint32Array.of(NOTHING, 0, 0, 0));
    return check;
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
          ...each.given.bindings.map(({ buffer }, k) => ({
            binding: k + 1,
            resource: { buffer: gpuBuffer(buffer).device },
          })),
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
}
