import { join } from "node:path";
import type { Contestant, Outcome, Pass, Prepared } from "../contestant.ts";
import { readValues, writeFloats } from "../files.ts";
import type { Answers, Request } from "../protocol.ts";
import { collectGarbage, peakResident, resident, resetPeak } from "./memory.ts";

/** Answers requests for a contestant: the protocol, without its lines. */
export interface Server {
  answer(request: Request): Promise<Answers[keyof Answers]>;
}

interface State {
  prepared: Prepared | undefined;
  /** The resident set after `prepare`. */
  baseline: number;
}

/** A server for a contestant. */
export function serve(contestant: Contestant): Server {
  const state: State = { prepared: undefined, baseline: 0 };
  return {
    async answer(request) {
      switch (request.do) {
        case "describe":
          return { facts: await contestant.describe() };
        case "prepare":
          return prepare(contestant, state, request);
        case "first":
          return first(state, request.pass);
        case "run":
          return run(preparedOf(state), request.pass, request.calls);
        case "outputs":
          return outputs(preparedOf(state), request);
        case "dispose":
          state.prepared?.dispose();
          state.prepared = undefined;
          return {};
        default:
          return request satisfies never;
      }
    },
  };
}

function preparedOf({ prepared }: State): Prepared {
  if (prepared === undefined) throw new TypeError("nothing is prepared");
  return prepared;
}

type Asked<K extends Request["do"]> = Extract<Request, { readonly do: K }>;

async function prepare(
  contestant: Contestant,
  state: State,
  { benchCase, inputs }: Asked<"prepare">,
): Promise<Answers["prepare"]> {
  const refused = contestant.refuses?.(benchCase);
  if (refused !== undefined) return { refused };
  const read = Object.entries(inputs).map(([name, file]) => [name, readValues(file)] as const);
  state.prepared = await contestant.prepare({ benchCase, inputs: Object.fromEntries(read) });
  state.baseline = 0;
  return {};
}

async function first(state: State, pass: Pass): Promise<Answers["first"]> {
  const prepared = preparedOf(state);
  if (state.baseline === 0) {
    collectGarbage();
    state.baseline = resident();
  }
  resetPeak();
  const start = performance.now();
  const outcome = await prepared.run(pass);
  const ms = performance.now() - start;
  const peak = peakResident();
  const results = Object.values(await outcome.outputs());
  outcome.release();
  const bytes = results.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return { ms, peakBytes: Math.max(0, peak - state.baseline - bytes) };
}

async function run(prepared: Prepared, pass: Pass, calls: number): Promise<Answers["run"]> {
  let last: Outcome | undefined;
  const start = performance.now();
  for (let call = 0; call < calls; call++) {
    last?.release();
    const given = prepared.run(pass);
    last = given instanceof Promise ? await given : given; // to await what is there already would time the waiting
  }
  const ms = (performance.now() - start) / calls;
  const used = last?.used ?? Number.NaN;
  last?.release();
  return { ms, used };
}

async function outputs(prepared: Prepared, { pass, folder }: Asked<"outputs">): Promise<Answers["outputs"]> {
  const outcome = await prepared.run(pass);
  const written = Object.entries(await outcome.outputs()).map(([name, values]) => {
    const file = join(folder, `${name}.f32`);
    writeFloats(file, values);
    return [name, { length: values.length, file }] as const;
  });
  outcome.release();
  return { outputs: Object.fromEntries(written) };
}
