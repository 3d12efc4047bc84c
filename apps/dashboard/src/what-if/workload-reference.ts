import type { FeedWorkload } from '@gantry/api-types/feed';
import type { WorkloadReference } from '@gantry/api-types/simulation';

/** How simulations name a workload of the feed; undefined for a CronJob, which makes no pods itself. */
export function workloadReference({ kind, key }: Pick<FeedWorkload, 'kind' | 'key'>): WorkloadReference | undefined {
  const [, namespace = '', name = ''] = key.split('/');
  return kind === 'CronJob' ? undefined : { kind, namespace, name };
}
