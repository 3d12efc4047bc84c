import type { FeedNode } from '@gantry/api-types/feed';
import { memo, type ReactNode } from 'react';
import { Link } from 'wouter';
import { formatAge, formatCpu, formatMebibytes, formatSpan } from '../format.ts';
import { nodeLine } from '../lenses/node-line.ts';
import { useLens, useVmModel } from '../lenses/use-lens.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useCluster } from '../state/hooks.ts';
import { isNodeReady } from '../state/pod-state.ts';
import { nodeRails, type Rails } from '../state/rails.ts';
import { objectPath, type Selection } from '../state/selection.ts';
import { PreviewLine } from '../what-if/preview-tiles.tsx';
import { CordonButton } from './cordon-button.tsx';
import { DenseTiles } from './dense-tiles.tsx';
import { EvictionNotice } from './eviction-notice.tsx';
import { NodeTiles } from './node-tiles.tsx';
import { RailView } from './rail.tsx';

export interface NodeCardProps {
  readonly name: string;
  readonly selection: Selection;
  /** How much of each pod is drawn. */
  readonly detail: TileDetail;
}

/** `named`: tiles with names; `plain`: tiles without; `dense`: squares on a canvas. */
export type TileDetail = 'named' | 'plain' | 'dense';

/** A node: whether it lives, how full it is, and its pods. */
export const NodeCard = memo(function NodeCard({ name, selection, detail }: NodeCardProps): ReactNode {
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
          <Link href={objectPath('Node', undefined, name)} data-node-link="" tabIndex={-1}>
            {name}
          </Link>
        </h3>
        <NodeState node={node} isReady={isReady} />
        <Heartbeat node={node} isReady={isReady} />
      </header>
      <EvictionNotice node={node} />
      <RailView label="CPU" rail={rails.cpu} format={formatCpu} />
      <RailView label="Memory" rail={rails.memory} format={formatMebibytes} />
      {detail === 'dense' ? (
        <DenseTiles store={store} node={node} />
      ) : (
        <NodeTiles store={store} node={node} selection={selection} hasLabels={detail === 'named'} />
      )}
      <PreviewLine node={node} />
      <footer className="node-foot">
        <NodeLine node={node} rails={rails} store={store} />
        <span className="node-age" title={`In the cluster since ${node.createdAt}`}>
          age {formatAge(store.serverNow(Date.now()) - Date.parse(node.createdAt))}
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

interface NodeLineProps {
  readonly store: ClusterStore;
  readonly node: FeedNode;
  readonly rails: Rails;
}

function NodeLine({ store, node, rails }: NodeLineProps): ReactNode {
  const [lens] = useLens();
  const [model] = useVmModel();
  return <span>{nodeLine(lens, { node, rails, pods: store.podsOn(node.key).values(), model })}</span>;
}

interface HeartbeatProps {
  readonly node: FeedNode;
  readonly isReady: boolean;
}

/** Late from here on, in milliseconds: heartbeats and ticks come once a second each. */
const lateHeartbeatMs = 2_000;

/**
 * A steady mark while heartbeats come as they should, else how long ago the last one did. Measured at the server when it
 * sent the tick: between ticks nothing is known, and where the page itself is cut off it stands still.
 */
function Heartbeat({ node, isReady }: HeartbeatProps): ReactNode {
  const store = useCluster('heartbeats');
  const at = store.heartbeats.get(node.key);
  // A node that lives by its Lease alone sends none.
  if (at === undefined) return isReady ? null : <span className="heartbeat">no heartbeat yet</span>;
  const age = store.heartbeatsAt - at;
  if (isReady && age <= lateHeartbeatMs)
    return (
      <span className="heartbeat" title="Heartbeats come every second">
        <HeartIcon />
        beat
      </span>
    );
  return (
    <span className="heartbeat is-late" title="Time since the last heartbeat">
      last seen {formatSpan(age)} ago
    </span>
  );
}

function HeartIcon(): ReactNode {
  return (
    <svg viewBox="0 0 12 12" className="heart" aria-hidden="true">
      <path d="M1 6.5h2.4L4.9 3l2.2 6 1.3-2.5H11" />
    </svg>
  );
}
