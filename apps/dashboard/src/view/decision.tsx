import type { NodeVerdict, SchedulingDecision } from '@gantry/core/scheduler/decision';
import { type ReactNode, useEffect, useState } from 'react';
import { VerdictGrid } from '../pending/verdict-grid.tsx';
import { bestFirst } from '../scale/decision-words.ts';
import { fetchDecision } from '../state/actions.ts';

export type DecisionState = 'loading' | 'none' | SchedulingDecision;

/** The scheduler's record for a pod, asked for again whenever `changeMark` (something that follows a new try) changes. */
export function useDecision(uid: string | undefined, changeMark: string): DecisionState {
  const [state, setState] = useState<DecisionState>('loading');
  useEffect(() => {
    if (!uid) return;
    const abort = new AbortController();
    // The mark only makes the effect run again: the record itself says what changed.
    void changeMark;
    fetchDecision(uid, abort.signal)
      .then((decision) => setState(decision ?? 'none'))
      .catch(() => {
        if (!abort.signal.aborted) setState('none');
      });
    return () => abort.abort();
  }, [uid, changeMark]);
  return state;
}

/** What refused this pod on each node, from the scheduler's record. */
export function RefusalGrid({ decision }: { readonly decision: SchedulingDecision }): ReactNode {
  const tried = `Tried ${decision.attempts === 1 ? 'once' : `${decision.attempts} times`}`;
  return <VerdictGrid verdicts={decision.nodes} nodesTotal={decision.nodesTotal} caption={tried} />;
}

/** Nodes shown in a score table. */
const shownScores = 8;

/** The nodes that could have taken a bound pod: why this one. Plugins that scored all nodes alike decided nothing and are only named. */
export function ScoreGrid({ decision }: { readonly decision: SchedulingDecision }): ReactNode {
  const feasible = bestFirst(decision);
  if (feasible.length === 0) return null;
  const plugins = [...new Set(feasible.flatMap((n) => Object.keys(n.scores ?? {})))];
  const [deciding, equal] = partition(plugins, (plugin) => new Set(feasible.map((n) => scoreOf(n, plugin))).size > 1);
  const refused = decision.nodesTotal - feasible.length;
  return (
    <>
      <table className="grid" data-grid="scores">
        <caption>
          {feasible.length === 1 ? 'The only node that fits' : `Highest score of ${feasible.length} nodes that fit`}
          {refused > 0 ? `; ${refused} did not` : ''}
        </caption>
        <thead>
          <tr>
            <th scope="col">Node</th>
            {deciding.map((plugin) => (
              <th scope="col" key={plugin} className="num">
                {pluginWords(plugin)}
              </th>
            ))}
            <th scope="col" className="num">
              Total
            </th>
          </tr>
        </thead>
        <tbody>
          {feasible.slice(0, shownScores).map((verdict) => (
            <tr key={verdict.nodeName} className={verdict.nodeName === decision.nodeName ? 'is-chosen' : ''}>
              <th scope="row">
                {verdict.nodeName}
                {verdict.nodeName === decision.nodeName ? ' ✓' : ''}
              </th>
              {deciding.map((plugin) => (
                <td key={plugin} className="num">
                  {scoreOf(verdict, plugin)}
                </td>
              ))}
              <td className="num">
                <b>{Math.round(verdict.totalScore ?? 0)}</b>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {feasible.length > 1 && equal.length > 0 && (
        <p className="muted grid-note">Alike on all of them: {equal.map(pluginWords).join(', ').toLowerCase()}.</p>
      )}
    </>
  );
}

function scoreOf(verdict: NodeVerdict, plugin: string): number {
  return Math.round(verdict.scores?.[plugin] ?? 0);
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

/** `NodeResourcesBalancedAllocation` -> `Balanced allocation`. */
function pluginWords(plugin: string): string {
  const words = plugin.replace(/^NodeResources/, '').replace(/(?<=[a-z])([A-Z])/g, ' $1');
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
}
