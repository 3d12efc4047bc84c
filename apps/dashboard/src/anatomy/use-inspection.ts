import { useCallback, useEffect, useState } from 'react';
import { getObject } from '../api/client.ts';
import { failureWords } from '../api/refusal.ts';

export interface Inspected<T> {
  readonly data: T | undefined;
  /** Why it could not be read, in words. */
  readonly error: string | undefined;
  readonly isReading: boolean;
  /** Asks again; nothing is asked by itself. */
  readonly readAgain: () => void;
}

type Outcome<T> = { readonly path: string } & ({ readonly data: T } | { readonly error: string });

/** What the node's agent reads when the panel opens, or when somebody asks again. */
export function useInspection<T>(resource: string, name: string, namespace?: string): Inspected<T> {
  const path = `${resource}/${namespace ?? ''}/${name}`;
  const [outcome, setOutcome] = useState<Outcome<T>>();
  const [round, setRound] = useState(0);
  const [readRound, setReadRound] = useState<number>();
  useEffect(() => {
    const abort = new AbortController();
    const target = { apiVersion: 'gantry.io/v1', resource, namespace, name };
    void getObject<T>(target, { signal: abort.signal })
      .then(
        (data): Outcome<T> => ({ path, data }),
        (failure: unknown): Outcome<T> => ({ path, error: failureWords(failure) }),
      )
      .then((next) => {
        if (abort.signal.aborted) return;
        setOutcome(next);
        setReadRound(round);
      });
    return () => abort.abort();
  }, [path, resource, namespace, name, round]);
  const readAgain = useCallback(() => setRound((number) => number + 1), []);
  const current = outcome?.path === path ? outcome : undefined;
  return {
    data: current && 'data' in current ? current.data : undefined,
    error: current && 'error' in current ? current.error : undefined,
    isReading: !current || readRound !== round,
    readAgain,
  };
}
