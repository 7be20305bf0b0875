import type { SeekableBytes } from "./bytes.ts";
import { FormatError } from "./format-error.ts";

/** A member of a zip archive, as the directory at its end has it. */
export interface ZipMember {
  readonly name: string;
  /** 0 stored, 8 deflate. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc32: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  /** Position of the header in front of its data. */
  readonly header: number;
}

// Signatures and sizes: APPNOTE.TXT 4.3.6 to 4.3.16.
const END = 0x06054b50;
const END_BYTES = 22;
const COMMENT_BYTES = 65_535;
const END64 = 0x06064b50;
const END64_BYTES = 56;
const LOCATOR64 = 0x07064b50;
const LOCATOR64_BYTES = 20;
const MEMBER = 0x02014b50;
const MEMBER_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const ZIP64_FIELD = 1;

/** A directory of an archive of arrays is far smaller. */
const DIRECTORY_LIMIT = 64 * 2 ** 20;

/**
 * Reads the directory of a zip archive, zip64 too. Names are compared only, and never become paths.
 * @throws FormatError
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function readZipDirectory(bytes: SeekableBytes): readonly ZipMember[] {
  const { offset, size, count } = directoryExtent(bytes);
  if (offset + size > bytes.size) {
    throw new FormatError(bytes.name, `the zip directory ends at byte ${offset + size}; the file has ${bytes.size}`);
  }
  if (size > DIRECTORY_LIMIT || count * MEMBER_BYTES > size) {
    throw new FormatError(bytes.name, `the zip directory of ${size} bytes cannot have ${count} members`);
  }
  const view = viewAt(bytes, offset, size);
  const members: ZipMember[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + MEMBER_BYTES > size || view.getUint32(at, true) !== MEMBER) {
      throw new FormatError(bytes.name, `member ${i} of ${count} required in the zip directory; it is not there`);
    }
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const next = at + MEMBER_BYTES + nameBytes + extraBytes + view.getUint16(at + 32, true);
    if (next > size) throw new FormatError(bytes.name, `member ${i} of the zip directory runs beyond its end`);
    members.push(readMember(view, at, { nameBytes, extraBytes, archive: bytes }));
    at = next;
  }
  return members;
}

/** Position of a member's data, which its own header has to agree with. @throws FormatError */
export function zipDataStart(bytes: SeekableBytes, { header, name, compressedBytes }: ZipMember): number {
  const view = header + LOCAL_BYTES > bytes.size ? undefined : viewAt(bytes, header, LOCAL_BYTES);
  if (view === undefined || view.getUint32(0, true) !== LOCAL) {
    throw new FormatError(bytes.name, `member ${JSON.stringify(name)} required at byte ${header}; it is not there`);
  }
  const start = header + LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  if (start + compressedBytes > bytes.size) {
    const message = `truncated: member ${JSON.stringify(name)} ends at byte ${start + compressedBytes}; the file has ${bytes.size}`;
    throw new FormatError(bytes.name, message);
  }
  return start;
}

interface Extent {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

/** From the record at the end of the archive, in front of a comment that may be there. */
function directoryExtent(bytes: SeekableBytes): Extent {
  const window = Math.min(bytes.size, END_BYTES + COMMENT_BYTES);
  const first = bytes.size - window;
  const view = viewAt(bytes, first, window);
  for (let at = window - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== END || at + END_BYTES + view.getUint16(at + 20, true) !== window) continue;
    const extent = {
      count: view.getUint16(at + 10, true),
      size: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
    };
    const long = extent.count === 0xffff || extent.size === 0xffffffff || extent.offset === 0xffffffff;
    return long ? directoryExtent64(bytes, first + at - LOCATOR64_BYTES) : extent;
  }
  throw new FormatError(bytes.name, "truncated: a zip archive ends with its directory; there is none");
}

function directoryExtent64(bytes: SeekableBytes, locator: number): Extent {
  const located = locator < 0 ? undefined : viewAt(bytes, locator, LOCATOR64_BYTES);
  const at = located?.getUint32(0, true) === LOCATOR64 ? Number(located.getBigUint64(8, true)) : Infinity;
  const view = at + END64_BYTES > bytes.size ? undefined : viewAt(bytes, at, END64_BYTES);
  if (view?.getUint32(0, true) !== END64) {
    throw new FormatError(bytes.name, "a zip64 record required before the end of the archive; it is not there");
  }
  return {
    count: Number(view.getBigUint64(32, true)),
    size: Number(view.getBigUint64(40, true)),
    offset: Number(view.getBigUint64(48, true)),
  };
}

function readMember(
  view: DataView,
  at: number,
  { nameBytes, extraBytes, archive }: { nameBytes: number; extraBytes: number; archive: SeekableBytes },
): ZipMember {
  const nameAt = at + MEMBER_BYTES;
  const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + nameAt, nameBytes));
  const sizes = [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)];
  const extra = new DataView(view.buffer, view.byteOffset + nameAt + nameBytes, extraBytes);
  const [bytes = 0, compressedBytes = 0, header = 0] = sizes.includes(0xffffffff) ? longSizes(sizes, extra) : sizes;
  if (![bytes, compressedBytes, header].every(Number.isSafeInteger)) {
    throw new FormatError(archive.name, `member ${JSON.stringify(name)} must have sizes below 2^53`);
  }
  return {
    name,
    method: view.getUint16(at + 10, true),
    encrypted: (view.getUint16(at + 8, true) & 1) === 1,
    crc32: view.getUint32(at + 16, true),
    compressedBytes,
    bytes,
    header,
  };
}

/** Zip64 puts those sizes that need it, in their order, into an extra field. */
function longSizes(sizes: readonly number[], extra: DataView): number[] {
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== ZIP64_FIELD) continue;
    let next = at + 4;
    const end = Math.min(next + extra.getUint16(at + 2, true), extra.byteLength);
    return sizes.map((size) => {
      if (size !== 0xffffffff) return size;
      next += 8;
      return next <= end ? Number(extra.getBigUint64(next - 8, true)) : NaN;
    });
  }
  return [...sizes];
}

function viewAt(bytes: SeekableBytes, position: number, length: number): DataView {
  const memory = new Uint8Array(length);
  bytes.readAt(position, memory);
  return new DataView(memory.buffer);
}
