import { type ReactNode, useEffect, useRef, useState } from 'react';
import { count } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { usePacedCluster } from '../state/hooks.ts';
import { waitingWords } from '../state/pending.ts';
import { isNodeReady, tileState } from '../state/pod-state.ts';
import { clockTime } from '../timeline/instant.ts';

/** Screen readers are told at most this often, in milliseconds: a burst of births is one sentence. */
const leastPauseMs = 5_000;

/** The state of the cluster as a sentence for screen readers, renewed when it changes and at most every 5 s. */
export function LiveRegion(): ReactNode {
  const store = usePacedCluster('totals', 'pending', 'connection');
  const [text, setText] = useState('');
  const spokenAt = useRef(0);
  const past = store.connection.kind === 'past' ? `Viewing ${clockTime(store.connection.at)}, not live. ` : '';
  const sentence = store.cluster ? past + summarize(store) : past;
  useEffect(() => {
    if (sentence === text) return;
    const timer = setTimeout(
      () => {
        spokenAt.current = Date.now();
        setText(sentence);
      },
      Math.max(0, spokenAt.current + leastPauseMs - Date.now()),
    );
    return () => clearTimeout(timer);
  }, [sentence, text]);
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {text}
    </p>
  );
}

/** `31 of 45 pods ready, 14 waiting for CPU, 1 node not ready.` */
export function summarize(store: ClusterStore): string {
  let ready = 0;
  let living = 0;
  for (const pod of store.pods.values()) {
    const state = tileState(pod, pod.nodeName ? store.nodes.get(pod.nodeName) : undefined);
    if (state === 'succeeded' || state === 'failed') continue;
    living++;
    if (state === 'ready') ready++;
  }
  const pending = store.pendingPods();
  const lost = [...store.nodes.values()].filter((node) => !isNodeReady(node)).length;
  const parts = [`${ready} of ${count(living, 'pod')} ready`];
  if (pending.length > 0) parts.push(waitingWords(pending, (pod) => store.rootOf(pod)));
  if (lost > 0) parts.push(`${count(lost, 'node')} not ready`);
  return `${parts.join(', ')}.`;
}
