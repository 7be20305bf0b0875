/** Milliseconds after which a wait is a long one, of which a few more do not matter. */
const SHORT = 50;

/**
 * Waits for what the device answers. Firefox looks for answers every 100 ms (bug 1870699), and whenever something is submitted: so there,
 * while it waits, nothing is submitted again and again.
 */
export async function answered<T>(device: GPUDevice, answer: Promise<T>): Promise<T> {
  if (isFirefox()) void nudge(device, answer);
  return answer;
}

function isFirefox(): boolean {
  return /\bFirefox\//u.test(globalThis.navigator?.userAgent ?? "");
}

async function nudge(device: GPUDevice, answer: Promise<unknown>): Promise<void> {
  const state = { waiting: true };
  const end = (): void => void (state.waiting = false);
  answer.then(end, end);
  const start = performance.now();
  await Promise.resolve(); // what is known already needs no nudge
  while (state.waiting) {
    device.queue.submit([]);
    await (performance.now() - start < SHORT ? nextTask() : new Promise((resolve) => setTimeout(resolve, 4)));
  }
}

/** After what else the event loop has to do; timers are held back for 4 ms. */
async function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  try {
    await new Promise((resolve) => {
      port1.addEventListener("message", resolve);
      port1.start();
      port2.postMessage(undefined);
    });
  } finally {
    port1.close();
  }
}
