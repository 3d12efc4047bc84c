import type { HorizontalPodAutoscaler, MetricSpec } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { metricsWantedBy, toWantedMetrics } from './wanted-metrics.ts';

const target = { type: 'AverageValue', averageValue: '1' };

function autoscaler(namespace: string, metrics: MetricSpec[]): HorizontalPodAutoscaler {
  return { metadata: { namespace, name: 'h' }, spec: { metrics } } as unknown as HorizontalPodAutoscaler;
}

it('names what autoscalers ask of pods, by namespace, with the counters behind rates', () => {
  const wanted = metricsWantedBy([
    autoscaler('b', [{ type: 'Pods', pods: { metric: { name: 'hits_per_second' }, target } }]),
    autoscaler('a', [
      { type: 'External', external: { metric: { name: 'queue' }, target } },
      {
        type: 'Object',
        object: { describedObject: { kind: 'Service', name: 's' }, metric: { name: 'load' }, target },
      },
      { type: 'Resource', resource: { name: 'cpu', target } },
    ]),
  ]);
  expect(toWantedMetrics(wanted)).toEqual([
    { namespace: 'a', names: ['load', 'load_total', 'queue', 'queue_total'] },
    { namespace: 'b', names: ['hits_per_second', 'hits_per_second_total', 'hits_total'] },
  ]);
});
