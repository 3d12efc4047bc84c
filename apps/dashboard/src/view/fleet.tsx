import { type CSSProperties, type ReactNode, useRef } from 'react';
import { LensBar } from '../lenses/lens-bar.tsx';
import { LossBanner } from '../node-loss/loss-banner.tsx';
import { TileHint } from '../scale/tile-hint.tsx';
import type { ClusterStore } from '../state/cluster-store.ts';
import { matchesNode } from '../state/filter.ts';
import { usePacedCluster } from '../state/hooks.ts';
import { groupNodes, useNodeGrouping } from '../state/node-groups.ts';
import type { Selection } from '../state/selection.ts';
import { useFilter } from '../state/use-filter.ts';
import { PreviewHosts } from '../what-if/preview-tiles.tsx';
import { useTileKeys } from './keyboard.ts';
import { NodeCard } from './node-card.tsx';
import { NodeSlot } from './node-slot.tsx';
import { ReplacementArcs } from './replacement-arcs.tsx';

/** Beyond either of these, pods are squares on a canvas and not elements. */
const denseNodes = 50;
const densePods = 1500;
/** Beyond this many pods, tiles carry no names. */
const namedPods = 300;

/** All nodes, grouped. */
export function Fleet({ selection }: { readonly selection: Selection }): ReactNode {
  const store = usePacedCluster('nodes', 'pods');
  const filter = useFilter();
  const ref = useRef<HTMLDivElement>(null);
  useTileKeys(ref);
  // Ghosts have tiles as long as their nodes are lost.
  const tiles = store.pods.size + store.ghosts.size;
  const isDense = store.nodes.size > denseNodes || tiles > densePods;
  const detail = isDense ? 'dense' : tiles > namedPods ? 'plain' : 'named';
  const [grouping] = useNodeGrouping();
  const shown = [...store.nodes.values()].filter((node) => matchesNode(store, node, filter));
  const groups = groupNodes(shown, grouping);
  if (store.nodes.size === 0) return <EmptyFleet store={store} />;
  return (
    <>
      <LensBar />
      <LossBanner />
      <div className={fleetClass(store.nodes.size, isDense)} ref={ref}>
        {groups.map(([group, names]) => (
          <section
            key={group}
            className="zone-group"
            style={{ '--nodes': names.length } as CSSProperties}
            aria-label={group ? `${groupWord(grouping)} ${group}` : 'Nodes'}
          >
            {(group || groups.length > 1) && <h2 className="zone">{group || `no ${grouping}`}</h2>}
            <div className="nodes">
              {names.map((name) =>
                isDense ? (
                  <NodeSlot key={name} name={name}>
                    <NodeCard name={name} selection={selection} detail={detail} />
                  </NodeSlot>
                ) : (
                  <NodeCard key={name} name={name} selection={selection} detail={detail} />
                ),
              )}
            </div>
          </section>
        ))}
        <PreviewHosts />
        {!isDense && <ReplacementArcs fleet={ref} />}
        {!isDense && <TileHint fleet={ref} />}
        {groups.length === 0 && <p className="empty">No node or pod matches “{filter}”.</p>}
      </div>
    </>
  );
}

/** Up to this many nodes, cards are large. */
const fewNodes = 3;

function fleetClass(nodeCount: number, isDense: boolean): string {
  if (isDense) return 'fleet is-compact is-dense';
  return nodeCount > fewNodes ? 'fleet is-compact' : 'fleet';
}

function EmptyFleet({ store }: { readonly store: ClusterStore }): ReactNode {
  return (
    <p className="empty">
      {store.cluster
        ? 'No node has joined yet. `npx gantry join` prints the line that adds one.'
        : 'Loading the cluster…'}
    </p>
  );
}

function groupWord(grouping: string): string {
  return grouping === 'zone' ? 'Zone' : grouping === 'pool' ? 'Pool' : grouping;
}
