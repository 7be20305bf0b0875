/** A stream to write to; a terminal also says how wide it is. */
export type Output = NodeJS.WritableStream & { readonly columns?: number; readonly isTTY?: boolean };

/** Where a command writes: its result to `stdout`, everything else to `stderr`. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
}
