import type { MetricStatus } from '@gantry/api-types';
import type { MetricFailure, MetricProposal, MetricResult } from './metric-proposal.ts';

/** What all metrics together ask for. */
export interface CombinedProposal {
  /** Undefined where none could be read, or some could not and the others would remove pods. */
  readonly proposal: MetricProposal | undefined;
  /** One for each metric; without content for those that could not be read. */
  readonly statuses: MetricStatus[];
  readonly failures: readonly MetricFailure[];
  /** What was wrong with them, in one line; undefined where nothing was. */
  readonly problem: string | undefined;
}

/**
 * The largest proposal wins. A metric that cannot be read might ask for more than the others: so they may add pods
 * without it, and not remove any.
 */
export function combineMetrics(results: readonly MetricResult[], specReplicas: number): CombinedProposal {
  const failures = results.filter((result) => result.type === 'failure');
  let largest: MetricProposal | undefined;
  for (const result of results) {
    if (result.type !== 'proposal') continue;
    // A proposal of no replicas gives way to any other.
    if (!largest || largest.replicas === 0 || result.replicas > largest.replicas) largest = result;
  }
  const isBlocked = failures.length > 0 && largest !== undefined && largest.replicas < specReplicas;
  const [first] = failures;
  const counts = `${failures.length} invalid out of ${results.length}`;
  return {
    proposal: isBlocked ? undefined : largest,
    statuses: results.map((result) => (result.type === 'proposal' ? result.status : { type: '' })),
    failures,
    problem: first && `invalid metrics (${counts}), first error is: ${first.summary}`,
  };
}
