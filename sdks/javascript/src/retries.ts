/** When a request is tried again, and after what pause. */

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
/** A server that asks for more patience than this is not waited for: the program decides. */
const LONGEST_RETRY_AFTER = 60;

/** Whether the same request may succeed later. */
export function isWorthRetrying(status: number, headers: Headers): boolean {
  if (status === 409) {
    // Still running; a key that was used for another request says nothing about later.
    return headers.has("retry-after");
  }
  return status === 408 || status === 429 || status >= 500;
}

/** Milliseconds to wait after this attempt (the first is 0); null: not worth waiting for. */
export function pause(attempt: number, headers?: Headers): number | null {
  const told = headers ? retryAfter(headers) : null;
  // Jitter keeps clients that failed together from coming back together.
  const jitter = 0.5 + Math.random() / 2;
  if (told === null) {
    return Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS) * jitter;
  }
  return told > LONGEST_RETRY_AFTER ? null : told * 1000 + 100 * jitter;
}

/** The header in seconds, whether it was given in seconds or as a date; null where it is absent or nonsense. */
export function retryAfter(headers: Headers): number | null {
  const value = headers.get("retry-after")?.trim();
  if (!value) {
    return null;
  }
  if (/^\d+$/.test(value)) {
    return Number(value);
  }
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, (at - Date.now()) / 1000);
}

/** Let time pass. Rejects with the signal's reason once that is aborted. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
