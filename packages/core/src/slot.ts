import type { Backend, DeviceBuffer } from "./backend.ts";
import type { DType } from "./dtype.ts";
import { BackendError, DataError } from "./errors.ts";
import type { Mass, Operand, Plan, PlanOnCpu } from "./plan.ts";
import type { Strides } from "./shape.ts";

/** Memory that is allocated once every plan of a call is accepted. */
export class Slot implements Mass {
  readonly bytes: number;
  #buffer: DeviceBuffer | undefined;

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  get buffer(): DeviceBuffer {
    if (this.#buffer === undefined) throw new BackendError("backend-refused", "an output has no memory before run()");
    return this.#buffer;
  }

  allocate(backend: Backend): void {
    this.#buffer = allocate(backend, this.bytes);
  }

  free(backend: Backend): void {
    if (this.#buffer !== undefined) backend.free(this.#buffer);
    this.#buffer = undefined;
  }
}

/** An operand in a slot: its buffer is there once the slot is allocated. */
export class SlotOperand implements Operand {
  readonly dtype: DType;
  readonly offset = 0;
  readonly strides: Strides;
  readonly #slot: Slot;

  constructor(slot: Slot, dtype: DType, strides: Strides) {
    this.#slot = slot;
    this.dtype = dtype;
    this.strides = strides;
  }

  get buffer(): DeviceBuffer {
    return this.#slot.buffer;
  }
}

/** The backend's `alloc`, with its limit checked. */
export function allocate(backend: Backend, bytes: number): DeviceBuffer {
  if (bytes > backend.maxBufferBytes) {
    const message = `backend "${backend.name}" holds at most ${backend.maxBufferBytes} bytes in a buffer; ${bytes} needed`;
    throw new BackendError("memory", message, { bytes, limit: backend.maxBufferBytes });
  }
  return backend.alloc(bytes);
}

/** @throws BackendError `backend-refused` for a plan that the backend does not take */
export function checkPlans(backend: Backend, name: string, plans: readonly Plan[]): void {
  for (const plan of plans) {
    const reason = backend.refuses(plan);
    if (reason === undefined) continue;
    const message = `${name}: backend "${backend.name}" refuses the plan "${plan.kind}": ${reason}`;
    throw new BackendError("backend-refused", message, { backend: backend.name, plan: plan.kind, reason });
  }
}

/**
 * Runs plans on a backend: asks whether it takes all of them, only then allocates, and leaves nothing allocated if
 * anything throws. Temporaries are freed as soon as the plans are queued.
 */
export function execute(
  backend: Backend,
  name: string,
  plans: readonly PlanOnCpu[],
  outputs: readonly Slot[],
  temporaries: readonly Slot[],
): void {
  checkPlans(backend, name, plans);
  try {
    for (const slot of temporaries) slot.allocate(backend);
    for (const slot of outputs) slot.allocate(backend);
    backend.run(plans);
  } catch (error) {
    for (const slot of outputs) slot.free(backend);
    if (error instanceof DataError) throw new DataError(error.code, `${name}: ${error.message}`, error.details);
    throw error;
  } finally {
    for (const slot of temporaries) slot.free(backend);
  }
}
