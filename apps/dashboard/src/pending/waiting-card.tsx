import type { ReactNode } from 'react';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useNow } from '../state/hooks.ts';
import type { PendingGroup } from '../state/pending.ts';
import { RefusalGrid, useDecision } from '../view/decision.tsx';
import { Fixes } from './fixes.tsx';
import { queueWords } from './queue-words.ts';

export interface WaitingCardProps {
  readonly store: ClusterStore;
  readonly group: PendingGroup;
}

/** Why the pods of a group wait: the scheduler's sentence, its place in the queue, node by filter, and what would help. */
export function WaitingCard({ store, group }: WaitingCardProps): ReactNode {
  const [first] = group.pods;
  const decision = useDecision(first?.uid, group.message ?? '');
  const now = store.serverNow(useNow(1000));
  return (
    <div className="group-detail">
      {group.message && <p className="message">{group.message}</p>}
      {decision === 'loading' && <p className="muted">Asking the scheduler…</p>}
      {decision === 'none' && <p className="muted">The scheduler holds no record for this pod yet.</p>}
      {typeof decision === 'object' && (
        <>
          <p className="muted" data-queue="">
            {queueWords(decision, now)}
          </p>
          <RefusalGrid decision={decision} />
        </>
      )}
      {first && group.message && <Fixes store={store} podKey={first.key} changeMark={group.message} />}
    </div>
  );
}
