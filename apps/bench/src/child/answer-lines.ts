import process from "node:process";
import { createInterface } from "node:readline";
import type { AnyReply, Request } from "../protocol.ts";
import { errorText } from "../text.ts";

/** Replies to requests on standard input, one after the other, until it ends; then the process does, too. */
export async function answerLines(replyTo: (request: Request) => Promise<AnyReply>): Promise<never> {
  // Libraries that print do so on standard error: standard output is for answers.
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr);
  for await (const line of createInterface({ input: process.stdin })) {
    const reply = await replyTo(JSON.parse(line) as Request).catch(failure);
    write(`${JSON.stringify(reply)}\n`);
  }
  process.exit(); // pools of threads that a library has started would keep the process
}

function failure(error: unknown): AnyReply {
  return { ok: false, error: errorText(error) };
}
