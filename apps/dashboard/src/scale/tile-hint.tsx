import type { SchedulingDecision } from '@gantry/core/scheduler/decision';
import { type ReactNode, type RefObject, useEffect, useState } from 'react';
import { fetchDecision } from '../state/actions.ts';
import { decisionWords } from './decision-words.ts';

interface Hint {
  readonly uid: string;
  readonly text: string;
  readonly left: number;
  readonly top: number;
}

/** The pointer rests this long on a tile before its hint is shown, milliseconds. */
const restMs = 140;
const width = 340;

/** For the tile under the pointer or the focus: what it is, and why it is where it is, from the scheduler's record. */
export function TileHint({ fleet }: { readonly fleet: RefObject<HTMLElement | null> }): ReactNode {
  const hint = useHoveredTile(fleet);
  const decision = useDecisionOf(hint?.uid);
  if (!hint) return null;
  return (
    <div className="hint" role="tooltip" style={{ left: hint.left, top: hint.top, width }}>
      <p>{hint.text}</p>
      {decision && <p data-hint-decision="">{decisionWords(decision)}</p>}
    </div>
  );
}

function useHoveredTile(fleet: RefObject<HTMLElement | null>): Hint | undefined {
  const [hint, setHint] = useState<Hint>();
  useEffect(() => {
    const root = fleet.current;
    if (!root) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hide = (): void => {
      clearTimeout(timer);
      setHint(undefined);
    };
    const show = (event: Event): void => {
      const tile = (event.target as Element).closest<HTMLElement>('[data-tile]');
      if (!tile) return hide();
      clearTimeout(timer);
      timer = setTimeout(() => setHint(hintOf(tile)), restMs);
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') hide();
    };
    const stops = [
      listen(root, 'pointerover', show),
      listen(root, 'focusin', show),
      listen(root, 'pointerleave', hide),
      listen(root, 'focusout', hide),
      listen(root, 'pointerdown', hide),
      listen(root, 'keydown', onKey as (event: Event) => void),
    ];
    return () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, [fleet]);
  return hint;
}

function listen(target: HTMLElement, type: string, handler: (event: Event) => void): () => void {
  target.addEventListener(type, handler);
  return () => target.removeEventListener(type, handler);
}

function hintOf(tile: HTMLElement): Hint | undefined {
  const { uid } = tile.dataset;
  if (!uid || !tile.isConnected) return undefined;
  const box = tile.getBoundingClientRect();
  const left = Math.max(8, Math.min(box.left, innerWidth - width - 8));
  const isLow = box.bottom > innerHeight - 110;
  return { uid, text: tile.getAttribute('aria-label') ?? '', left, top: isLow ? box.top - 92 : box.bottom + 6 };
}

function useDecisionOf(uid: string | undefined): SchedulingDecision | undefined {
  const [decision, setDecision] = useState<SchedulingDecision>();
  useEffect(() => {
    setDecision(undefined);
    if (!uid) return;
    const abort = new AbortController();
    fetchDecision(uid, abort.signal).then(
      (found) => !abort.signal.aborted && setDecision(found),
      // A hint without the reason is still a hint.
      () => undefined,
    );
    return () => abort.abort();
  }, [uid]);
  return decision;
}
