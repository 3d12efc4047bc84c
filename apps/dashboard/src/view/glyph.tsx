import type { ReactNode } from 'react';
import type { TileState } from '../state/pod-state.ts';

/** One sign per state, drawn so that they differ in outline and not in colour. Ready has none: it is the normal case. */
const shapes: Readonly<Record<TileState, ReactNode>> = {
  ready: null,
  pending: (
    <>
      <circle cx="6" cy="6" r="4.2" />
      <path d="M6 3.6V6l1.7 1.2" />
    </>
  ),
  creating: <path d="M6 1.8v5.4M3.6 5 6 7.4 8.4 5M2.4 10h7.2" />,
  starting: <path d="M9.9 6A3.9 3.9 0 1 1 7.6 2.5M7.4.8l.5 1.9-1.9.6" />,
  failing: <path d="M6 1.8v5M6 9.6v.2" strokeWidth="2.2" />,
  terminating: <path d="M2.6 6h6.8" strokeWidth="2" />,
  succeeded: <path d="M2.2 6.4 4.8 9l5-6" />,
  failed: <path d="M2.6 2.6l6.8 6.8M9.4 2.6 2.6 9.4" />,
  unknown: <path d="M3.8 4.2a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.5M6 10v.1" />,
};

/** The sign of a state, decorative: the words are always beside it or in the label. */
export function Glyph({ state }: { readonly state: TileState }): ReactNode {
  if (!shapes[state]) return null;
  return (
    <svg className="glyph" viewBox="0 0 12 12" aria-hidden="true">
      {shapes[state]}
    </svg>
  );
}
