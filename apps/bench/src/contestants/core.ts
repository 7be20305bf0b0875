import type { HostBackend } from "@surprisal/core";
import type { BenchCase } from "../cases.ts";
import type { Awaitable, CaseData, Contestant, Outcome, Prepared } from "../contestant.ts";
import { type CallOptions, callOf, readOf, release, type Results, tensorsOf } from "./core-calls.ts";

/** How a backend is used. */
interface Use extends CallOptions {
  readonly threads?: number;
  /** Each call brings the inputs to the backend. */
  readonly handedOver?: boolean;
}

/** This library on a backend whose results can be read at once. */
export function onHostBackend(
  name: string,
  create: () => Awaitable<HostBackend>,
  { threads = 1, handedOver = false, ...options }: Use = {},
): Contestant {
  return {
    name,
    async describe() {
      const backend = await create();
      const { simd } = backend.describe();
      backend.dispose();
      const node = process.versions.node;
      return { backend: backend.name, ...(typeof simd === "string" && { simd }), node, threads };
    },
    async prepare(data) {
      const backend = await create();
      return handedOver ? handingOver(data, backend) : resident(data, backend, options);
    },
  };
}

/** Inputs are tensors of the backend before the first call. */
function resident(data: CaseData, backend: HostBackend, options: CallOptions): Prepared {
  const tensors = tensorsOf(data, backend);
  const call = callOf(data.benchCase, tensors, options);
  return {
    run: (pass) => outcomeOf(data.benchCase, call(pass)),
    dispose() {
      release(tensors.values());
      backend.dispose();
    },
  };
}

/** Inputs become tensors in each call. */
function handingOver(data: CaseData, backend: HostBackend): Prepared {
  return {
    run(pass) {
      const tensors = tensorsOf(data, backend);
      const outcome = outcomeOf(data.benchCase, callOf(data.benchCase, tensors)(pass));
      return {
        ...outcome,
        release() {
          outcome.release();
          release(tensors.values());
        },
      };
    },
    dispose: () => backend.dispose(),
  };
}

function outcomeOf(benchCase: BenchCase, results: Results<HostBackend>): Outcome {
  const outputs = Object.entries(results);
  return {
    used: readOf(benchCase, results).view()[0] ?? Number.NaN,
    outputs: () => Object.fromEntries(outputs.map(([name, result]) => [name, result.view().slice() as Float32Array])),
    release: () => release(Object.values(results)),
  };
}
