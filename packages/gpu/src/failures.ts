import { BackendError } from "@surprisal/core";

/** Memory that the device did not have; `bytes` where it is known what for. */
export function noMemory(bytes: number | undefined, reason: string): BackendError {
  const what = bytes === undefined ? "working memory" : `${bytes} bytes`;
  const [first = ""] = reason.split("\n", 1); // what follows is where in the driver's host
  return new BackendError("memory", `gpu: ${what} could not be allocated: ${first}`, { bytes });
}

/** A device that is gone. */
export function lost(reason: string): BackendError {
  return new BackendError(
    "backend-lost",
    `gpu: the device is lost (${reason}); make a new backend, and its tensors anew`,
    { reason },
  );
}
