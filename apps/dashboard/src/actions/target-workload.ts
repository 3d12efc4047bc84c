import type { FeedWorkload } from '@gantry/api-types/feed';
import type { AccessQuestion } from '../api/access.ts';
import { namespaceOf } from '../format.ts';
import { objectPath, selectedWorkloadKey } from '../state/selection.ts';
import { workloadKinds } from '../state/workload-kinds.ts';
import type { ActionContext } from './action.ts';

/** The workload that is open, or to which the focused or open pod belongs; none where another one decides over it. */
export function targetWorkload({ target, store }: ActionContext): FeedWorkload | undefined {
  if (target.kind === 'none' || target.kind === 'node') return undefined;
  const { namespace, name } = target;
  const pod = target.kind === 'pod' ? store.pods.get(`${namespace}/${name}`) : undefined;
  const root = pod && store.rootOf(pod);
  const key = root ? `${root.kind}/${namespace}/${root.name}` : selectedWorkloadKey(target);
  const workload = store.workloads.get(key ?? '');
  return workload?.owner ? undefined : workload;
}

/** Path of the page for a workload. */
export function workloadPath({ key }: FeedWorkload): string {
  const [kind = '', namespace, name = ''] = key.split('/');
  return objectPath(kind, namespace, name);
}

/** Whether the session may do something to a workload. */
export function workloadQuestion({ kind, key }: FeedWorkload, verb: string): AccessQuestion {
  const { group, resource } = workloadKinds[kind];
  return { verb, group, resource, namespace: namespaceOf(key.slice(key.indexOf('/') + 1)) };
}
