import type { Pod, PodDisruptionBudget } from '@gantry/api-types';
import { createObject, listObjects } from '../api/client.ts';
import type { DrainFacts, DrainPod } from './drain-plan.ts';

/** The pods of a node and all budgets, as the API has them now. */
export async function fetchDrainFacts(node: string): Promise<DrainFacts> {
  const query = { fieldSelector: `spec.nodeName=${node}` };
  const [pods, budgets] = await Promise.all([
    listObjects<Pod>({ apiVersion: 'v1', resource: 'pods' }, { query }),
    listObjects<PodDisruptionBudget>({ apiVersion: 'policy/v1', resource: 'poddisruptionbudgets' }),
  ]);
  return { pods: pods.filter((pod) => pod.spec.nodeName === node), budgets };
}

/** Asks for one eviction; the uid guards against evicting a successor of the same name. */
export async function evict({ key, uid }: DrainPod): Promise<void> {
  const [namespace = '', name = ''] = key.split('/');
  const target = { apiVersion: 'v1', resource: 'pods', namespace, name, subresource: 'eviction' };
  const metadata = { namespace, name };
  await createObject(target, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata,
    deleteOptions: { preconditions: { uid } },
  });
}
