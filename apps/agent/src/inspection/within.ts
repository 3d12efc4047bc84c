const defaultMs = 8_000;

/** The work's outcome, or a rejection where it takes longer; the work itself goes on and its outcome is dropped. */
export async function within<T>(work: Promise<T>, limitMs = defaultMs): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`it took longer than ${limitMs / 1000} s: try again`)), limitMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
