import { useEffect, useState } from 'react';
import { readRefusal } from '../api/refusal.ts';

export interface Polled<T> {
  readonly data: T | undefined;
  /** Why the last try failed, in words. */
  readonly error: string | undefined;
}

/** What a path of the dashboard's server answers, asked again every `everyMs` while it is shown and the page is visible; an empty path asks nothing. */
export function usePolled<T>(path: string, everyMs: number): Polled<T> {
  const [state, setState] = useState<Polled<T> & { readonly path: string }>({
    path,
    data: undefined,
    error: undefined,
  });
  useEffect(() => {
    if (!path) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      if (document.visibilityState === 'visible') {
        const answer = await fetchJson<T>(path, abort.signal);
        if (abort.signal.aborted) return;
        setState((before) => ({
          path,
          data: answer.data ?? (before.path === path ? before.data : undefined),
          error: answer.error,
        }));
      }
      timer = setTimeout(() => void ask(), everyMs);
    };
    void ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [path, everyMs]);
  return state.path === path ? state : { data: undefined, error: undefined };
}

async function fetchJson<T>(path: string, signal: AbortSignal): Promise<Polled<T>> {
  try {
    const answer = await fetch(path, { signal });
    if (!answer.ok) return { data: undefined, error: (await readRefusal(answer)).message };
    return { data: (await answer.json()) as T, error: undefined };
  } catch {
    return { data: undefined, error: 'the controller does not answer' };
  }
}
