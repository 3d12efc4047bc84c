import type { SimulationChange, SimulationStatus } from '@gantry/api-types/simulation';
import { type ReactNode, useEffect, useMemo } from 'react';
import { count, formatSpan } from '../format.ts';
import { panelId } from '../lenses/panels.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useCluster, useNow } from '../state/hooks.ts';
import { useSearchValue } from '../state/url-search.ts';
import { ChangeForm } from './change-form.tsx';
import { changeWords, parseChanges } from './change-words.ts';
import { clearPreview, type Preview, showPreview, usePreviewOf } from './preview.ts';

const owner = 'what-if';

/** Changes put together, asked of the real scheduler, and drawn on the fleet; nothing of it happens. A link holds them. */
export default function WhatIfPanel(): ReactNode {
  const store = useCluster('workloads', 'nodes', 'connection');
  const [text, setText] = useSearchValue('whatif');
  const changes = useMemo(() => parseChanges(text) ?? [], [text]);
  const set = (next: readonly SimulationChange[]): void => setText(JSON.stringify(next));
  const isLive = store.connection.kind === 'live';
  useEffect(() => {
    if (changes.length === 0) clearPreview(owner);
    else if (isLive) ask(store, changes);
  }, [store, changes, isLive]);
  useEffect(() => () => clearPreview(owner), []);
  const preview = usePreviewOf(owner);
  return (
    <section id={panelId('whatif')} tabIndex={-1} className="what-if" aria-label="What if">
      <header className="panel-title">
        <h2>What if…</h2>
        <button type="button" className="button button-quiet" onClick={() => setText(undefined)}>
          Close
        </button>
      </header>
      {changes.length > 0 && (
        <ul className="changes">
          {changes.map((change, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: changes have an order and no other identity
            <li key={index} className="change">
              {changeWords(change)}
              <button
                type="button"
                className="button button-quiet"
                aria-label={`Remove: ${changeWords(change)}`}
                onClick={() => set(changes.filter((_, other) => other !== index))}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <ChangeForm store={store} onAdd={(change) => set([...changes, change])} />
      {changes.length > 0 && <Answer preview={preview} askAgain={() => ask(store, changes)} />}
    </section>
  );
}

function ask(store: ClusterStore, changes: readonly SimulationChange[]): void {
  void showPreview(store, owner, changes.map(changeWords).join(', '), { changes });
}

interface AnswerProps {
  readonly preview: Preview | undefined;
  readonly askAgain: () => void;
}

function Answer({ preview, askAgain }: AnswerProps): ReactNode {
  const now = useNow(1000);
  if (preview?.error) return <p className="error">{preview.error}</p>;
  if (!preview?.status || preview.at === undefined) return <p className="muted">Asking the scheduler…</p>;
  return (
    <div data-what-if-answer="" aria-live="polite">
      {preview.status.summary.map((sentence) => (
        <p key={sentence}>{sentence}.</p>
      ))}
      <p className="muted">
        {countWords(preview.status)}; asked {formatSpan(now - preview.at)} ago, took{' '}
        {preview.status.durationMs.toFixed(preview.status.durationMs < 10 ? 1 : 0)} ms. Dashed tiles are where pods
        would be.{' '}
        <button type="button" className="button button-quiet" onClick={askAgain}>
          Ask again
        </button>
      </p>
    </div>
  );
}

function countWords({ counts }: SimulationStatus): string {
  const parts = [
    `${count(counts.placed, 'pod')} would be placed`,
    counts.moved > 0 ? `${counts.moved} of them moved` : '',
    counts.waiting > 0 ? `${counts.waiting} would wait` : '',
    counts.lost > 0 ? `${counts.lost} would be lost` : '',
    counts.deleted > 0 ? `${counts.deleted} would be deleted` : '',
  ];
  return parts.filter(Boolean).join(', ');
}
