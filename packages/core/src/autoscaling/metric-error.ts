/** A metric that cannot be read or be held against its target; the message is Kubernetes'. */
export class MetricError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MetricError';
  }
}

/** Runs `read`; a MetricError gets `prefix: ` before its message. */
export function explained<T>(prefix: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof MetricError) throw new MetricError(`${prefix}: ${error.message}`);
    throw error;
  }
}
