import type { SimulationFix, SimulationStatus } from '@gantry/api-types/simulation';
import { type ReactNode, useEffect, useState } from 'react';
import { failureWords } from '../api/refusal.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { CopyCommand } from '../view/copy-command.tsx';
import { clearPreview, showPreview, usePreviewOf } from '../what-if/preview.ts';
import { simulate } from '../what-if/simulate.ts';
import { PatchView } from './patch-view.tsx';

type Answer = 'asking' | { readonly error: string } | SimulationStatus;

const owner = 'fix';

export interface FixesProps {
  readonly store: ClusterStore;
  /** `namespace/name` of the pod that waits; its equals are helped too. */
  readonly podKey: string;
  /** Something that changes when the pod was tried again: the question is then asked anew. */
  readonly changeMark: string;
}

/** What would help a waiting pod. Each fix was simulated by the scheduler before it is offered; none is a guess. */
export function Fixes({ store, podKey, changeMark }: FixesProps): ReactNode {
  const answer = useSuggestions(podKey, changeMark);
  useEffect(() => () => clearPreview(owner), []);
  if (answer === 'asking') return <p className="muted">Trying out what would help…</p>;
  if ('error' in answer) return <p className="muted">No fixes could be tried out: {answer.error}</p>;
  const fixes = answer.fixes ?? [];
  if (fixes.length === 0) return <p className="muted">No single change that was tried out would help.</p>;
  return (
    <section className="fixes" aria-label="Fixes proved by simulation">
      <h3>What would help, proved by simulation</h3>
      <ul>
        {fixes.map((fix) => (
          <Fix key={fix.text} store={store} fix={fix} />
        ))}
      </ul>
    </section>
  );
}

function Fix({ store, fix }: { readonly store: ClusterStore; readonly fix: SimulationFix }): ReactNode {
  const [isShown, setShown] = useState(false);
  const preview = usePreviewOf(owner);
  const isPreviewed = preview?.label === fix.text;
  const toggle = (): void => {
    if (isPreviewed) clearPreview(owner);
    else void showPreview(store, owner, fix.text, { changes: fix.changes });
  };
  return (
    <li className="fix" data-fix={fix.type}>
      <p>
        {fix.text}
        {fix.waiting > 1 && (
          <span className="muted">
            {' '}
            ({fix.fits} of {fix.waiting} fit)
          </span>
        )}
      </p>
      <div className="buttons">
        <button type="button" className="button" aria-pressed={isPreviewed} onClick={toggle}>
          Preview
        </button>
        <button type="button" className="button" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
          {fix.patch ? 'Show YAML diff' : 'Show command'}
        </button>
      </div>
      {isPreviewed && preview?.error && <p className="error">{preview.error}</p>}
      {isShown && (
        <>
          {fix.patch && <PatchView store={store} patch={fix.patch} />}
          <CopyCommand command={fix.command} />
        </>
      )}
    </li>
  );
}

function useSuggestions(podKey: string, changeMark: string): Answer {
  const [answer, setAnswer] = useState<Answer>('asking');
  useEffect(() => {
    const abort = new AbortController();
    // The mark only makes the effect run again.
    void changeMark;
    simulate({ suggest: true, pod: podKey, maxNodes: 0, maxPlacements: 0 }, abort.signal)
      .then((status) => setAnswer(status))
      .catch((failure: unknown) => {
        if (!abort.signal.aborted) setAnswer({ error: failureWords(failure) });
      });
    return () => abort.abort();
  }, [podKey, changeMark]);
  return answer;
}
