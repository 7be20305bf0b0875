/** Somebody asked for what there is not: an address, a lane. The message says what there is. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
