import { type ReactNode, type RefObject, useLayoutEffect, useState } from 'react';
import { useCluster, useNow } from '../state/hooks.ts';
import { drawnReplacements } from '../state/replacements.ts';

interface Arc {
  readonly id: string;
  readonly path: string;
}

/** Thin lines from the ghosts on a lost node to the pods that took their place, fainter after some seconds. */
export function ReplacementArcs({ fleet }: { readonly fleet: RefObject<HTMLElement | null> }): ReactNode {
  const store = useCluster('pods', 'nodes');
  const now = useNow(500);
  const [arcs, setArcs] = useState<readonly Arc[]>([]);
  const pairs = drawnReplacements(store, store.serverNow(now));
  // After layout, when tiles are where this frame puts them.
  useLayoutEffect(() => {
    // Without any, the page's layout need not be asked for.
    const drawn = fleet.current && pairs.length > 0 ? drawArcs(fleet.current, pairs) : [];
    setArcs((before) => (sameArcs(before, drawn) ? before : drawn));
  });
  if (arcs.length === 0) return null;
  return (
    <svg className="arcs" aria-hidden="true" data-arcs={arcs.length}>
      {arcs.map((arc) => (
        <path key={arc.id} d={arc.path} />
      ))}
    </svg>
  );
}

function drawArcs(fleet: HTMLElement, pairs: ReturnType<typeof drawnReplacements>): Arc[] {
  const origin = fleet.getBoundingClientRect();
  const centre = (uid: string): { x: number; y: number } | undefined => {
    const box = fleet.querySelector(`[data-uid="${CSS.escape(uid)}"]`)?.getBoundingClientRect();
    return box && { x: box.x + box.width / 2 - origin.x, y: box.y + box.height / 2 - origin.y };
  };
  return pairs.flatMap(({ ghost, successor }) => {
    const from = centre(ghost.uid);
    const to = centre(successor.uid);
    if (!from || !to) return [];
    const lift = 24 + Math.abs(to.x - from.x) * 0.12;
    const middle = `${Math.round((from.x + to.x) / 2)} ${Math.round(Math.min(from.y, to.y) - lift)}`;
    const path = `M${Math.round(from.x)} ${Math.round(from.y)} Q${middle} ${Math.round(to.x)} ${Math.round(to.y)}`;
    return [{ id: `${ghost.uid} ${successor.uid}`, path }];
  });
}

function sameArcs(a: readonly Arc[], b: readonly Arc[]): boolean {
  return a.length === b.length && a.every((arc, index) => arc.path === b[index]?.path);
}
