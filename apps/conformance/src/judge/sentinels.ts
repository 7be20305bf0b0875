import {
  type Backend,
  bytesOf,
  DataError,
  type DeviceBuffer,
  type HostBackend,
  isHostBackend,
  type Operand,
  type Plan,
} from "@surprisal/core";

// A backend behind glass: every buffer it is given starts out as NaN and stands between guard words, every byte it is not
// asked to write is checked, and what is never freed is counted.

/** Bytes before and behind each buffer; keeps the alignment that the backend gives. */
const GUARD_BYTES = 64;
/** NaN in every floating dtype, −1 in every signed one. */
const FILL = 0xff;
const GUARD = 0xa5;

/** A buffer of the wrapped backend. It gets memory when it is first used, because only then it is known what for. */
interface Guarded extends DeviceBuffer {
  inner: DeviceBuffer | undefined;
  /** Where the buffer's bytes start in `inner`. */
  offset: number;
  freed: boolean;
}

/** What a case left behind. */
export interface Traces {
  /** One line for each buffer with changed guard words. */
  readonly overwritten: readonly string[];
  /** Buffers that nobody freed. */
  readonly leaked: number;
}

/** A backend, watched. */
export interface Watched {
  readonly backend: Backend;
  /** A copy of a buffer's bytes. */
  readonly bytes: (buffer: DeviceBuffer) => Promise<Uint8Array>;
  /** Checks and frees everything that was allocated. */
  readonly finish: () => Promise<Traces>;
}

/** Wraps a backend for one case. */
export function watch(inner: Backend): Watched {
  const buffers: Guarded[] = [];

  function back(buffer: DeviceBuffer, front = GUARD_BYTES): { readonly inner: DeviceBuffer; readonly offset: number } {
    const guarded = buffer as Guarded;
    if (guarded.inner === undefined) {
      const bytes = new Uint8Array(front + guarded.byteLength + GUARD_BYTES).fill(FILL);
      bytes.fill(GUARD, 0, front).fill(GUARD, front + guarded.byteLength);
      guarded.inner = inner.alloc(bytes.byteLength);
      guarded.offset = front;
      inner.write(guarded.inner, bytes);
    }
    return { inner: guarded.inner, offset: guarded.offset };
  }

  async function read(buffer: DeviceBuffer, start: number, end: number): Promise<ArrayBuffer> {
    const { inner: memory, offset } = back(buffer);
    return inner.read(memory, offset + start, offset + end);
  }

  const backend: Backend = {
    name: inner.name,
    maxBufferBytes: inner.maxBufferBytes - 2 * GUARD_BYTES,
    alloc(byteLength) {
      const buffer: Guarded = { byteLength, inner: undefined, offset: 0, freed: false };
      buffers.push(buffer);
      return buffer;
    },
    free(buffer) {
      (buffer as Guarded).freed = true; // its memory is kept until the guard words have been checked
    },
    write(buffer, view) {
      const { inner: memory, offset } = back(buffer);
      const bytes = new Uint8Array(offset + view.byteLength).fill(GUARD, 0, offset);
      bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), offset);
      inner.write(memory, bytes);
    },
    read,
    refuses: (plan) => inner.refuses(plan),
    run(plans) {
      // A mass has a layout of the backend's own and is always at the start of its buffer: nothing guards it in front.
      for (const plan of plans) if (plan.kind === "target-mass") back(plan.mass.buffer, 0);
      inner.run(plans.map((plan) => moved(plan, back) as Plan));
    },
    describe: () => inner.describe(),
    dispose() {
      // the suite owns the backend
    },
  };

  return {
    backend: isHostBackend(inner) ? withView(backend, inner, back) : backend,
    bytes: async (buffer) => new Uint8Array(await read(buffer, 0, buffer.byteLength)),
    async finish() {
      const overwritten: string[] = [];
      for (const buffer of buffers) {
        if (buffer.inner === undefined) continue;
        overwritten.push(...(await damage(inner, buffer)));
        inner.free(buffer.inner);
      }
      return { overwritten, leaked: buffers.filter(({ freed }) => !freed).length };
    },
  };
}

function withView(
  backend: Backend,
  inner: HostBackend,
  back: (buffer: DeviceBuffer) => { readonly inner: DeviceBuffer; readonly offset: number },
): HostBackend {
  return {
    ...backend,
    view(buffer) {
      const { inner: memory, offset } = back(buffer);
      const { bytes, byteOffset } = inner.view(memory);
      return { bytes, byteOffset: byteOffset + offset };
    },
  };
}

/** A plan, or a part of one, with every buffer replaced by the memory behind it. */
function moved(
  part: unknown,
  back: (buffer: DeviceBuffer) => { readonly inner: DeviceBuffer; readonly offset: number },
): unknown {
  if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
  if (!("buffer" in part)) {
    return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, moved(value, back)]));
  }
  const { inner, offset } = back(part.buffer as DeviceBuffer);
  if (!("dtype" in part)) return { buffer: inner }; // a mass
  const { dtype, strides, offset: first } = part as Operand;
  return { dtype, strides, offset: first + offset / bytesOf(dtype), buffer: inner };
}

async function damage(inner: Backend, { inner: memory, offset, byteLength }: Guarded): Promise<string[]> {
  if (memory === undefined) return [];
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await inner.read(memory, 0, offset + byteLength + GUARD_BYTES));
  } catch (error) {
    if (error instanceof DataError) return []; // what a device made of bad data cannot be read, guards included
    return [`a buffer of ${byteLength} bytes cannot be read: ${String(error)}`];
  }
  const sides = [
    ["before", bytes.subarray(0, offset)],
    ["behind", bytes.subarray(offset + byteLength)],
  ] as const;
  return sides
    .filter(([, guard]) => guard.some((byte) => byte !== GUARD))
    .map(([side]) => `wrote ${side} a buffer of ${byteLength} bytes`);
}
