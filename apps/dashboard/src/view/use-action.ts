import { useState } from 'react';
import { useCluster } from '../state/hooks.ts';

export interface Action {
  /** False for a read-only session and while the page is cut off. */
  readonly isAllowed: boolean;
  readonly isBusy: boolean;
  /** The API's own words for the last refusal. */
  readonly error: string | undefined;
  run(work: () => Promise<void>): void;
}

/** Runs one write at a time and keeps its refusal for showing; what it changed arrives by the feed like anything else. */
export function useAction(): Action {
  const store = useCluster('cluster', 'connection');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const run = (work: () => Promise<void>): void => {
    setBusy(true);
    setError(undefined);
    work()
      .catch((failure: unknown) => setError(failure instanceof Error ? failure.message : String(failure)))
      .finally(() => setBusy(false));
  };
  return { isAllowed: store.cluster?.role === 'admin' && store.connection.kind === 'live', isBusy, error, run };
}
