import type { Scale } from '@gantry/api-types';
import { makeMetadata, makePod } from '@gantry/api-types/testing';
import { FakeClock } from '@gantry/core/testing';
import { describe, expect, it } from 'vitest';
import { FakeCluster } from '../controllers/testing/fake-cluster.ts';
import { createTargetPods } from './target-pods.ts';

const cluster = new FakeCluster(new FakeClock());
const seedAutoscaler = (name: string, kind: string, namespace = 'default') =>
  cluster.seed('horizontalpodautoscalers.autoscaling', {
    metadata: { name, namespace },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind, name }, maxReplicas: 3 },
    status: { desiredReplicas: 0, currentMetrics: [] },
  });
const seedTarget = (resource: 'deployments.apps' | 'replicasets.apps', name: string, labels: object) =>
  cluster.seed(resource, { metadata: { name, namespace: 'default' }, spec: { selector: { matchLabels: labels } } });
const scaleOf = (selector: string): Scale => ({
  apiVersion: 'autoscaling/v1',
  kind: 'Scale',
  metadata: makeMetadata('Scale', { name: 'web', isNamespaced: true }),
  spec: { replicas: 1 },
  status: { replicas: 1, selector },
});

describe('the pods of an autoscaler', () => {
  const web = seedAutoscaler('web', 'Deployment');
  seedTarget('deployments.apps', 'web', { app: 'web' });
  const pod = (name: string, labels: Record<string, string>) => cluster.seed('pods', makePod({ name, labels }));
  pod('web-1', { app: 'web', hash: 'a' });
  pod('db-1', { app: 'db' });
  const targetPods = createTargetPods(cluster.informers);

  it('are those that the scale selects, and no other autoscaler', () => {
    seedAutoscaler('db', 'Deployment');
    seedTarget('deployments.apps', 'db', { app: 'db' });
    seedAutoscaler('gone', 'Deployment');
    seedAutoscaler('web', 'Deployment', 'elsewhere');
    const target = targetPods(web, scaleOf('app=web'));
    expect(target).toMatchObject({ type: 'found', pods: [{ metadata: { name: 'web-1' } }] });
  });

  it('are of no use where another autoscaler scales by some of them too', () => {
    seedAutoscaler('web-a', 'ReplicaSet');
    seedTarget('replicasets.apps', 'web-a', { app: 'web', hash: 'a' });
    expect(targetPods(web, scaleOf('app=web'))).toMatchObject({
      type: 'unusable',
      reason: 'AmbiguousSelector',
      message: 'pods by selector app=web are controlled by multiple HPAs: [default/web default/web-a]',
    });
  });

  it.each([
    ['', 'SelectorRequired', "the HPA target's scale is missing a selector"],
    ['a in', 'InvalidSelector', "couldn't convert selector into a corresponding internal selector object: "],
  ])('cannot be found by the selector %j', (selector, eventReason, condition) => {
    const target = targetPods(web, scaleOf(selector));
    expect(target).toMatchObject({ type: 'unusable', reason: 'InvalidSelector', eventReason });
    expect(target).toHaveProperty('condition', expect.stringContaining(condition));
  });
});
