import type { Backend } from "@surprisal/core";
import type { BenchCase } from "../cases.ts";
import type { CaseData, Contestant, Outcome, Prepared } from "../contestant.ts";
import { callOf, type CallOptions, readOf, release, type Results, tensorsOf } from "./core-calls.ts";

/** This library on a backend whose results are awaited; inputs are resident there. */
export function onDeviceBackend(name: string, create: () => Promise<Backend>, options: CallOptions = {}): Contestant {
  return {
    name,
    describe: () => ({ backend: name }),
    prepare: async (data) => prepare(data, await create(), options),
  };
}

function prepare(data: CaseData, backend: Backend, options: CallOptions): Prepared {
  const tensors = tensorsOf(data, backend);
  const call = callOf(data.benchCase, tensors, options);
  return {
    run: async (pass) => outcomeOf(data.benchCase, call(pass)),
    dispose() {
      release(tensors.values());
      backend.dispose();
    },
  };
}

async function outcomeOf(benchCase: BenchCase, results: Results<Backend>): Promise<Outcome> {
  return {
    used: await readOf(benchCase, results).reshape(-1).slice(0, 0, 1).item(), // a view: no more than that is copied
    async outputs() {
      const read: Record<string, Float32Array> = {};
      for (const [name, result] of Object.entries(results)) read[name] = (await result.data()) as Float32Array;
      return read;
    },
    release: () => release(Object.values(results)),
  };
}
