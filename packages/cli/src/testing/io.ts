import { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { main } from "../main.ts";

/** What a run of the command line has left. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A stream that keeps what is written to it. */
export class Captured extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Runs the command line in this process. */
export async function run(...argv: string[]): Promise<Ran> {
  const stdout = new Captured();
  const stderr = new Captured();
  const code = await main(argv, { stdout, stderr });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** Lines as a terminal shows them. */
export function plainLines(text: string): string[] {
  return stripVTControlCharacters(text).split("\n");
}

/** Path of a committed file. */
export function fixture(name: string): string {
  return new URL(`../../fixtures/${name}`, import.meta.url).pathname;
}
