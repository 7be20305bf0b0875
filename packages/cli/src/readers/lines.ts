import { type Bytes, readUpTo } from "./bytes.ts";
import { FormatError } from "./format-error.ts";

/** Where the record that begins at `start` ends: after its newline; −1 if that is not in `buffer.subarray(0, end)`. */
export type FindEnd = (buffer: Uint8Array, start: number, end: number) => number;

/** A record in the reader's own memory, valid until the next one is asked for. */
export interface Line {
  readonly buffer: Uint8Array;
  readonly start: number;
  /** After the last byte, its newline left out. */
  readonly end: number;
  /** Line numbers count from 1. */
  readonly number: number;
}

const FIRST_BYTES = 256 * 2 ** 10;
/** A record of a million numbers is some 20 MB. */
const LONGEST_BYTES = 64 * 2 ** 20;
const NEWLINE = 10;
const RETURN = 13;

/** Cuts text into records. Holds as many bytes as the longest record, twice at most, and never less than 256 KiB. */
export class Lines {
  readonly #bytes: Bytes;
  readonly #findEnd: FindEnd;
  #buffer: Uint8Array;
  #start = 0;
  #end = 0;
  #ended = false;
  #number = 0;
  #newlines = 1;

  constructor(bytes: Bytes, findEnd: FindEnd = endOfLine) {
    this.#bytes = bytes;
    this.#findEnd = findEnd;
    this.#buffer = new Uint8Array(Math.min(FIRST_BYTES, Math.max(bytes.size ?? FIRST_BYTES, 1)));
  }

  /** The next record; undefined at the end. */
  next(): Line | undefined | Promise<Line | undefined> {
    const stop = this.#findEnd(this.#buffer, this.#start, this.#end);
    return stop < 0 ? this.#more() : this.#take(stop);
  }

  async #more(): Promise<Line | undefined> {
    for (;;) {
      if (this.#ended) {
        if (this.#start === this.#end) return undefined;
        return this.#take(this.#end);
      }
      this.#makeRoom();
      const room = this.#buffer.subarray(this.#end); // filled whole, so that a long record is not searched again and again
      const count = await readUpTo(this.#bytes, room);
      this.#ended = count < room.length;
      this.#end += count;
      const stop = this.#findEnd(this.#buffer, this.#start, this.#end);
      if (stop >= 0) return this.#take(stop);
    }
  }

  #makeRoom(): void {
    const kept = this.#buffer.subarray(this.#start, this.#end);
    if (kept.length > LONGEST_BYTES) {
      throw new FormatError(
        this.#bytes.name,
        `line ${this.#newlines}: at most ${LONGEST_BYTES} bytes in a line required`,
      );
    }
    if (kept.length > this.#buffer.length / 2) {
      const wider = new Uint8Array(this.#buffer.length * 2);
      wider.set(kept);
      this.#buffer = wider;
    } else this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#start = 0;
    this.#end = kept.length;
  }

  #take(stop: number): Line {
    const buffer = this.#buffer;
    const start = this.#start;
    let end = stop;
    this.#number = this.#newlines;
    for (let at = buffer.indexOf(NEWLINE, start); at >= 0 && at < stop; at = buffer.indexOf(NEWLINE, at + 1)) {
      this.#newlines++;
    }
    if (end > start && buffer[end - 1] === NEWLINE) end--;
    if (end > start && buffer[end - 1] === RETURN) end--;
    this.#start = stop;
    return { buffer, start, end, number: this.#number };
  }
}

/** A record is a line. */
export function endOfLine(buffer: Uint8Array, start: number, end: number): number {
  const at = buffer.subarray(start, end).indexOf(NEWLINE);
  return at < 0 ? -1 : start + at + 1;
}
