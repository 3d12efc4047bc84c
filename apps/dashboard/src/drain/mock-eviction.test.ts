import { isApiError, type KubernetesObject } from '@gantry/api-types';
import { kinds } from '@gantry/api-types/kinds';
import { expect, it } from 'vitest';
import { evictPod, withBudgetStatus } from '../../mock/evictions.ts';
import { MockFleet } from '../../mock/fleet.ts';
import { MockObjects } from '../../mock/mock-objects.ts';
import { scenes } from '../../mock/scenes.ts';

it('the mock holds evictions to budgets as the real API does', () => {
  const fleet = new MockFleet({ now: Date.parse('2026-11-24T12:00:00Z') });
  scenes.demo?.(fleet);
  for (let i = 1; i < 10; i++) fleet.advance(fleet.now + 1000);
  const objects = new MockObjects(fleet);
  const definition = kinds.find((kind) => kind.plural === 'poddisruptionbudgets');
  const pods = kinds.find((kind) => kind.plural === 'pods');
  if (!definition || !pods) throw new Error('kinds are missing');
  const budget: KubernetesObject = objects.create(
    { definition, namespace: 'default' },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'web' },
      spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
    },
    { isDryRun: false, isStrict: true },
  );
  expect(withBudgetStatus(objects, fleet, budget)).toMatchObject({
    status: { currentHealthy: 3, disruptionsAllowed: 1 },
  });
  const [first = '', second = ''] = [...fleet.pods.keys()].filter((key) => key.includes('/web-'));
  const evict = (key: string) =>
    evictPod(objects, fleet, { definition: pods, namespace: 'default', name: key.split('/')[1] });
  evict(first);
  const refusal = catchError(() => evict(second));
  expect(isApiError(refusal, 'TooManyRequests')).toBe(true);
});

function catchError(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
