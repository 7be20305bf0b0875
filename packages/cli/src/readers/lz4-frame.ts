import { sizeOfLz4Block, unpackLz4Block } from "./lz4.ts";
import { xxHash32 } from "./xxhash.ts";

const MAGIC = 0x184d2204;
/** The first of sixteen, of frames that hold something else. */
const SKIPPABLE_MAGIC = 0x184d2a50;
const VERSION = 1;
/** The highest bit of a block's size. */
const STORED = 2 ** 31;

/**
 * Unpacks frames of LZ4, one or several. They are gone through twice: how much they give is known before memory is taken for it. Checksums
 * are verified.
 *
 * @param limit of what they give, in bytes
 * @throws RangeError
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function unpackLz4Frames(packed: Uint8Array, limit: number): Uint8Array<ArrayBuffer> {
  const into = new Uint8Array(sizeOf(packed, limit));
  let start = 0; // of the frame
  let to = 0;
  for (const { frame, block, checksum } of partsOf(packed)) {
    if (block === undefined) {
      verify(into.subarray(start, to), checksum, "content");
      start = to;
    } else {
      verify(block.bytes, checksum, "a block");
      if (block.stored) into.set(block.bytes, to);
      to = block.stored
        ? to + block.bytes.length
        : unpackLz4Block(block.bytes, into, { first: frame.linked ? start : to, to });
    }
  }
  return into;
}

/** How many bytes the frames give. */
function sizeOf(packed: Uint8Array, limit: number): number {
  let total = 0;
  let start = 0;
  for (const { frame, block } of partsOf(packed)) {
    if (block === undefined) {
      if (frame.size !== undefined && frame.size !== total - start)
        throw new RangeError(`a frame of ${frame.size} bytes unpacks to ${total - start}`);
      start = total;
    } else {
      const size = block.stored ? block.bytes.length : sizeOfLz4Block(block.bytes);
      if (size > frame.blockLimit) throw new RangeError(`a block of ${frame.blockLimit} bytes unpacks to ${size}`);
      total += size;
      if (total > limit) throw new RangeError(`more than ${limit} bytes in LZ4`);
    }
  }
  return total;
}

function verify(bytes: Uint8Array, checksum: number | undefined, what: string): void {
  if (checksum === undefined || checksum === xxHash32(bytes)) return;
  throw new RangeError(`the checksum of ${what} in LZ4 does not match`);
}

/** What a frame says of itself, before its blocks. */
interface FrameHeader {
  /** Whether blocks may copy from those before. */
  readonly linked: boolean;
  /** Bytes that a block may give, and those that all give together. */
  readonly blockLimit: number;
  readonly size: number | undefined;
  readonly hasBlockChecksums: boolean;
  readonly hasChecksum: boolean;
}

/** A block of a frame, or without one its end. */
interface FramePart {
  readonly frame: FrameHeader;
  readonly block: { readonly bytes: Uint8Array; readonly stored: boolean } | undefined;
  readonly checksum: number | undefined;
}

function* partsOf(packed: Uint8Array): Generator<FramePart, void> {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  let at = 0;
  do {
    const magic = number();
    if (magic >= SKIPPABLE_MAGIC && magic < SKIPPABLE_MAGIC + 16) taken(number());
    else if (magic === MAGIC) yield* partsOfFrame();
    else throw new RangeError(`LZ4 begins with ${MAGIC.toString(16)}; got ${magic.toString(16)}`);
  } while (at < packed.length);

  function* partsOfFrame(): Generator<FramePart, void> {
    const frame = header();
    for (let size = number(); size > 0; size = number()) {
      const bytes = taken(size % STORED);
      const checksum = frame.hasBlockChecksums ? number() : undefined;
      yield { frame, block: { bytes, stored: size >= STORED }, checksum };
    }
    yield { frame, block: undefined, checksum: frame.hasChecksum ? number() : undefined };
  }

  function header(): FrameHeader {
    const from = at;
    const [flags = 0, sizes = 0] = taken(2);
    if (flags >>> 6 !== VERSION) throw new RangeError(`LZ4 of version ${flags >>> 6}`);
    if ((flags & 1) !== 0) throw new RangeError("LZ4 that needs a dictionary");
    const blockLimit = 2 ** (8 + 2 * ((sizes >>> 4) & 7)); // 64 KiB … 4 MiB
    const size = (flags & 8) === 0 ? undefined : number() + number() * 2 ** 32;
    const hash = (xxHash32(packed.subarray(from, at)) >>> 8) & 255;
    if (taken(1)[0] !== hash) throw new RangeError("the checksum of a header in LZ4 does not match");
    return {
      linked: (flags & 32) === 0,
      blockLimit,
      size,
      hasBlockChecksums: (flags & 16) !== 0,
      hasChecksum: (flags & 4) !== 0,
    };
  }

  function number(): number {
    taken(4);
    return view.getUint32(at - 4, true);
  }

  function taken(size: number): Uint8Array {
    at += size;
    if (at > packed.length) throw new RangeError(`LZ4 ends early, after ${packed.length} bytes`);
    return packed.subarray(at - size, at);
  }
}
