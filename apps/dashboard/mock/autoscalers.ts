import type { AutoscalerHistories, AutoscalerPoint } from '@gantry/api-types/autoscalers';
import type { MockFleet } from './fleet.ts';

const target = 60;
const periodMs = 15_000;
const most = 10;

/** An autoscaler of one workload whose load comes and goes: what its charts are drawn from without a cluster. */
export function answerAutoscalers(fleet: MockFleet): AutoscalerHistories {
  const key = fleet.autoscaled ?? '';
  const [kind = '', namespace = '', name = ''] = key.split('/');
  if (!fleet.workloads.has(key)) return { at: fleet.now, syncPeriodMs: periodMs, autoscalers: [] };
  const points: AutoscalerPoint[] = [];
  let current = 3;
  for (let step = 40; step > 0; step--) {
    const load = 180 + 260 * Math.max(0, Math.sin((40 - step) / 6));
    const usage = load / current;
    const wanted = Math.max(1, Math.ceil((current * usage) / target));
    const desired = Math.min(most, current * 2, Math.max(3, wanted));
    points.push({
      at: fleet.now - step * periodMs,
      current,
      wanted,
      desired,
      metrics: [{ current: Math.round(usage), wanted }],
      ...(desired < wanted
        ? {
            heldBy: {
              type: 'ScaleUpLimit',
              message: 'the desired replica count is increasing faster than the maximum scale rate',
            },
          }
        : {}),
    });
    current = desired;
  }
  return {
    at: fleet.now,
    syncPeriodMs: periodMs,
    autoscalers: [
      {
        key: `${namespace}/${name}`,
        uid: `uid-hpa-${name}`,
        target: { kind, name, key },
        minReplicas: 3,
        maxReplicas: most,
        metrics: [{ name: 'cpu', unit: 'percent', target, isAverage: true }],
        conditions: [{ type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale' }],
        points,
      },
    ],
  };
}
