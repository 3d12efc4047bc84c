import { type ReactNode, useRef, useState } from 'react';
import { count } from '../format.ts';
import { StuckGroups } from '../pending/stuck-groups.tsx';
import { WaitingCard } from '../pending/waiting-card.tsx';
import type { ClusterStore } from '../state/cluster-store.ts';
import { matchesPod } from '../state/filter.ts';
import { usePacedCluster } from '../state/hooks.ts';
import { groupPending, type PendingGroup } from '../state/pending.ts';
import type { Selection } from '../state/selection.ts';
import { useFilter } from '../state/use-filter.ts';
import { PreviewWaits } from '../what-if/preview-waits.tsx';
import { useTileKeys } from './keyboard.ts';
import { isSelectedPod } from './node-tiles.tsx';
import { Tile } from './tile.tsx';

/** Tiles shown per group; the count says how many there are. */
const shownTiles = 120;

/** Pods no node was found for, grouped by cause; a group opens to what each node lacks. */
export function PendingTray({ selection }: { readonly selection: Selection }): ReactNode {
  const store = usePacedCluster('pending', 'workloads');
  const groups = groupPending(store.pendingPods(), (pod) => store.rootOf(pod));
  const { isOpen, toggle } = useOpenGroups();
  const ref = useRef<HTMLElement>(null);
  useTileKeys(ref);
  const total = groups.reduce((sum, group) => sum + group.pods.length, 0);
  return (
    <section ref={ref} className={total > 0 ? 'tray has-pods' : 'tray'} aria-label="Pending pods">
      <h2>
        Pending <span className="count">{total}</span>
      </h2>
      {total === 0 ? (
        <p className="muted">Every pod has a node.</p>
      ) : (
        groups.map((group) => (
          <Group
            key={group.id}
            store={store}
            group={group}
            selection={selection}
            isOpen={isOpen(group)}
            toggle={() => toggle(group)}
          />
        ))
      )}
      <StuckGroups store={store} />
      <PreviewWaits />
    </section>
  );
}

/** A group is open while one of the pods is in it with which it was opened: its cause may change under the reader's eyes. */
function useOpenGroups() {
  const [openPods, setOpenPods] = useState<ReadonlySet<string>>(new Set());
  const isOpen = ({ pods }: PendingGroup): boolean => pods.some(({ uid }) => openPods.has(uid));
  const toggle = (group: PendingGroup): void => {
    const uids = new Set(group.pods.map(({ uid }) => uid));
    const others = [...openPods].filter((uid) => !uids.has(uid));
    setOpenPods(new Set(isOpen(group) ? others : [...others, ...uids]));
  };
  return { isOpen, toggle };
}

interface GroupProps {
  readonly store: ClusterStore;
  readonly group: PendingGroup;
  readonly selection: Selection;
  readonly isOpen: boolean;
  readonly toggle: () => void;
}

function Group({ store, group, selection, isOpen, toggle }: GroupProps): ReactNode {
  const filter = useFilter();
  return (
    <div className="group" data-pending-group="">
      <button type="button" className="group-head" aria-expanded={isOpen} onClick={toggle}>
        <span className="chevron" aria-hidden="true" />
        <span className="group-cause">{group.cause}</span>
        <span className="muted">{group.owners.map(({ owner, count: n }) => `${n} × ${owner.name}`).join(', ')}</span>
      </button>
      <div className="group-tiles">
        {group.pods.slice(0, shownTiles).map((pod) => {
          const root = store.rootOf(pod);
          return (
            <Tile
              key={pod.uid}
              pod={pod}
              node={undefined}
              ownerName={root.name}
              hue={store.hues.of(root.uid)}
              isSelected={isSelectedPod(selection, pod)}
              isDimmed={!matchesPod(store, pod, filter)}
            />
          );
        })}
        {group.pods.length > shownTiles && (
          <span className="muted">and {count(group.pods.length - shownTiles, 'more')}</span>
        )}
      </div>
      {isOpen && <WaitingCard store={store} group={group} />}
    </div>
  );
}
