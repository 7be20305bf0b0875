import type { Plan } from "./plan.ts";

/** Memory of one backend; opaque to everybody else. */
export interface DeviceBuffer {
  readonly byteLength: number;
}

/** The parts of a plan that a backend runs one after the other, for people to read. */
export interface PlanParts {
  /** Rows and classes of a part. */
  readonly blockRows: number;
  readonly blockClasses: number;
  /** Matrix products over all parts, counted as one if it is of all rows and classes. */
  readonly products: number;
  /** Working memory beyond inputs and outputs. */
  readonly workingBytes: number;
}

/**
 * How the cpu backend computes one kind of plan. Whoever makes a plan brings it along, so that a bundle holds the kernels of
 * the functions that it calls, and of no others (docs/decisions/0028-plans-bring-their-cpu-kernel.md).
 */
export interface CpuKernel<P extends Plan = Plan> {
  /** Computes the outputs. Throws DataError before it writes any. */
  run(plan: P): void;
  /** As the backend's own. */
  refuses?(plan: P): string | undefined;
  /** As the backend's own. */
  explain?(plan: P): PlanParts | undefined;
}

/**
 * The backend contract. A backend moves bytes and runs plans; it knows no option, and nothing above it asks for its name.
 * Calls queue at once; only `read` waits.
 */
export interface Backend {
  /** For messages only. */
  readonly name: string;
  /** No buffer may be larger. */
  readonly maxBufferBytes: number;
  /** Working memory for a plan whose call does not say how much it may take; 64 MiB where a backend has no opinion. */
  readonly workingBytes?: number;
  /** Zeroed or not: every plan writes all of its outputs. Throws BackendError `memory`. */
  alloc(bytes: number): DeviceBuffer;
  /** Plans that were queued before still see the buffer. */
  free(buffer: DeviceBuffer): void;
  /** Copies `bytes` to the start of the buffer, before plans that are queued later. */
  write(buffer: DeviceBuffer, bytes: ArrayBufferView): void;
  /** A copy of bytes `start … end − 1`, after every queued plan that touches the buffer; rejects with their DataError. */
  read(buffer: DeviceBuffer, start: number, end: number): Promise<ArrayBuffer>;
  /** Why this plan cannot run here. Asked before its outputs exist. */
  refuses(plan: Plan): string | undefined;
  /** In what parts the plan would run here; undefined where it runs as a whole. Asked as `refuses` is. */
  explain?(plan: Plan): PlanParts | undefined;
  /** Queues the plans in order. A host backend has finished on return and throws DataError before it writes an output. */
  run(plans: readonly Plan[]): void;
  /** What was found and chosen, as plain data; with `software: true` where its device is a program on processors. */
  describe(): Readonly<Record<string, unknown>>;
  /** Frees everything; idempotent. */
  dispose(): void;
}

/** A backend whose memory JavaScript can see. */
export interface HostBackend extends Backend {
  /** The memory that holds the buffer; it starts at `byteOffset` and is valid until the next call. */
  view(buffer: DeviceBuffer): { readonly bytes: ArrayBufferLike; readonly byteOffset: number };
  /** Takes ordinary memory as a buffer without a copy, where the backend computes there. */
  wrap?(bytes: ArrayBufferLike): DeviceBuffer;
}

/**
 * Whether results can be looked at without waiting.
 *
 * @example
 * ```ts
 * import { cpu, isHostBackend } from "@surprisal/core";
 * console.log(isHostBackend(cpu())); // true
 * ```
 */
export function isHostBackend(backend: Backend): backend is HostBackend {
  return "view" in backend;
}
