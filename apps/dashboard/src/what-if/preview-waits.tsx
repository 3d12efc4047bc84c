import type { ReactNode } from 'react';
import { VerdictGrid } from '../pending/verdict-grid.tsx';
import { usePreview } from './preview.ts';

/** Ghosts shown of pods that would wait. */
const shownGhosts = 60;

/** In the tray: what would wait in the preview, why, and what each node lacks for it. */
export function PreviewWaits(): ReactNode {
  const preview = usePreview((state) => state.preview);
  const waits = preview?.scene?.waits.filter(({ newPods, movedFrom }) => newPods > 0 || movedFrom) ?? [];
  if (!preview || waits.length === 0) return null;
  return (
    <div className="preview-waits" data-preview-waits="">
      <h3>Would wait in the preview ({preview.label})</h3>
      {waits.map((wait) => (
        <details key={`${wait.workload?.name ?? ''} ${wait.pods[0] ?? ''}`}>
          <summary>
            <b>
              {wait.count} × {wait.workload?.name ?? wait.pods[0]}
            </b>{' '}
            <span className="muted">{wait.text}</span>
            <span className="preview-pods" aria-hidden="true">
              {Array.from({ length: Math.min(shownGhosts, wait.count) }, (_, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: equal outlines without an identity
                <span key={index} className="tile tile-ghost" />
              ))}
            </span>
          </summary>
          <VerdictGrid verdicts={wait.nodes} nodesTotal={wait.nodesTotal} caption="In the end state" />
        </details>
      ))}
    </div>
  );
}
