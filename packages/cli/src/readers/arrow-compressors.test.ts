import { CompressionType, compressionRegistry } from "apache-arrow";
import { compressFrameSync } from "lz4-napi";
import { expect, it } from "vitest";
import { registerArrowCompressors } from "./arrow-compressors.ts";

const ORIGINAL = Buffer.from("abcabcabcabc");

it("unpacks the buffers of a record batch, each once", () => {
  registerArrowCompressors();
  const frame = compressFrameSync(ORIGINAL);
  const body = new Uint8Array(2 * frame.length);
  body.set(frame);
  body.set(frame, frame.length);
  const decode = (from: number) =>
    compressionRegistry.get(CompressionType.LZ4_FRAME)?.decode?.(body.subarray(from, from + frame.length));
  expect(decode(0)).toEqual(new Uint8Array(ORIGINAL));
  expect(decode(frame.length)).toEqual(new Uint8Array(ORIGINAL));
  expect(() => decode(0)).toThrow(`buffers of ${3 * frame.length} bytes in a record batch of ${body.length}`);
});
