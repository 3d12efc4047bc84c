import { describe, expect, it } from 'vitest';
import type {
  AutoscalingV1HorizontalPodAutoscaler,
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
} from '../../generated/types.ts';
import { makeMetadata } from '../../testing/index.ts';
import { autoscalingV1 } from './autoscaling-v1.ts';

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const cpu: MetricSpec = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
};

function autoscaler(spec: Partial<HorizontalPodAutoscaler['spec']>): HorizontalPodAutoscaler {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: makeMetadata('HorizontalPodAutoscaler', { name: 'web', annotations: { a: 'b' }, isNamespaced: true }),
    spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 5, ...spec },
    status: { desiredReplicas: 0, currentReplicas: 0, currentMetrics: [] },
  };
}

describe('a HorizontalPodAutoscaler of version 1', () => {
  it('has the one target that it knows in a field', () => {
    const old = autoscalingV1.fromKind(
      autoscaler({ metrics: [cpu] }),
    ) as unknown as AutoscalingV1HorizontalPodAutoscaler;
    expect(old).toMatchObject({
      apiVersion: 'autoscaling/v1',
      metadata: { annotations: { a: 'b' } },
      spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 5, targetCPUUtilizationPercentage: 50 },
      status: { currentReplicas: 0, desiredReplicas: 0 },
    });
    expect(old.spec).not.toHaveProperty('metrics');
  });

  it.each<[string, MetricSpec]>([
    [
      'a resource',
      { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } } },
    ],
    [
      'a container',
      {
        type: 'ContainerResource',
        containerResource: { name: 'cpu', container: 'c', target: { type: 'Utilization', averageUtilization: 9 } },
      },
    ],
    ['pods', { type: 'Pods', pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '10' } } }],
    [
      'an object',
      {
        type: 'Object',
        object: { describedObject: scaleTargetRef, metric: { name: 'q' }, target: { type: 'Value', value: '7' } },
      },
    ],
    [
      'something outside',
      {
        type: 'External',
        external: {
          metric: { name: 'q', selector: { matchLabels: { a: 'b' } } },
          target: { type: 'AverageValue', averageValue: '3' },
        },
      },
    ],
  ])('loses nothing of a metric of %s', (_what, metric) => {
    const before = autoscaler({ metrics: [cpu, metric], behavior: { scaleDown: { selectPolicy: 'Disabled' } } });
    const old = autoscalingV1.fromKind(before);
    expect(old.metadata.annotations).toHaveProperty('autoscaling.alpha.kubernetes.io/metrics');
    expect(autoscalingV1.toKind(structuredClone(old))).toEqual(before);
  });

  it.each<[string, MetricStatus]>([
    [
      'a resource',
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 7, averageValue: '70m' } } },
    ],
    [
      'a container',
      {
        type: 'ContainerResource',
        containerResource: { name: 'memory', container: 'c', current: { averageValue: '5' } },
      },
    ],
    ['pods', { type: 'Pods', pods: { metric: { name: 'rps' }, current: { averageValue: '12' } } }],
    [
      'an object',
      { type: 'Object', object: { metric: { name: 'q' }, current: { value: '9' }, describedObject: scaleTargetRef } },
    ],
    [
      'an object, by pod',
      {
        type: 'Object',
        object: { metric: { name: 'q' }, current: { averageValue: '9' }, describedObject: scaleTargetRef },
      },
    ],
    [
      'something outside',
      {
        type: 'External',
        external: { metric: { name: 'q', selector: { matchLabels: { a: 'b' } } }, current: { value: '4' } },
      },
    ],
    [
      'something outside, by pod',
      { type: 'External', external: { metric: { name: 'q' }, current: { averageValue: '3' } } },
    ],
    ['what could not be read', { type: '' }],
  ])('loses nothing of the status of %s', (_what, current) => {
    const conditions = [{ type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale', message: 'm' }];
    const status = { desiredReplicas: 2, currentReplicas: 1, currentMetrics: [current], conditions };
    const before = { ...autoscaler({ metrics: [cpu] }), status };
    const old = autoscalingV1.fromKind(before);
    expect(Object.keys(old.metadata.annotations ?? {})).toEqual([
      'a',
      'autoscaling.alpha.kubernetes.io/current-metrics',
      'autoscaling.alpha.kubernetes.io/conditions',
    ]);
    expect(autoscalingV1.toKind(structuredClone(old))).toEqual(before);
  });

  it('is taken as far as it goes where it lacks parts or its annotations are broken', () => {
    const annotations = { 'autoscaling.alpha.kubernetes.io/metrics': '{broken' };
    const sent = { metadata: { name: 'x', annotations }, spec: { scaleTargetRef, maxReplicas: 2 } };
    expect(autoscalingV1.toKind(sent as never)).toMatchObject({ metadata: { name: 'x' }, spec: { maxReplicas: 2 } });
    expect(autoscalingV1.toKind({ metadata: { name: 'x' } } as never).spec).toEqual({});
  });
});
