import { useEffect, useState } from 'react';
import { failureWords } from '../api/refusal.ts';
import type { ClusterStore } from '../state/cluster-store.ts';

/** What a question to the API has led to so far. */
export type Answer<T> = 'asking' | { readonly error: string } | T;

/**
 * Asks while the page is live: when `ask` is another one, and in each new `round` of the same. An answer that comes after
 * its question was given up is not shown, and one that is undefined is waited for. `ask` is to be kept by `useCallback`.
 */
export function useQuestion<T>(
  { connection }: ClusterStore,
  ask: (signal: AbortSignal) => Promise<T | undefined>,
  round: number,
): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>('asking');
  const isLive = connection.kind === 'live';
  useEffect(() => {
    if (!isLive) return;
    const abort = new AbortController();
    // Asking again is a new round of the same question.
    void round;
    setAnswer('asking');
    ask(abort.signal).then(
      (given) => {
        if (given !== undefined && !abort.signal.aborted) setAnswer(given);
      },
      (failure: unknown) => {
        if (!abort.signal.aborted) setAnswer({ error: failureWords(failure) });
      },
    );
    return () => abort.abort();
  }, [ask, round, isLive]);
  return answer;
}
