import type { Backend } from "./backend.ts";
import { BackendError } from "./errors.ts";

/** A backend that was tried and not taken. */
export interface PassedOver {
  /** The factory's: that of the function, empty for one without a name. */
  readonly name: string;
  /** The message of its error. */
  readonly reason: string;
}

/** Makes a backend, or throws with the reason why it cannot be had. */
export type BackendFactory<B extends Backend = Backend> = () => B | Promise<B>;

/**
 * The first backend that can be had, in the order given, and why each one before it was passed over.
 *
 * @throws BackendError `backend-unavailable` with all reasons if none can be had
 * @example
 * ```ts
 * import { choose, cpu } from "@surprisal/core";
 * const { backend, passedOver } = await choose([cpu]);
 * console.log(backend.name, passedOver); // cpu []
 * ```
 */
export async function choose<B extends Backend>(
  factories: readonly BackendFactory<B>[],
): Promise<{ readonly backend: B; readonly passedOver: readonly PassedOver[] }> {
  const passedOver: PassedOver[] = [];
  for (const factory of factories) {
    try {
      return { backend: await factory(), passedOver };
    } catch (error) {
      passedOver.push({ name: factory.name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  const reasons = passedOver.map(({ name, reason }) => `${name}: ${reason}`).join("; ");
  throw new BackendError("backend-unavailable", `choose: no backend can be had (${reasons || "none was given"})`, {
    passedOver,
  });
}
