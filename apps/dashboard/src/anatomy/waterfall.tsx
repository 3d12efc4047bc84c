import type { StartPhase } from '@gantry/api-types';
import type { ReactNode } from 'react';
import { waterfallRows } from './anatomy-view.ts';

/** How long each phase of the pod's start took, one under the other. */
export function Waterfall({ phases }: { readonly phases: readonly StartPhase[] }): ReactNode {
  const isMeasured = phases.some(({ source }) => source === 'agent');
  return (
    <section className="anatomy-section" aria-label="Phases of the start">
      <h3>Its start</h3>
      {phases.length > 0 && (
        <ol className="waterfall">
          {waterfallRows(phases).map(({ key, name, container, left, width, took }) => (
            <li key={key}>
              <span className="waterfall-name">
                {name}
                {container !== undefined && <span className="muted"> {container}</span>}
              </span>
              <span className="waterfall-track" aria-hidden="true">
                <span style={{ left: `${Math.min(left, 99.2)}%`, width: `${Math.min(width, 100)}%` }} />
              </span>
              <span className="waterfall-took">{took}</span>
            </li>
          ))}
        </ol>
      )}
      {!isMeasured && (
        <p className="muted">
          The agent did not see this start, or was restarted since: only what the pod’s conditions tell is known.
        </p>
      )}
    </section>
  );
}
