import type { Output } from "../io.ts";

const CLEAR_LINE = "\r\u001b[2K";

/** One line on a terminal that says what is going on, gone as soon as there is something to show. */
export interface Progress {
  show(text: string): void;
  clear(): void;
}

/** Progress for people only: nothing is written to a file or a pipe. */
export function progressOn(stream: Output): Progress {
  if (stream.isTTY !== true) return { show() {}, clear() {} };
  return {
    show: (text) => stream.write(`${CLEAR_LINE}${text}`),
    clear: () => stream.write(CLEAR_LINE),
  };
}
