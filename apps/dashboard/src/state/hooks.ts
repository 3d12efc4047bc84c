import { createContext, useCallback, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { ClusterStore } from './cluster-store.ts';

/** The one store of the page; `main.tsx` provides it, tests may provide their own. */
export const ClusterContext = createContext(new ClusterStore());

/** The store, re-rendering the caller when one of the topics changes. */
export function useCluster(...topics: readonly string[]): ClusterStore {
  const store = useContext(ClusterContext);
  const joined = topics.join(' ');
  const subscribe = useCallback(
    (listener: () => void) => {
      const stops = joined.split(' ').map((topic) => store.topics.subscribe(topic, listener));
      return () => {
        for (const stop of stops) stop();
      };
    },
    [store, joined],
  );
  // Versions only grow, so their sum changes exactly when one of them does.
  const version = (): number => joined.split(' ').reduce((sum, topic) => sum + store.topics.version(topic), 0);
  useSyncExternalStore(subscribe, version, version);
  return store;
}

/** Browser time in milliseconds since the epoch, renewed every `intervalMs`; frozen where `isRunning` is false. */
export function useNow(intervalMs: number, isRunning = true): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setNow(Date.now()), intervalMs);
    return () => clearInterval(timer);
  }, [intervalMs, isRunning]);
  return now;
}
