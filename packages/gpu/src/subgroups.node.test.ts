import { crossEntropy, randint, randn } from "@surprisal/core";
import { expect, test } from "vitest";
import { between } from "../../../tools/between.ts";
import { dawnDevice, withoutFeatures } from "../../../tools/dawn-device.ts";
import { gpu } from "./gpu.ts";

/** The loss of a few rows, whose lanes put theirs together. */
async function loss(backend: Awaited<ReturnType<typeof gpu>>): Promise<number> {
  const logits = randn([3, 1000], { backend, seed: 1 });
  const target = randint(0, 1000, [3], { backend, seed: 2 });
  return crossEntropy(logits, target).item();
}

test("subgroups are used where the device has them, and not where it has not", async () => {
  const backends = [
    await gpu(),
    await gpu({ adapter: await withoutFeatures() }),
    await gpu({ device: await dawnDevice() }),
  ];
  expect(backends.map((each) => each.describe()["subgroups"])).toEqual([true, false, false]);
  const [first = NaN, ...others] = await Promise.all(backends.map(loss));
  for (const other of others) expect(Math.abs(other - first)).toBeLessThan(1e-6 * first);
  for (const each of backends) each.dispose();
});

test("a device whose compiler knows no place of a subgroup is one without", async () => {
  const device = await dawnDevice(["subgroups"]);
  expect((await gpu({ device })).describe()["subgroups"]).toBe(true);
  const older = between(device, {
    createShaderModule: ({ code }) =>
      device.createShaderModule({ code: code.replaceAll("subgroup_id", "subgroup_place") }),
  });
  const backend = await gpu({ device: older });
  expect(backend.describe()["subgroups"]).toBe(false);
  expect(await loss(backend)).toBeGreaterThan(5);
  device.destroy();
});
