import type { ReactNode } from 'react';
import { count, nameOf } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { tileState, tileStateWords } from '../state/pod-state.ts';
import type { SourceLabel } from './log-rows.tsx';
import type { LogSession, LogSource } from './log-session.ts';
import { maxStreams } from './log-session.ts';

/** Chips of pods that are gone shown at most. */
const shownGone = 12;

interface LogChipsProps {
  readonly store: ClusterStore;
  readonly session: LogSession;
  readonly labelOf: (source: number) => SourceLabel | undefined;
  readonly isMuted: (source: number) => boolean;
  readonly onToggle: (source: LogSource) => void;
}

/** One chip a container: its colour, its pod's state, and a press to hide or show its lines. */
export function LogChips({ store, session, labelOf, isMuted, onToggle }: LogChipsProps): ReactNode {
  const { leftOut } = session;
  const gone = session.sources.filter(({ state }) => state.kind === 'gone');
  const hidden = new Set(gone.slice(0, -shownGone));
  const sources = session.sources.filter((source) => !hidden.has(source));
  return (
    <>
      <ul className="log-chips" aria-label="Pods in this log">
        {sources.map((source) => {
          const label = labelOf(source.index);
          const words = stateWords(store, source);
          return (
            <li key={source.key}>
              <button
                type="button"
                className="log-chip"
                aria-pressed={!isMuted(source.index)}
                title={`${label?.title ?? ''}: ${words}. Press to ${isMuted(source.index) ? 'show' : 'hide'} its lines.`}
                onClick={() => onToggle(source)}
              >
                <span className="swatch" style={{ background: `var(--hue-${label?.hue ?? 0})` }} />
                {label?.text} <span className="log-chip-state">{words}</span>
              </button>
            </li>
          );
        })}
      </ul>
      {hidden.size > 0 && <p className="muted">{count(hidden.size, 'more pod')} that are gone have lines here.</p>}
      {leftOut.length > 0 && (
        <p className="muted" data-left-out="">
          {count(leftOut.length, 'more log')} not followed, as {maxStreams} are at most:{' '}
          {leftOut
            .slice(0, 3)
            .map(({ pod }) => nameOf(pod.key))
            .join(', ')}
          {leftOut.length > 3 ? ' and others' : ''}.
        </p>
      )}
    </>
  );
}

function stateWords(store: ClusterStore, { pod, state }: LogSource): string {
  if (state.kind === 'gone') return 'gone';
  const present = store.pods.get(pod.key) ?? pod;
  const words = tileStateWords[tileState(present, present.nodeName ? store.nodes.get(present.nodeName) : undefined)];
  if (state.kind === 'waiting') return `${words}, ${state.why}`;
  return state.kind === 'ended' ? `${words}, ended` : words;
}
