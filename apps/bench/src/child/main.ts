import process from "node:process";
import { ENTRANTS } from "../contestants/all.ts";
import { LINEAR_ENTRANTS } from "../contestants/linear.ts";
import { answerLines } from "./answer-lines.ts";
import { NODE } from "./node-place.ts";
import { serve } from "./serve.ts";

// One contestant, by name, in a process of its own: requests on standard input, answers on standard output.

const [name] = process.argv.slice(2);
const entrant = [...ENTRANTS, ...LINEAR_ENTRANTS].find((each) => each.name === name);
if (entrant === undefined || !("load" in entrant)) throw new RangeError(`no contestant "${name}" has a module`);

const loading = entrant.load().then((contestant) => serve(contestant, NODE));
loading.catch(() => undefined); // told with the first answer
await answerLines(async (request) => (await loading).reply(request));
