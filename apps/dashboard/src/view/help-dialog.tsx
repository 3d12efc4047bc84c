import { type ReactNode, useEffect, useRef } from 'react';
import { type TileState, tileStateWords } from '../state/pod-state.ts';
import { useUi } from '../state/ui.ts';
import { Glyph } from './glyph.tsx';

const keys: readonly (readonly [string, string])[] = [
  ['Arrow keys', 'walk the pods, over the borders of nodes'],
  ['Enter', 'open the focused pod'],
  ['/', 'filter pods, workloads, nodes and events'],
  ['s', 'set the replicas of the open workload'],
  ['t', 'switch between tiles and tables'],
  ['Esc', 'one step back'],
  ['?', 'this help'],
];

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
          {keys.map(([key, what]) => (
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
