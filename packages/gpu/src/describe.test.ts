import { choose, cpu } from "@surprisal/core";
import { expect, test } from "vitest";
import { gpu } from "./gpu.ts";

test("describe() says what the adapter is and can do, as plain data", async () => {
  const backend = await gpu();
  const facts = backend.describe();
  expect([facts["name"], typeof facts["vendor"], typeof facts["software"]]).toEqual(["gpu", "string", "boolean"]);
  expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
  const { features, limits } = facts as { features: readonly string[]; limits: Readonly<Record<string, number>> };
  expect(features.every((name) => typeof name === "string")).toBe(true);
  expect(facts["subgroups"]).toBe(features.includes("subgroups"));
  expect(limits["maxComputeInvocationsPerWorkgroup"]).toBeGreaterThanOrEqual(256); // what every adapter has
  backend.dispose();
});

test("choose passes over an adapter in software, which gpu() gives all the same", async () => {
  const asked = await gpu();
  const { backend, passedOver } = await choose([gpu, cpu]);
  const software = asked.describe()["software"] === true;
  expect(backend.name).toBe(software ? "cpu" : "gpu");
  expect(passedOver.map(({ name, reason }) => `${name}: ${reason}`)).toEqual(
    software ? ["gpu: its device is software: processors are faster without it"] : [],
  );
  asked.dispose();
  backend.dispose();
});
