#!/usr/bin/env node
import process from "node:process";
import { EXIT } from "./exit.ts";
import { interrupt } from "./interrupt.ts";
import { main } from "./main.ts";

// A command that is at work ends in good order, for a user as for a queue that wants the machine back; the second time nobody waits.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    if (!interrupt()) process.exit(EXIT.interrupted);
  });
}

// A reader that has seen enough, as in `surprisal demo | head`, is not an error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(EXIT.done);
  });
}

process.exitCode = await main(process.argv.slice(2), process);
// A read of standard input that is still under way would keep the process alive until something comes.
if (process.exitCode !== EXIT.done) process.stdout.write("", () => process.stderr.write("", () => process.exit()));
