import type { InformerSource } from '@gantry/core';
import { writeExposition } from '@gantry/core/metrics/exposition';
import type { MetricsTexts } from '../api/http/metrics-routes.ts';
import type { ClusterMetrics } from './cluster-metrics.ts';
import type { ControllerInstruments } from './controller-instruments.ts';
import { cadvisorInstruments, resourceInstruments, type UsageInstrumentsOptions } from './usage-instruments.ts';

export interface MetricsTextsOptions {
  readonly informers: InformerSource;
  readonly metrics: ClusterMetrics;
  readonly instruments: ControllerInstruments;
}

/** What Prometheus reads of the controller. */
export function createMetricsTexts({ informers, metrics, instruments }: MetricsTextsOptions): MetricsTexts {
  const usageOf = (nodeName: string | undefined): UsageInstrumentsOptions => {
    const names =
      nodeName === undefined
        ? informers
            .informer('nodes')
            .lister.list()
            .map(({ metadata }) => metadata.name)
        : [nodeName];
    const nodes = names.flatMap((name) => {
      const usage = metrics.newestOfNode(name);
      return usage ? [{ name, usage }] : [];
    });
    return { nodes, describe: (uid) => metrics.podIdentity(uid) };
  };
  return {
    controller: () => writeExposition(instruments.all),
    resource: (nodeName) => writeExposition(resourceInstruments(usageOf(nodeName))),
    cadvisor: (nodeName) => writeExposition(cadvisorInstruments(usageOf(nodeName))),
  };
}
