import { cpu } from "@surprisal/core";
import { expect, it } from "vitest";
import { BACKENDS, type BackendEntry, chooseBackend } from "./backends.ts";
import { EXIT } from "./exit.ts";

const ABSENT: BackendEntry = { name: "gpu", create: () => Promise.reject(new Error("no adapter")) };
const CPU: BackendEntry = { name: "cpu", create: () => Promise.resolve(cpu()) };

it("auto takes the first that can be had, and keeps the reasons of the others", async () => {
  const { backend, passedOver } = await chooseBackend("auto", [ABSENT, CPU]);
  expect(backend).toBe(cpu());
  expect(passedOver).toEqual([{ name: "gpu", reason: "no adapter" }]);
});

it("auto passes over a device that is a program on processors, and ends it; by name it can be had", async () => {
  let ended = false;
  const backend = { ...cpu(), describe: () => ({ software: true }), dispose: () => void (ended = true) };
  const software: BackendEntry = { name: "gpu", create: () => Promise.resolve(backend) };
  const chosen = await chooseBackend("auto", [software, CPU]);
  expect(chosen.passedOver.map(({ reason }) => reason)).toEqual([
    "its adapter is software: processors are faster without it",
  ]);
  expect([chosen.backend, ended]).toEqual([cpu(), true]);
  expect((await chooseBackend("gpu", [software, CPU])).backend).toBe(backend);
});

it("a backend asked for by name is that one or an error", async () => {
  expect((await chooseBackend("cpu", [ABSENT, CPU])).backend).toBe(cpu());
  const refused = chooseBackend("gpu", [ABSENT, CPU]);
  await expect(refused).rejects.toThrow("--backend gpu cannot be had: no adapter");
  await expect(refused).rejects.toMatchObject({ exitCode: EXIT.backendUnavailable });
});

it("all reasons are given if none can be had", async () => {
  await expect(chooseBackend("auto", [ABSENT])).rejects.toThrow("--backend auto cannot be had: gpu: no adapter");
});

it("auto is gpu on a real GPU and wasm elsewhere; the cpu backend is always there", async () => {
  const { backend, passedOver } = await chooseBackend("auto");
  const real = backend.name === "gpu";
  expect(backend.name).toBe(real ? "gpu" : "wasm");
  expect(passedOver.map(({ name }) => name)).toEqual(real ? [] : ["gpu"]);
  expect(backend.describe()["software"] ?? false).toBe(false);
  backend.dispose();
  expect(BACKENDS.at(-1)?.name).toBe("cpu");
});
