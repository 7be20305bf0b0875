import process from "node:process";
import { createInterface } from "node:readline";
import { ENTRANTS } from "../contestants/all.ts";
import type { Request } from "../protocol.ts";
import { errorText } from "../text.ts";
import { serve } from "./serve.ts";

// One contestant, by name, in a process of its own: requests on standard input, answers on standard output.

const [name] = process.argv.slice(2);
const entrant = ENTRANTS.find((each) => each.name === name);
if (entrant === undefined || !("load" in entrant)) throw new RangeError(`no contestant "${name}" has a module`);

// Libraries that print do so on standard error: standard output is for answers.
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);

const loading = entrant.load().then(serve);
loading.catch(() => undefined); // told with the first answer
for await (const line of createInterface({ input: process.stdin })) {
  try {
    const server = await loading;
    write(`${JSON.stringify({ ok: true, ...(await server.answer(JSON.parse(line) as Request)) })}\n`);
  } catch (error) {
    write(`${JSON.stringify({ ok: false, error: errorText(error) })}\n`);
  }
}
process.exit(); // pools of threads that a library has started would keep the process
