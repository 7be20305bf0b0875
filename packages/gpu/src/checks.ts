import type { Plan } from "@surprisal/core";
import { GpuBuffer } from "./buffer.ts";
import { COPY_DST, COPY_SRC, STORAGE } from "./constants.ts";
import { download, type Part } from "./download.ts";
import { lost } from "./failures.ts";
import type { Planner } from "./plans/planner.ts";
import { DataFault, NOTHING, SLOT_WORDS, SLOTS } from "./faults.ts";

const BYTES = SLOTS * SLOT_WORDS * 4;

/** A look at the slots: what to download, of which faults, and what to do with it. */
export interface Look {
  readonly part: Part;
  readonly open: readonly DataFault[];
  readonly settle: (bytes: ArrayBuffer) => void;
}

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
      const learned = this.#learn();
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

  /** What has to be downloaded in order to know what is not known; undefined if nothing is. */
  look(): Look | undefined {
    const open = this.#open.filter(({ state }) => state === "open");
    this.#open = open;
    if (open.length === 0) return undefined;
    return {
      part: { source: this.status.device, start: 0, end: this.#next * SLOT_WORDS * 4 },
      open,
      settle(bytes) {
        const words = new Uint32Array(bytes);
        for (const fault of open) fault.settle(words);
      },
    };
  }

  /** Looks at the slots as they are after everything that was queued. */
  async #learn(): Promise<void> {
    const look = this.look();
    if (look === undefined) return;
    try {
      const [bytes = new ArrayBuffer(0)] = await download(this.#device, [look.part]);
      look.settle(bytes);
    } catch (error) {
      for (const fault of look.open) fault.state = lost(String(error));
    }
  }

  /** Gives the memory back. */
  end(): void {
    this.status.device.destroy();
  }
}
