import type { NodeUsage, PodUsage } from '@gantry/api-types';
import type { Clock } from '@gantry/core';
import type { ApiServerOptions } from '../../api/server.ts';
import { createTestApi, type TestApi } from '../../api/testing/test-api.ts';
import type { NodeStreams } from '../../sessions/node-streams.ts';
import { ClusterMetrics } from '../cluster-metrics.ts';
import { ControllerInstruments } from '../controller-instruments.ts';
import { createMetricsApis } from '../metrics-apis.ts';
import { createMetricsTexts } from '../metrics-texts.ts';

/** The API with the metrics of agents that a test plays. */
export interface TestMetrics extends AsyncDisposable {
  readonly api: TestApi;
  readonly metrics: ClusterMetrics;
  readonly instruments: ControllerInstruments;
  /** A node with the cpu and memory; its name. */
  createNode(name: string, labels?: Record<string, string>): Promise<void>;
  /** A pod bound to `node-1` with these containers; its uid. */
  createPod(name: string, options?: PodOptions): Promise<string>;
  /** Samples that say that the pods' containers used so many thousandths of a core over the last 16 seconds. */
  use(nodeName: string, cpuMilli: number, pods: Readonly<Record<string, Readonly<Record<string, number>>>>): void;
}

export interface PodOptions {
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly containers?: readonly string[];
  readonly nodeName?: string;
}

/** Bytes that each container holds. */
export const memoryBytes = 3 * 1024 * 1024;

export async function createTestMetrics(
  options: Partial<Pick<ApiServerOptions, 'tls'>> & { readonly clock?: Clock; readonly nodeStreams?: NodeStreams } = {},
): Promise<TestMetrics> {
  let metrics: ClusterMetrics | undefined;
  const instruments = new ControllerInstruments();
  const api = await createTestApi({
    ...options,
    requestMeter: instruments.requests,
    metricsTexts(informers) {
      if (!metrics) throw new Error('the texts are made before the metrics');
      return createMetricsTexts({ informers, metrics, instruments });
    },
    computedApis: (informers, clock) => {
      metrics = new ClusterMetrics({ informers, clock });
      return createMetricsApis({ informers, metrics, clock });
    },
  });
  const time = options.clock ?? api.clock;
  if (!metrics) throw new Error('the API was made without its metrics');
  const made = metrics;
  return {
    api,
    metrics: made,
    instruments,
    createNode: async (name, labels = {}) => {
      const body = {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels },
        status: { allocatable: { cpu: '2', memory: '1Gi' }, capacity: { cpu: '2', memory: '1Gi' } },
      };
      await api.call('POST', '/api/v1/nodes', { body });
      await api.call('PUT', `/api/v1/nodes/${name}/status`, { body });
    },
    createPod: async (name, { labels = {}, annotations = {}, containers = ['app'], nodeName = 'node-1' } = {}) => {
      const spec = {
        nodeName,
        containers: containers.map((container) => ({ name: container, image: 'example/app:1' })),
      };
      const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels, annotations }, spec };
      const answer = await api.call<{ metadata: { uid: string } }>('POST', '/api/v1/namespaces/default/pods', { body });
      return answer.body.metadata.uid;
    },
    use(nodeName, cpuMilli, pods) {
      const now = time.now();
      for (const secondsAgo of [16, 14, 12, 10, 8, 6, 4, 2, 0]) {
        const at = now - secondsAgo * 1000;
        made.history.record(nodeName, sampleAt(at, 16 - secondsAgo, { cpuMilli, pods }), at);
      }
    },
    async [Symbol.asyncDispose]() {
      made.stop();
      await api[Symbol.asyncDispose]();
    },
  };
}

function sampleAt(
  at: number,
  seconds: number,
  { cpuMilli, pods }: { cpuMilli: number; pods: Readonly<Record<string, Readonly<Record<string, number>>>> },
): NodeUsage {
  const used = Object.entries(pods).map(
    ([uid, containers]): PodUsage => ({
      uid,
      cpuMilli: Object.values(containers).reduce((sum, milli) => sum + milli, 0),
      memoryBytes: memoryBytes * Object.keys(containers).length,
      throttledRatio: 0,
      containers: Object.entries(containers).map(([name, milli]) => ({
        name,
        cpuMicros: 5_000_000 + milli * seconds * 1000,
        memoryBytes,
      })),
    }),
  );
  const node = { cpuMilli, cpuMicros: cpuMilli * seconds * 1000, memoryBytes: 512 * 1024 * 1024, of: 'host' } as const;
  return { at: new Date(at).toISOString(), cpuMilli: 0, memoryBytes: 0, pods: used, node };
}
