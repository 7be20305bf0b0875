import { cpu } from "@surprisal/core";
import { soak } from "./soak.ts";
import { FAMILIES } from "../cases/all.ts";
const [seconds, from, only = ""] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
for (const f of FAMILIES.filter((f) => f.name.startsWith(only))) {
  try {
    const r = await soak({ name: "cpu", create: () => cpu(), seconds, seed: from, address: f.name });
    console.log(f.name, JSON.stringify(r.totals), r.seconds.toFixed(1), r.refusals.map((x) => x.reason + x.cases).join());
    for (const x of r.failures) console.log("   ", x.address, x.stage, x.output, x.message, JSON.stringify(x.wrong[0]));
  } catch (e) { console.log(f.name, "THROWN", String(e), String((e as Error).cause)); }
}
