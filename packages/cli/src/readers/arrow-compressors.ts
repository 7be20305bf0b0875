import { CompressionType, compressionRegistry } from "apache-arrow";
import { zstdDecompressSync } from "node:zlib";
import { unpackLz4Frames } from "./lz4-frame.ts";

/** Of one unpacked buffer. */
const UNPACKED_LIMIT = 2 ** 30;

/**
 * Teaches apache-arrow to unpack buffers: LZ4 here, zstd by Node since 22.15. Metadata may name the same bytes for one buffer after the
 * other; more of them than their record batch has are refused.
 */
export function registerArrowCompressors(): void {
  /** Packed bytes of each body so far. */
  const unpacked = new WeakMap<ArrayBufferLike, number>();
  register(CompressionType.LZ4_FRAME, (packed) => unpackLz4Frames(packed, UNPACKED_LIMIT));
  if (typeof zstdDecompressSync === "function")
    register(CompressionType.ZSTD, (packed) => zstdDecompressSync(packed, { maxOutputLength: UNPACKED_LIMIT }));

  function register(type: CompressionType, unpack: (packed: Uint8Array) => Uint8Array): void {
    compressionRegistry.set(type, {
      decode(packed) {
        const { buffer } = packed;
        const total = (unpacked.get(buffer) ?? 0) + packed.length;
        unpacked.set(buffer, total);
        if (total <= buffer.byteLength) return unpack(packed);
        throw new RangeError(`buffers of ${total} bytes in a record batch of ${buffer.byteLength}`);
      },
    });
  }
}
