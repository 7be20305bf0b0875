import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, it } from "vitest";
import { run } from "../testing/io.ts";
import type { DoctorReport } from "./report.ts";

const schema: unknown = JSON.parse(readFileSync(new URL("../../schema/doctor.json", import.meta.url), "utf8"));
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema as object);

it.each(["auto", "cpu", "gpu"])("doctor --backend %s writes what its schema says", async (backend) => {
  const { stdout } = await run("doctor", "--backend", backend, "--json");
  validate(JSON.parse(stdout));
  expect(validate.errors ?? []).toEqual([]);
});

it("the schema says something", async () => {
  const report = JSON.parse((await run("doctor", "--backend", "cpu", "--json")).stdout) as DoctorReport;
  const [cpu] = report.backends;
  const check = { name: "loss", correct: false, bound: 1e-6, difference: "NaN" };
  expect(validate({ ...report, backends: [{ ...cpu, checks: [check] }] })).toBe(true);
  expect(validate({ ...report, backends: [{ ...cpu, checks: [{ ...check, bound: "small" }] }] })).toBe(false);
  expect(validate({ ...report, backends: [{ ...cpu, available: "no" }] })).toBe(false);
  expect(validate({ ...report, healthy: undefined })).toBe(false);
});
