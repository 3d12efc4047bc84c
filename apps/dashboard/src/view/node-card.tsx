import type { FeedNode } from '@gantry/api-types/feed';
import { memo, type ReactNode } from 'react';
import { Link } from 'wouter';
import { count, formatBytes, formatCpu, formatHeartbeat } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useCluster, useNow } from '../state/hooks.ts';
import { isNodeReady } from '../state/pod-state.ts';
import { nodeRails } from '../state/rails.ts';
import { objectPath, type Selection } from '../state/selection.ts';
import { CordonButton } from './cordon-button.tsx';
import { DenseTiles } from './dense-tiles.tsx';
import { EvictionNotice } from './eviction-notice.tsx';
import { NodeTiles } from './node-tiles.tsx';
import { RailView } from './rail.tsx';

export interface NodeCardProps {
  readonly name: string;
  readonly selection: Selection;
  readonly isDense: boolean;
}

/** A node: whether it lives, how full it is, and its pods. */
export const NodeCard = memo(function NodeCard({ name, selection, isDense }: NodeCardProps): ReactNode {
  const store = useCluster(`node:${name}`);
  const node = store.nodes.get(name);
  if (!node) return null;
  const isReady = isNodeReady(node);
  // The last sample of a node that is not heard of says nothing about now.
  const rails = nodeRails(node, store.podsOn(name).values(), isReady ? store.usage.get(name) : undefined);
  const isSelected = selection.kind === 'node' && selection.name === name;
  const classes = [
    'node',
    isReady ? '' : 'is-lost',
    node.unschedulable ? 'is-cordoned' : '',
    isSelected ? 'is-selected' : '',
  ];
  return (
    <article className={classes.filter(Boolean).join(' ')} aria-labelledby={`node-${name}`} data-node={name}>
      <header className="node-head">
        <h3 id={`node-${name}`}>
          <Link href={objectPath('Node', undefined, name)} data-node-link="">
            {name}
          </Link>
        </h3>
        <NodeState node={node} isReady={isReady} />
        <Heartbeat store={store} node={node} isReady={isReady} />
      </header>
      <EvictionNotice store={store} node={node} />
      <RailView label="CPU" rail={rails.cpu} format={formatCpu} />
      <RailView label="Memory" rail={rails.memory} format={formatBytes} />
      {isDense ? (
        <DenseTiles store={store} node={node} />
      ) : (
        <NodeTiles store={store} node={node} selection={selection} />
      )}
      <footer className="node-foot">
        <span>
          {count(rails.podCount, 'pod')} of {rails.podCapacity}
        </span>
        <CordonButton node={node} />
      </footer>
    </article>
  );
});

function NodeState({ node, isReady }: { readonly node: FeedNode; readonly isReady: boolean }): ReactNode {
  return (
    <>
      <span className={isReady ? 'badge badge-ok' : 'badge badge-bad'}>{isReady ? 'Ready' : 'NotReady'}</span>
      {node.unschedulable && <span className="badge badge-warn">Cordoned</span>}
    </>
  );
}

interface HeartbeatProps {
  readonly store: ClusterStore;
  readonly node: FeedNode;
  readonly isReady: boolean;
}

/** Amber from here on, in milliseconds: with one heartbeat and one tick a second, up to two are normal. */
const lateHeartbeatMs = 3_000;

/** Time since the last heartbeat, counting up while none comes; stands still where the page itself is cut off. */
function Heartbeat({ node, isReady }: HeartbeatProps): ReactNode {
  const store = useCluster('heartbeats', 'connection');
  const now = useNow(500, store.connection.kind === 'live');
  const at = store.heartbeats.get(node.key);
  // A node that lives by its Lease alone sends none.
  if (at === undefined) return isReady ? null : <span className="heartbeat">no heartbeat yet</span>;
  const age = store.serverNow(now) - at;
  const isLate = age > lateHeartbeatMs || !isReady;
  return (
    <span className={isLate ? 'heartbeat is-late' : 'heartbeat'} title="Time since the last heartbeat">
      {isLate ? (
        `last seen ${formatHeartbeat(age)} ago`
      ) : (
        <>
          <HeartIcon />
          {formatHeartbeat(age)}
        </>
      )}
    </span>
  );
}

function HeartIcon(): ReactNode {
  return (
    <svg viewBox="0 0 12 12" className="heart" aria-label="heartbeat" role="img">
      <path d="M1 6.5h2.4L4.9 3l2.2 6 1.3-2.5H11" />
    </svg>
  );
}
