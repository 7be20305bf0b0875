import { cpu } from "@surprisal/core";
import { soak } from "./soak.ts";
const [seconds, seed, address] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]];
let slow: [number, string][] = []; let t = performance.now();
const r = await soak({ name: "cpu", create: () => cpu(), seconds, seed, ...(address && { address }), onCase: ({address}) => { const n = performance.now(); slow.push([n-t, address]); t = n; } });
slow.sort((a, b) => b[0] - a[0]);
console.log(r.totals, r.seconds, JSON.stringify(r.failures, null, 1), r.refusals, r.problem);
console.log(slow.slice(0, 8), slow[slow.length >> 1]);
