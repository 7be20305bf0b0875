import type { Plan } from "@surprisal/core";
import { GpuBuffer } from "./buffer.ts";
import { COPY_DST, COPY_SRC, STORAGE } from "./constants.ts";
import { download } from "./download.ts";
import { lost } from "./failures.ts";
import type { Planner } from "./plans/planner.ts";
import { DataFault, NOTHING, SLOT_WORDS, SLOTS } from "./faults.ts";

const BYTES = SLOTS * SLOT_WORDS * 4;

/** Slots that are bound together: windows begin at multiples of 256 bytes. */
const BOUND = 16;

/** The slots in which kernels say what is wrong with their data. */
export class Checks {
  readonly status: GpuBuffer;
  readonly #device: GPUDevice;
  /** Of this time round, those whose slot nobody has looked at. */
  #open: DataFault[] = [];
  #next = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
    this.status = new GpuBuffer(BYTES, device.createBuffer({ size: BYTES, usage: STORAGE | COPY_SRC | COPY_DST }));
  }

  /** A slot for a plan that is queued next. Before the first one is used again, all are looked at. */
  take(plan: Plan): DataFault {
    if (this.#next === SLOTS) {
      const learned = this.learn();
      for (const fault of this.#open) fault.settled = learned;
      this.#open = [];
      this.#next = 0;
    }
    const check = new DataFault(this.#next++, plan);
    this.#open.push(check);
    const nothing = Uint32Array.of(NOTHING, 0, 0, 0);
    this.#device.queue.writeBuffer(this.status.device, check.slot * SLOT_WORDS * 4, nothing);
    return check;
  }

  /** What kernels are given of the slots, and which one of these is the check's. */
  placeOf(check: DataFault | undefined): Pick<Planner, "status" | "slot"> {
    const slot = check?.slot ?? 0;
    const first = slot - (slot % BOUND);
    const window = { at: first * SLOT_WORDS * 4, bytes: BOUND * SLOT_WORDS * 4 };
    return { status: { buffer: this.status, window }, slot: slot - first };
  }

  /** Looks at the slots as they are after everything that was queued. */
  async learn(): Promise<void> {
    const open = this.#open.filter(({ state }) => state === "open");
    this.#open = open;
    if (open.length === 0) return;
    try {
      const words = new Uint32Array(await download(this.#device, this.status.device, 0, BYTES));
      for (const fault of open) fault.settle(words);
    } catch (error) {
      for (const fault of open) fault.state = lost(String(error));
    }
  }

  /** Gives the memory back. */
  end(): void {
    this.status.device.destroy();
  }
}
