import { createContext, useCallback, useContext, useEffect, useRef, useState, useSyncExternalStore } from 'react';
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

/** Up to this many pods, what looks at all of them may do so with every change. */
const pacedFrom = 500;
/** Beyond, it looks again after so long, milliseconds; a part of it by chance, so that not all do in one frame. */
const paceMs = { least: 350, spread: 300 };

/**
 * As {@link useCluster}, for sums and lists over the whole cluster: in a large one they follow a moment later, and many
 * changes cost one render.
 */
export function usePacedCluster(...topics: readonly string[]): ClusterStore {
  const store = useContext(ClusterContext);
  const joined = topics.join(' ');
  const renders = useRef(0);
  const subscribe = useCallback(
    (listener: () => void) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const notify = (): void => {
        timer = undefined;
        renders.current++;
        listener();
      };
      const onChange = (): void => {
        if (store.pods.size <= pacedFrom) notify();
        else timer ??= setTimeout(notify, paceMs.least + Math.random() * paceMs.spread);
      };
      const stops = joined.split(' ').map((topic) => store.topics.subscribe(topic, onChange));
      // What changed between the first render and now must not be missed.
      renders.current++;
      return () => {
        clearTimeout(timer);
        for (const stop of stops) stop();
      };
    },
    [store, joined],
  );
  const read = (): number => renders.current;
  useSyncExternalStore(subscribe, read, read);
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
