import { type RefObject, useEffect } from 'react';

type Direction = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown';

/** What the arrow keys stop at: pods, and the names of nodes above them. */
const stopsSelector = '[data-tile], [data-node-link]';
const tabStopSelector = '[data-tile][tabindex="0"], [data-node-link][tabindex="0"]';

/**
 * Arrow keys walk the nodes and pods below an element as a grid: left and right in reading order, up and down to the
 * nearest one that way, over the borders of nodes. One at a time is in the tab order (roving tabindex).
 */
export function useTileKeys(ref: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const fleet = ref.current;
    if (!fleet) return;
    const tiles = (): HTMLElement[] => [...fleet.querySelectorAll<HTMLElement>(stopsSelector)];
    const ensureOneTabStop = (): void => {
      const stop = fleet.querySelector(tabStopSelector);
      // A node's name is the stop only where somebody walked there, or while there is no pod.
      if (stop?.matches('[data-tile]') || (stop && stop === document.activeElement)) return;
      const first = fleet.querySelector<HTMLElement>('[data-tile]') ?? (stop ? undefined : tiles()[0]);
      if (first) rove(fleet, first);
    };
    ensureOneTabStop();
    // Tiles come and go without a render of the fleet itself, the tab stop among them.
    const observer = new MutationObserver(ensureOneTabStop);
    observer.observe(fleet, { childList: true, subtree: true });
    const onKey = (event: KeyboardEvent): void => {
      const from = (event.target as HTMLElement).closest<HTMLElement>(stopsSelector);
      if (!from || !isDirection(event.key) || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const next = neighbour(tiles(), from, event.key);
      if (next) moveFocus(fleet, next);
    };
    const onFocus = (event: FocusEvent): void => {
      const tile = (event.target as HTMLElement).closest<HTMLElement>(stopsSelector);
      if (tile) rove(fleet, tile);
    };
    fleet.addEventListener('keydown', onKey);
    fleet.addEventListener('focusin', onFocus);
    return () => {
      observer.disconnect();
      fleet.removeEventListener('keydown', onKey);
      fleet.removeEventListener('focusin', onFocus);
    };
  });
}

function neighbour(tiles: readonly HTMLElement[], from: HTMLElement, direction: Direction): HTMLElement | undefined {
  if (direction === 'ArrowLeft' || direction === 'ArrowRight') {
    const ordered = readingOrder(tiles);
    return ordered[ordered.indexOf(from) + (direction === 'ArrowRight' ? 1 : -1)];
  }
  const sign = direction === 'ArrowDown' ? 1 : -1;
  const start = from.getBoundingClientRect();
  let best: { tile: HTMLElement; cost: number } | undefined;
  for (const tile of tiles) {
    const box = tile.getBoundingClientRect();
    const gap = sign > 0 ? box.top - start.top : start.top - box.top;
    if (tile === from || gap < 4) continue;
    // Sideways distance weighs double, so that the walk stays in its column.
    const cost = gap + 2 * Math.abs(box.left - start.left);
    if (!best || cost < best.cost) best = { tile, cost };
  }
  return best?.tile;
}

/** Node by node, and within a node row by row. */
function readingOrder(tiles: readonly HTMLElement[]): HTMLElement[] {
  const groups = new Map<Element | null, { tile: HTMLElement; box: DOMRect }[]>();
  for (const tile of tiles) {
    const node = tile.closest('[data-node]') ?? tile.parentElement;
    const group = groups.get(node) ?? [];
    group.push({ tile, box: tile.getBoundingClientRect() });
    groups.set(node, group);
  }
  return [...groups.values()].flatMap((group) =>
    group.sort((a, b) => a.box.top - b.box.top || a.box.left - b.box.left).map((entry) => entry.tile),
  );
}

function moveFocus(fleet: HTMLElement, tile: HTMLElement): void {
  rove(fleet, tile);
  tile.focus();
  tile.scrollIntoView({ block: 'nearest' });
}

function rove(fleet: HTMLElement, tile: HTMLElement): void {
  for (const other of fleet.querySelectorAll<HTMLElement>(tabStopSelector)) other.tabIndex = -1;
  tile.tabIndex = 0;
}

function isDirection(key: string): key is Direction {
  return key === 'ArrowLeft' || key === 'ArrowRight' || key === 'ArrowUp' || key === 'ArrowDown';
}
