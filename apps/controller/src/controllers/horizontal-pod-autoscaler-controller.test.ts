import type { HorizontalPodAutoscaler, ResourceName } from '@gantry/api-types';
import type { MetricsReader } from '@gantry/core/autoscaling/metrics-reader';
import { noMetrics } from '@gantry/core/autoscaling/no-metrics';
import { formatTime } from '@gantry/core/lib/timestamp';
import { describe, expect, it } from 'vitest';
import { createAutoscalerSource } from '../autoscaling/autoscaler-histories.ts';
import { DecisionHistory } from '../autoscaling/decision-history.ts';
import { TestRig } from './testing/test-rig.ts';

const second = 1_000;
const period = 15 * second;
const labels = { app: 'web' };
const template = {
  metadata: { labels },
  spec: { containers: [{ name: 'main', image: 'x', resources: { requests: { cpu: '100m' } } }] },
};

/** Every pod that exists uses so much of its 100m. */
class Usage {
  milli: number | undefined;
  readonly reader: MetricsReader;

  constructor(rig: TestRig) {
    this.reader = {
      ...noMetrics,
      podUsage: (uid) => {
        const pod = rig.cluster.list('pods').find(({ metadata }) => metadata.uid === uid);
        if (!pod || this.milli === undefined) return undefined;
        const { namespace = '', name } = pod.metadata;
        const containers = [{ name: 'main', cpuMilli: this.milli, memoryBytes: 0 }];
        return { namespace, name, uid, at: rig.clock.now(), windowMs: 0, containers };
      },
    };
  }
}

function seedTarget(rig: TestRig, resource: ResourceName, replicas: number): void {
  const selector = resource === 'replicationcontrollers' ? labels : { matchLabels: labels };
  rig.cluster.seed(resource, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { replicas, selector, template, strategy: { type: 'Recreate' }, updateStrategy: { type: 'OnDelete' } },
    status: { replicas },
  });
}

function seedAutoscaler(rig: TestRig, spec: object = {}, name = 'web', kind = 'Deployment') {
  const apiVersion = kind === 'ReplicationController' ? 'v1' : 'apps/v1';
  return rig.cluster.seed('horizontalpodautoscalers.autoscaling', {
    metadata: { name, namespace: 'default' },
    spec: {
      scaleTargetRef: { apiVersion, kind, name: 'web' },
      minReplicas: 1,
      maxReplicas: 10,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
      ...spec,
    },
    status: { desiredReplicas: 0, currentMetrics: [] },
  });
}

/** Lets time pass with nodes that bring every pod up. */
async function passReady(rig: TestRig, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= second) {
    const at = formatTime(rig.clock.now());
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: at }];
    const status = { phase: 'Running', startTime: at, conditions };
    for (const pod of rig.cluster.list('pods')) {
      if (pod.status.phase === 'Pending') await rig.cluster.client.updateStatus('pods', { ...pod, status });
    }
    await rig.pass(second);
  }
}

function started(): { rig: TestRig; usage: Usage; history: DecisionHistory } {
  const rig = new TestRig();
  const usage = new Usage(rig);
  const history = new DecisionHistory();
  rig.start({ autoscaling: { metrics: usage.reader, history, syncPeriodMs: period } });
  return { rig, usage, history };
}

const statusOf = (rig: TestRig, name = 'web'): HorizontalPodAutoscaler['status'] | undefined =>
  rig.cluster.get('horizontalpodautoscalers.autoscaling', `default/${name}`)?.status;

describe('the HorizontalPodAutoscaler controller', () => {
  it.each<[ResourceName, string]>([
    ['deployments.apps', 'Deployment'],
    ['replicasets.apps', 'ReplicaSet'],
    ['statefulsets.apps', 'StatefulSet'],
    ['replicationcontrollers', 'ReplicationController'],
  ])('scales %s', async (resource, kind) => {
    const { rig, usage } = started();
    await using _ = rig;
    seedTarget(rig, resource, 1);
    await passReady(rig, 2 * second);
    usage.milli = 200;
    seedAutoscaler(rig, {}, 'web', kind);
    await passReady(rig, 3 * second);
    expect((rig.cluster.get(resource, 'default/web') as { spec: { replicas: number } }).spec.replicas).toBe(4);
    expect(rig.events).toContain(
      'Normal SuccessfulRescale HorizontalPodAutoscaler/web: New size: 4; reason: cpu resource utilization (percentage of request) above target',
    );
    expect(statusOf(rig)).toMatchObject({ observedGeneration: 1, lastScaleTime: expect.any(String) });
    expect(rig.errors).toEqual([]);
  });

  it('says why it does not where nothing is measured, each period once', async () => {
    const { rig } = started();
    await using _ = rig;
    seedTarget(rig, 'deployments.apps', 2);
    seedAutoscaler(rig);
    await passReady(rig, 2 * period + second);
    expect(statusOf(rig)?.conditions).toMatchObject([
      { type: 'AbleToScale', status: 'True', reason: 'SucceededGetScale' },
      { type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric' },
    ]);
    expect(rig.events.filter((event) => event.startsWith('Warning FailedComputeMetricsReplicas'))).toHaveLength(3);
    const { writes } = rig.cluster;
    await passReady(rig, 2 * period);
    // Nothing new to say: nothing is written.
    expect(rig.cluster.writes).toBe(writes);
  });

  it.each<[object, string]>([
    [{ scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'other' } }, 'not found'],
    [
      { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Toaster', name: 'web' } },
      'no matches for kind "Toaster" in group "apps"',
    ],
    [{ scaleTargetRef: { kind: 'Deployment', name: 'web' } }, 'no matches for kind "Deployment" in group ""'],
  ])('says so where it cannot get the scale of %o', async (spec, text) => {
    const { rig } = started();
    await using _ = rig;
    seedTarget(rig, 'deployments.apps', 2);
    seedAutoscaler(rig, spec);
    await rig.pass(second);
    const [condition] = statusOf(rig)?.conditions ?? [];
    expect(condition).toMatchObject({ type: 'AbleToScale', status: 'False', reason: 'FailedGetScale' });
    expect(condition?.message).toContain("the HPA controller was unable to get the target's current scale: ");
    expect(condition?.message).toContain(text);
    expect(rig.events.some((event) => event.startsWith('Warning FailedGetScale'))).toBe(true);
  });

  it('leaves a target to nobody that two autoscalers would scale', async () => {
    const { rig, usage } = started();
    await using _ = rig;
    usage.milli = 200;
    seedTarget(rig, 'deployments.apps', 2);
    seedAutoscaler(rig, {}, 'cpu');
    seedAutoscaler(rig, {}, 'other');
    await passReady(rig, 2 * period);
    const message = 'pods by selector app=web are controlled by multiple HPAs: [default/cpu default/other]';
    for (const name of ['cpu', 'other']) {
      expect(statusOf(rig, name)?.conditions).toContainEqual(
        expect.objectContaining({ type: 'ScalingActive', status: 'False', reason: 'AmbiguousSelector', message }),
      );
    }
    expect(rig.cluster.get('deployments.apps', 'default/web')?.spec.replicas).toBe(2);
    const other = rig.cluster.get('horizontalpodautoscalers.autoscaling', 'default/other');
    await rig.cluster.client.delete('horizontalpodautoscalers.autoscaling', 'default', other?.metadata.name ?? '');
    await passReady(rig, period);
    expect(rig.cluster.get('deployments.apps', 'default/web')?.spec.replicas).toBe(4);
  });

  it('tries again in the next period where the target refuses its number', async () => {
    const { rig } = started();
    await using _ = rig;
    seedTarget(rig, 'deployments.apps', 12);
    let isRefusing = true;
    rig.cluster.onWrite = ({ resource }) => {
      if (resource === 'deployments.apps' && isRefusing) throw new Error('not today');
    };
    seedAutoscaler(rig);
    await rig.pass(second);
    expect(statusOf(rig)?.conditions).toContainEqual(
      expect.objectContaining({ type: 'AbleToScale', status: 'False', reason: 'FailedUpdateScale' }),
    );
    isRefusing = false;
    await rig.pass(period);
    expect(rig.cluster.get('deployments.apps', 'default/web')?.spec.replicas).toBe(10);
    expect(rig.events).toContain(
      'Normal SuccessfulRescale HorizontalPodAutoscaler/web: New size: 10; reason: Current number of replicas above Spec.MaxReplicas',
    );
  });

  it('decides at once where its spec changes', async () => {
    const { rig } = started();
    await using _ = rig;
    seedTarget(rig, 'deployments.apps', 2);
    const autoscaler = seedAutoscaler(rig);
    await rig.pass(second);
    const present = rig.cluster.get('horizontalpodautoscalers.autoscaling', 'default/web') ?? autoscaler;
    const spec = { ...present.spec, minReplicas: 5 };
    await rig.cluster.client.update('horizontalpodautoscalers.autoscaling', { ...present, spec });
    await rig.pass(second);
    expect(rig.cluster.get('deployments.apps', 'default/web')?.spec.replicas).toBe(5);
  });

  it('keeps what it decided for charts', async () => {
    const { rig, usage, history } = started();
    await using _ = rig;
    seedTarget(rig, 'deployments.apps', 1);
    usage.milli = 400;
    await passReady(rig, 2 * second);
    seedAutoscaler(rig);
    await passReady(rig, 2 * period);
    const { informers } = rig.cluster;
    const source = createAutoscalerSource({ informers, history, syncPeriodMs: period, clock: rig.clock });
    const [told] = source.histories({ namespace: 'default' }).autoscalers;
    expect(told).toMatchObject({
      key: 'default/web',
      target: { kind: 'Deployment', key: 'Deployment/default/web' },
      minReplicas: 1,
      maxReplicas: 10,
      metrics: [{ name: 'cpu', unit: 'percent', target: 50, isAverage: true }],
    });
    expect(told?.points[0]).toMatchObject({
      current: 1,
      wanted: 8,
      desired: 4,
      metrics: [{ current: 400, wanted: 8 }],
      heldBy: { type: 'ScaleUpLimit' },
    });
    expect(source.histories({ since: told?.points[0]?.at }).autoscalers[0]?.points).toHaveLength(
      (told?.points.length ?? 0) - 1,
    );
    await rig.cluster.client.delete('horizontalpodautoscalers.autoscaling', 'default', 'web');
    await rig.pass(second);
    expect(source.histories({}).autoscalers).toEqual([]);
    expect(history.of('default/web')).toEqual([]);
  });
});
