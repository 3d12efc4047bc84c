import type { FeedNode } from '@gantry/api-types/feed';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { count, formatSpan, nameOf, namespaceOf } from '../format.ts';
import { deletePod } from '../state/actions.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useNow, usePacedCluster } from '../state/hooks.ts';
import { evictionTime, isTerminated } from '../state/pod-state.ts';
import { objectPath } from '../state/selection.ts';
import { setSearchValue } from '../state/url-search.ts';
import { useAction } from '../view/use-action.ts';
import { Dips } from './dips.tsx';
import { evictionWords } from './eviction-words.ts';
import { LossAction } from './loss-action.tsx';
import type { Loss } from './loss-book.ts';
import { countMoved, movedWords } from './moved-words.ts';
import { WaitLess } from './wait-less.tsx';

/** Above the fleet, for every node that was lost: what is being waited for and for how long, and what became of its pods. */
export function LossBanner(): ReactNode {
  const store = usePacedCluster('nodes', 'pods', 'services');
  const now = store.serverNow(useNow(500));
  const losses = store.losses.losses(now);
  if (losses.length === 0) return null;
  return (
    <ul className="losses" aria-label="Lost nodes">
      {losses.map((loss) => {
        const node = store.nodes.get(loss.node);
        return (
          <li key={loss.node} className={loss.backAt === undefined ? 'loss' : 'loss is-back'} data-loss={loss.node}>
            {node && loss.backAt === undefined && <Lost store={store} node={node} loss={loss} now={now} />}
            {loss.backAt !== undefined && <Back store={store} loss={loss} />}
            <Dips store={store} loss={loss} now={now} />
          </li>
        );
      })}
    </ul>
  );
}

interface LostProps {
  readonly store: ClusterStore;
  readonly node: FeedNode;
  readonly loss: Loss;
  readonly now: number;
}

function Lost({ store, node, loss, now }: LostProps): ReactNode {
  const pods = [...store.podsOn(node.key).values()].filter((pod) => !isTerminated(pod) && !pod.deletedAt);
  const dues = pods.flatMap((pod) => evictionTime(pod, node) ?? []);
  const staying = pods.length - dues.length;
  const moved = countMoved(store, node);
  const defaultSeconds = store.cluster?.settings.defaultTolerationSeconds;
  return (
    <div className="loss-line">
      <span>
        <b>
          <Link href={objectPath('Node', undefined, node.key)}>{node.key}</Link> is unreachable
        </b>{' '}
        for {formatSpan(now - loss.lostAt)}.{' '}
        {dues.length > 0 && `${evictionWords(pods, node, { now, defaultSeconds })}. `}
        {moved.evicted > 0 && `${count(moved.evicted, 'pod')} evicted: ${movedWords(moved)}. `}
        {staying > 0 && `${count(staying, 'pod')} ${staying === 1 ? 'stays' : 'stay'}, in state Unknown. `}
      </span>
      {pods.length > 0 && <EvictNow node={node.key} pods={pods} />}
      {dues.length > 0 && (
        <WaitLess node={node.key} pods={pods.map(({ key }) => key)} longestMs={Math.max(...dues) - loss.lostAt} />
      )}
    </div>
  );
}

interface EvictNowProps {
  readonly node: string;
  readonly pods: readonly { readonly key: string; readonly uid: string }[];
}

function EvictNow({ node, pods }: EvictNowProps): ReactNode {
  const action = useAction({ verb: 'delete', resource: 'pods' });
  if (!action.isAllowed) return null;
  const evict = async (): Promise<void> => {
    await Promise.all(
      pods.map(({ key, uid }) => deletePod({ namespace: namespaceOf(key), name: nameOf(key), uid, graceSeconds: 0 })),
    );
  };
  return (
    <LossAction
      action={action}
      id={`evict-now-${node}`}
      label="Evict now"
      title="Removes the pods from the API without waiting: their containers may run on until the node returns"
      run={evict}
    />
  );
}

function Back({ store, loss }: { readonly store: ClusterStore; readonly loss: Loss }): ReactNode {
  const away = (loss.backAt ?? loss.lostAt) - loss.lostAt;
  return (
    <div className="loss-line">
      <span>
        <b>
          <Link href={objectPath('Node', undefined, loss.node)}>{loss.node}</Link> is back
        </b>{' '}
        after {formatSpan(away)}; {loss.evicted ? `the ${count(loss.evicted, 'pod')} that left it are` : 'pods are'}{' '}
        <b>not</b> moved back automatically.
      </span>
      <button type="button" className="button" onClick={() => setSearchValue('rebalance', 'preview')}>
        Preview rebalance
      </button>
      <button
        type="button"
        className="button button-quiet"
        onClick={() => {
          store.losses.forget(loss.node);
          store.topics.publish(['nodes']);
        }}
      >
        Dismiss
      </button>
    </div>
  );
}
