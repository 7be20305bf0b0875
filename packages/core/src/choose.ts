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
 * The first backend that can be had, in the order given, and why each one before it was passed over. One whose device is
 * software (`describe()` says `software: true`, as gpu's does without a real card) is taken only if there is no other:
 * processors are faster without it. Every backend that is passed over is disposed of.
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
  let software: { readonly backend: B; readonly passedOver: readonly PassedOver[] } | undefined;
  for (const factory of factories) {
    try {
      const backend = await factory();
      if (backend.describe()["software"] !== true) {
        software?.backend.dispose();
        return { backend, passedOver };
      }
      if (software === undefined) software = { backend, passedOver: [...passedOver] };
      else backend.dispose();
      passedOver.push({ name: factory.name, reason: "its device is software: processors are faster without it" });
    } catch (error) {
      passedOver.push({ name: factory.name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  if (software !== undefined) return software;
  const reasons = passedOver.map(({ name, reason }) => `${name}: ${reason}`).join("; ");
  throw new BackendError("backend-unavailable", `choose: no backend can be had (${reasons || "none was given"})`, {
    passedOver,
  });
}
