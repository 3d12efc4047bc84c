import type { ReactNode } from 'react';
import { count, formatSpan } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useNow } from '../state/hooks.ts';
import { Tile } from '../view/tile.tsx';
import { type StuckGroup, stuckGroups } from './start-causes.ts';

const shownTiles = 60;

/** Pods that have their node and do not start there, by cause: on the same card as those that wait for a node. */
export function StuckGroups({ store }: { readonly store: ClusterStore }): ReactNode {
  // Once a second and not with every change: it looks at every pod.
  const now = store.serverNow(useNow(1000));
  const groups = stuckGroups(store);
  return groups.map((group) => <Stuck key={group.id} store={store} group={group} now={now} />);
}

interface StuckProps {
  readonly store: ClusterStore;
  readonly group: StuckGroup;
  readonly now: number;
}

function Stuck({ store, group, now }: StuckProps): ReactNode {
  const { cause, pods, text, retryAt } = group;
  const wait = retryAt === undefined ? undefined : retryAt - now;
  return (
    <details className="group" data-stuck-group="">
      <summary className="group-head">
        <span className="group-cause">{cause}</span>
        <span className="muted">
          {count(pods.length, 'pod')} on {count(new Set(pods.map(({ nodeName }) => nodeName)).size, 'node')}
          {wait !== undefined && (wait > 0 ? `, tried again in about ${formatSpan(wait)}` : ', being tried again')}
        </span>
      </summary>
      <div className="group-detail">
        {text && <p className="message">{text}</p>}
        <div className="group-tiles">
          {pods.slice(0, shownTiles).map((pod) => {
            const root = store.rootOf(pod);
            return (
              <Tile
                key={pod.uid}
                pod={pod}
                node={store.nodes.get(pod.nodeName ?? '')}
                ownerName={root.name}
                hue={store.hues.of(root.uid)}
                isSelected={false}
                isDimmed={false}
              />
            );
          })}
        </div>
      </div>
    </details>
  );
}
