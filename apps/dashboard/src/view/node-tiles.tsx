import type { FeedNode, FeedPod } from '@gantry/api-types/feed';
import type { PodUsage } from '@gantry/api-types/usage';
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react';
import { lensShare, tileMarks } from '../lenses/lens.ts';
import { useLens, useVmModel } from '../lenses/use-lens.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { matchesPod } from '../state/filter.ts';
import { isTerminated } from '../state/pod-state.ts';
import type { Selection } from '../state/selection.ts';
import { layoutTiles, type TileArea, tileSize } from '../state/tile-layout.ts';
import { useFilter } from '../state/use-filter.ts';
import { usePreview } from '../what-if/preview.ts';
import type { PreviewGhost } from '../what-if/preview-scene.ts';
import { PreviewTile } from '../what-if/preview-tiles.tsx';
import { Tile } from './tile.tsx';

const rows = 7;

/** Pixels: the fewer nodes there are, the more room each gets. */
function rowHeightFor(nodeCount: number): number {
  return nodeCount <= 3 ? 36 : nodeCount <= 8 ? 25 : 22;
}

export interface NodeTilesProps {
  readonly store: ClusterStore;
  readonly node: FeedNode;
  readonly selection: Selection;
  /** Whether names are on the tiles: beyond some hundred they cannot be read and only cost time. */
  readonly hasLabels: boolean;
}

/** The pods of a node as tiles whose area is what the lens counts: by requests, what stays empty can still be requested. */
export function NodeTiles({ store, node, selection, hasLabels }: NodeTilesProps): ReactNode {
  const [ref, width] = useWidth();
  const [lens] = useLens();
  const [model] = useVmModel();
  const filter = useFilter();
  const rowHeight = rowHeightFor(store.nodes.size);
  const area: TileArea = { width, rows, rowHeight, gap: 2, minWidth: 20 };
  const ghosts = store.ghosts.on(node.key);
  const usage = new Map(store.usage.get(node.key)?.pods.map((pod): [string, PodUsage] => [pod.uid, pod]));
  const shareOf = (pod: FeedPod): number =>
    lensShare(lens, { pod, allocatable: node.allocatable, usage: usage.get(pod.uid), model });
  const pods = width > 0 ? orderPods({ store, node, area, ghosts, shareOf }) : [];
  const previewed = usePreview(({ preview }) => preview?.scene?.ghostsOn.get(node.key)) ?? noGhosts;
  const leaving = usePreview(({ preview }) => preview?.scene?.leaving);
  const layout = layoutTiles(
    [
      ...pods.map((pod) => ({ id: pod.uid, share: shareOf(pod) })),
      ...(width > 0 ? previewed : []).map(({ id, pod }) => ({ id, share: shareOf(pod) })),
    ],
    area,
  );
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form controls, these are links
    <div
      ref={ref}
      className="tiles"
      role="group"
      aria-label={`Pods on ${node.key}`}
      style={{ height: layout.rows * rowHeight - 2, backgroundSize: `${width / 8}px ${rowHeight}px` }}
    >
      {layout.rows > rows && <div className="tiles-end" style={{ top: rows * rowHeight - 2 }} aria-hidden="true" />}
      {pods.map((pod, index) => {
        const rect = layout.tiles[index];
        const root = store.rootOf(pod);
        return (
          rect && (
            <Tile
              key={pod.uid}
              pod={pod}
              node={node}
              ownerName={root.name}
              hue={store.hues.of(root.uid)}
              isSelected={isSelectedPod(selection, pod)}
              isDimmed={!matchesPod(store, pod, filter)}
              marks={tileMarks(lens, pod, usage.get(pod.uid))}
              hasLabel={hasLabels}
              isEvicted={ghosts.has(pod.uid)}
              isLeaving={leaving?.has(pod.key) ?? false}
              rect={rect}
            />
          )
        );
      })}
      {previewed.map((ghost, index) => {
        const rect = layout.tiles[pods.length + index];
        return rect && <PreviewTile key={ghost.id} ghost={ghost} rect={rect} />;
      })}
    </div>
  );
}

const noGhosts: readonly PreviewGhost[] = [];

/** Whether the selection is this pod. */
export function isSelectedPod(selection: Selection, pod: FeedPod): boolean {
  return selection.kind === 'pod' && `${selection.namespace}/${selection.name}` === pod.key;
}

interface Ordering {
  readonly store: ClusterStore;
  readonly node: FeedNode;
  readonly area: TileArea;
  readonly ghosts: ReadonlyMap<string, FeedPod>;
  readonly shareOf: (pod: FeedPod) => number;
}

/** Large tiles first (small ones fill what is left beside them), then by owner, then by age; those that ended last. */
function orderPods({ store, node, area, ghosts, shareOf }: Ordering): FeedPod[] {
  return [...store.podsOn(node.key).values(), ...ghosts.values()]
    .map((pod) => ({
      pod,
      ended: isTerminated(pod) ? 1 : 0,
      rows: tileSize(shareOf(pod), area).rows,
      owner: store.rootOf(pod).name,
    }))
    .sort(
      (a, b) =>
        a.ended - b.ended ||
        b.rows - a.rows ||
        a.owner.localeCompare(b.owner) ||
        a.pod.createdAt.localeCompare(b.pod.createdAt) ||
        a.pod.key.localeCompare(b.pod.key),
    )
    .map((entry) => entry.pod);
}

/** The width of an element in whole pixels, kept up to date; 0 before the first layout. */
export function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const measure = (): void => setWidth(Math.floor(element.clientWidth));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}
