import * as fc from "fast-check";
import { deserializeTCompactProtocol } from "hyparquet/src/thrift.js";
import { expect, it } from "vitest";
import { endOfStruct } from "./parquet-guard.ts";

/** As a varint. */
function number(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...number(Math.floor(value / 128))];
}

function list(type: number, items: readonly (readonly number[])[]): number[] {
  const head = items.length < 15 ? [(items.length << 4) | type] : [0xf0 | type, ...number(items.length)];
  return [...head, ...items.flat()];
}

/** Bytes of any value that Parquet's Thrift has, with its type. */
const { value: anyValue } = fc.letrec<{ value: [number, readonly number[]]; struct: readonly number[] }>((tie) => {
  const byte = fc.integer({ min: 0, max: 255 });
  const integer = fc.nat(2 ** 31).map(number);
  const binary = fc.array(byte, { maxLength: 20 }).map((bytes) => [...number(bytes.length), ...bytes]);
  const struct = fc.array(fc.tuple(fc.integer({ min: 1, max: 15 }), tie("value")), { maxLength: 4 });
  const structBytes = struct.map((fields) => [
    ...fields.flatMap(([delta, [type, bytes]]) => [(delta << 4) | type, ...bytes]),
    0,
  ]);
  return {
    struct: structBytes,
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom<[number, number[]]>([1, []], [2, []]),
      byte.map((one): [number, number[]] => [3, [one]]),
      fc.tuple(fc.constantFrom(4, 5, 6), integer),
      fc.array(byte, { minLength: 8, maxLength: 8 }).map((bytes): [number, number[]] => [7, bytes]),
      binary.map((bytes): [number, number[]] => [8, bytes]),
      fc.array(integer, { maxLength: 20 }).map((items): [number, number[]] => [9, list(5, items)]),
      fc.array(fc.constant([1]), { maxLength: 20 }).map((items): [number, number[]] => [9, list(1, items)]),
      fc.array(tie("struct"), { maxLength: 3 }).map((items): [number, number[]] => [9, list(12, items)]),
      tie("struct").map((bytes): [number, readonly number[]] => [12, bytes]),
    ),
  };
});

it("ends where hyparquet's reader ends", () => {
  fc.assert(
    fc.property(fc.array(anyValue, { maxLength: 5 }), ([...values]) => {
      const fields = values.flatMap(([type, bytes]) => [0x10 | type, ...bytes]);
      const bytes = Uint8Array.from([...fields, 0, 7, 7, 7]);
      const reader = { view: new DataView(bytes.buffer), offset: 0 };
      deserializeTCompactProtocol(reader);
      expect(endOfStruct(bytes)).toBe(reader.offset);
      for (let length = 0; length < reader.offset; length++) {
        expect(() => endOfStruct(bytes.subarray(0, length))).toThrow(RangeError);
      }
    }),
    { numRuns: 200 },
  );
});

it.each<[string, readonly number[], string]>([
  ["a list of two thousand million", [0x19, 0xf5, ...number(2 ** 31 - 1), 1, 2, 3, 0], "a list of 2147483647 does not"],
  ["a text of two thousand million", [0x18, ...number(2 ** 31 - 1), 65, 0], "a struct ends early, after 8 bytes"],
  [
    "a number that does not end",
    [0x15, ...Array.from({ length: 40 }, () => 0x80), 0],
    "a number of more than 10 bytes",
  ],
  ["structs in structs", Array.from({ length: 1000 }, () => 0x1c), "structs in each other, more than 64"],
  ["lists in lists", [0x19, ...Array.from({ length: 1000 }, () => 0x19)], "lists in each other, more than 64"],
  ["a map, which Parquet has none of", [0x1b, 0, 0], "a value of Thrift's type 11"],
])("refused: %s", (_, bytes, message) => {
  expect(() => endOfStruct(Uint8Array.from(bytes))).toThrow(message);
});
