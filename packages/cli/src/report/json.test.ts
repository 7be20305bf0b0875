import { expect, it } from "vitest";
import { toJson } from "./json.ts";

it("writes numbers that JSON lacks as strings", () => {
  expect(toJson({ loss: NaN, all: [1.5, Infinity, -Infinity] })).toBe(
    '{"loss":"NaN","all":[1.5,"Infinity","-Infinity"]}\n',
  );
});
