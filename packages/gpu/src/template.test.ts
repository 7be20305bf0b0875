import { describe, expect, test } from "vitest";
import { SHADERS } from "./generated/shaders.ts";
import { expand } from "./template.ts";

const TEXT = ["a", "#if ONE", "b", "#if !TWO", "c", "#else", "d", "#endif", "#else", "e", "#endif", "f"].join("\n");

test.each([
  [[], "aef"],
  [["ONE"], "abcf"],
  [["ONE", "TWO"], "abdf"],
  [["TWO"], "aef"],
] as const)("with %j it is %s", (flags, lines) => {
  expect(expand(TEXT, new Set(flags)).replaceAll("\n", "")).toBe(lines);
});

test.each([
  ["#if ONE\na", "#if without #endif"],
  ["a\n#endif", "#endif without #if"],
  ["a\n#else\nb\n#endif", "#else without #if"],
  ["#if ONE\n#endif\n#endif\n#if ONE", "#endif without #if"],
])("%j is refused", (text, message) => {
  expect(() => expand(text, new Set())).toThrow(message);
});

describe("every shader", () => {
  test.each(Object.entries(SHADERS))("%s closes its conditions", (_, text) => {
    expect(expand(text, new Set())).not.toContain("#");
  });
});
