import { createInflateRaw, crc32 } from "node:zlib";
import { pipeline, Readable } from "node:stream";
import type { ArrayReader } from "./array-reader.ts";
import { type Bytes, bytesOfChunks, chunksOf, sectionOf, type SeekableBytes } from "./bytes.ts";
import { FormatError } from "./format-error.ts";
import { memberNamed, type Wanted } from "./members.ts";
import { openNpy } from "./npy.ts";
import { readZipDirectory, zipDataStart, type ZipMember } from "./zip-directory.ts";

const STORED = 0;
const DEFLATE = 8;
/** Deflate cannot do better: a run of 258 bytes in 2 bits. What claims more is no archive but a bomb. */
const LARGEST_RATIO = 1032;
const CHUNK_BYTES = 256 * 2 ** 10;
const EXTENSION = ".npy";

/**
 * Opens one array of an archive of `numpy.savez` or `savez_compressed`. Its checksum is compared at its end.
 * @throws FormatError
 */
export async function openNpz(bytes: SeekableBytes, wanted: Wanted): Promise<ArrayReader> {
  const members = readZipDirectory(bytes);
  if (members.some(({ name }) => name.endsWith("/data.pkl"))) {
    const advice = "save the tensors with safetensors.torch.save_file or numpy.save instead";
    throw new FormatError(bytes.name, `a file of torch.save holds pickled objects, which are never loaded: ${advice}`);
  }
  const arrays = members.filter(({ name }) => name.endsWith(EXTENSION));
  const named = arrays.map((member) => ({ ...member, name: member.name.slice(0, -EXTENSION.length) }));
  const { name, ...member } = memberNamed(named, wanted, { file: bytes.name, kind: "array" });
  return openNpy(openMember(bytes, { ...member, name: `${name}${EXTENSION}` }));
}

/** A member's own bytes, unpacked, of exactly the size and checksum that the directory says. */
function openMember(bytes: SeekableBytes, member: ZipMember): Bytes {
  const name = `${bytes.name}, member ${member.name}`;
  const start = zipDataStart(bytes, member);
  const packed = sectionOf(bytes, start, member.compressedBytes, name);
  const chunks = checked(unpack(packed, member), member, name);
  return { ...bytesOfChunks(chunks, name, () => bytes.close()), size: member.bytes };
}

function unpack(
  packed: SeekableBytes,
  { method, encrypted, bytes, compressedBytes }: ZipMember,
): AsyncIterable<Uint8Array> {
  const { name } = packed;
  if (encrypted) throw new FormatError(name, "a member without a password required; this one is encrypted");
  if (method === STORED && bytes !== compressedBytes) {
    throw new FormatError(name, `a stored member has one size; the directory says ${compressedBytes} and ${bytes}`);
  }
  if (method === STORED) return chunksOf(packed, CHUNK_BYTES);
  if (method !== DEFLATE) throw new FormatError(name, `zip method 0 (stored) or 8 (deflate) required; got ${method}`);
  if (bytes > LARGEST_RATIO * compressedBytes + 64) {
    const message = `${compressedBytes} bytes of deflate cannot unpack to ${bytes}, as the directory says`;
    throw new FormatError(name, message);
  }
  const inflate = createInflateRaw({ chunkSize: CHUNK_BYTES });
  pipeline(Readable.from(chunksOf(packed, CHUNK_BYTES)), inflate, () => {}); // an error comes to who reads, too
  return inflate as AsyncIterable<Uint8Array>;
}

/** The chunks, stopped as soon as there are more bytes than there should be. */
async function* checked(
  chunks: AsyncIterable<Uint8Array>,
  { bytes, crc32: expected }: ZipMember,
  name: string,
): AsyncGenerator<Uint8Array> {
  let came = 0;
  let checksum = 0;
  try {
    for await (const chunk of chunks) {
      came += chunk.length;
      if (came > bytes) throw new FormatError(name, `longer than the ${bytes} bytes that the directory says`);
      checksum = crc32(chunk, checksum);
      if (came < bytes || checksum === expected) yield chunk; // the last one only if all are right
    }
  } catch (error) {
    throw error instanceof FormatError
      ? error
      : new FormatError(name, `corrupt: ${String(error)}`, undefined, { cause: error });
  }
  if (came < bytes) throw new FormatError(name, `truncated: ${bytes} bytes required; it unpacks to ${came}`);
  if (checksum !== expected) throw new FormatError(name, `corrupt: its checksum is ${checksum}; ${expected} required`);
}
