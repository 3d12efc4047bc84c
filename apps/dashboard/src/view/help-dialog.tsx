import { type ReactNode, useEffect, useRef } from 'react';
import { allActions } from '../actions/all-actions.ts';
import { type TileState, tileStateWords } from '../state/pod-state.ts';
import { useUi } from '../state/ui.ts';
import { Glyph } from './glyph.tsx';

/** Keys that are no actions: they belong to what has the focus. */
const focusKeys: readonly (readonly [string, string])[] = [
  ['Arrow keys', 'Walk nodes and pods'],
  ['Enter', 'Open the focused node or pod'],
  ['Esc', 'One step back'],
];

const actionKeys = allActions.flatMap(({ shortcut, title }): [string, string][] =>
  shortcut ? [[shortcut.replace('Ctrl+k', 'Ctrl K'), title]] : [],
);

const states: readonly TileState[] = [
  'pending',
  'creating',
  'starting',
  'ready',
  'failing',
  'terminating',
  'unknown',
  'failed',
  'succeeded',
];

/** Keys, and what the tiles and bars mean. */
export function HelpDialog(): ReactNode {
  const ref = useRef<HTMLDialogElement>(null);
  const { isHelpOpen, setHelpOpen } = useUi();
  useEffect(() => {
    if (isHelpOpen && !ref.current?.open) ref.current?.showModal();
    if (!isHelpOpen) ref.current?.close();
  }, [isHelpOpen]);
  return (
    <dialog ref={ref} className="help" aria-labelledby="help-title" onClose={() => setHelpOpen(false)}>
      <h2 id="help-title">Help</h2>
      <div className="help-columns">
        <dl className="help-keys">
          {[...actionKeys, ...focusKeys].map(([key, what]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <ul className="legend">
          {states.map((state) => (
            <li key={state}>
              <span className={`tile tile-${state} tile-sample`} aria-hidden="true">
                <Glyph state={state} />
              </span>
              {tileStateWords[state]}
            </li>
          ))}
        </ul>
      </div>
      <p className="muted">
        A tile's colour is its workload, its area the pod's request along the node's tighter resource; empty ground is
        free. A T says that its CPU limit held it back. On the bars: solid is used, hatched is requested, the outline is
        limits, the tick is allocatable.
      </p>
      <button type="button" className="button" onClick={() => setHelpOpen(false)}>
        Close
      </button>
    </dialog>
  );
}
