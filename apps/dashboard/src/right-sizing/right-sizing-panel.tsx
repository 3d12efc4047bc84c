import type { RecommendationStatus } from '@gantry/api-types/right-sizing';
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { panelId } from '../lenses/panels.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { useCluster } from '../state/hooks.ts';
import { useSearchValue } from '../state/url-search.ts';
import { workloadKindAt } from '../state/workload-kinds.ts';
import { type Answer, useQuestion } from '../view/use-question.ts';
import { clearPreview } from '../what-if/preview.ts';
import { workloadReference } from '../what-if/workload-reference.ts';
import { freesWords } from './recommendation-words.ts';
import { fetchRecommendations } from './right-sizing-calls.ts';
import { previewOwner, SizedWorkloadView } from './sized-workload.tsx';
import './right-sizing.css';

/** What workloads should request by what they used, what that would free, and the ways to put it in force. */
export default function RightSizingPanel(): ReactNode {
  const store = useCluster('connection');
  const [of = 'all', setOf] = useSearchValue('rightsizing');
  const [round, setRound] = useState(0);
  const answer = useRecommendations(store, of, round);
  useEffect(() => () => clearPreview(previewOwner), []);
  return (
    <section id={panelId('rightsizing')} tabIndex={-1} className="what-if right-sizing" aria-label="Right-sizing">
      <header className="panel-title">
        <h2>Right-sizing{of === 'all' ? '' : ` of ${of.slice(of.lastIndexOf('/') + 1)}`}</h2>
        <span className="buttons">
          {of !== 'all' && (
            <button type="button" className="button button-quiet" onClick={() => setOf('all')}>
              All workloads
            </button>
          )}
          <button type="button" className="button button-quiet" onClick={() => setRound(round + 1)}>
            Ask again
          </button>
          <button type="button" className="button button-quiet" onClick={() => setOf(undefined)}>
            Close
          </button>
        </span>
      </header>
      {answer === 'asking' && <p className="muted">Looking at what was used…</p>}
      {typeof answer === 'object' && 'error' in answer && <p className="error">{answer.error}</p>}
      {typeof answer === 'object' && 'workloads' in answer && <Recommendations store={store} status={answer} />}
    </section>
  );
}

interface RecommendationsProps {
  readonly store: ClusterStore;
  readonly status: RecommendationStatus;
}

function Recommendations({ store, status }: RecommendationsProps): ReactNode {
  const { summary, workloads, frees } = status;
  if (workloads.length === 0) return <p className="muted">No workload has running pods here.</p>;
  return (
    <div data-right-sizing="">
      <div aria-live="polite">
        {summary.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </div>
      <p className="muted">
        By the use of at most half an hour: the 95th percentile of CPU and a margin, the largest working set and a
        margin. All of it together {freesWords(frees)}.
      </p>
      <div className="right-sizing-list">
        {workloads.map((one) => (
          <SizedWorkloadView
            key={`${one.workload.kind}/${one.workload.namespace}/${one.workload.name}`}
            store={store}
            recommendation={one}
          />
        ))}
      </div>
    </div>
  );
}

/** `of`: `all`, or the feed's key of a workload. */
function useRecommendations(store: ClusterStore, of: string, round: number): Answer<RecommendationStatus> {
  const ask = useCallback(
    (signal: AbortSignal) => {
      const kind = workloadKindAt(of.slice(0, of.indexOf('/')).toLowerCase());
      const workload = kind && workloadReference({ kind, key: of });
      return fetchRecommendations(workload ? { workload } : {}, signal);
    },
    [of],
  );
  return useQuestion(store, ask, round);
}
