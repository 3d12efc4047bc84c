import { ApiError } from '@gantry/api-types';
import { type ExposedSample, parseExposition } from '@gantry/core/metrics/parse-exposition';
import { describe, expect, it } from 'vitest';
import { tokens } from '../api/testing/test-api.ts';
import { createTestMetrics, type TestMetrics } from './testing/test-metrics.ts';

async function read(test: TestMetrics, path: string): Promise<ExposedSample[]> {
  const { code, text, headers } = await test.api.call('GET', path);
  expect({ path, code, type: headers['content-type'] }).toEqual({
    path,
    code: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
  });
  checkFormat(text);
  return parseExposition(text);
}

/** Every line is a comment or a series of the family announced last, and each family is announced once. */
function checkFormat(text: string): void {
  const line =
    /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (?:-?[\d.]+(?:e[+-]?\d+)?|NaN|[+-]Inf)(?: \d+)?$/;
  const seen = new Set<string>();
  let family = '';
  expect(text.endsWith('\n')).toBe(true);
  for (const row of text.trimEnd().split('\n')) {
    const [, type] = /^# TYPE (\S+) (?:counter|gauge|histogram)$/.exec(row) ?? [];
    if (type !== undefined) {
      expect(seen.has(type)).toBe(false);
      seen.add(type);
      family = type;
    } else if (!row.startsWith('# HELP ')) {
      const [, name = row] = line.exec(row) ?? [];
      expect([family, `${family}_bucket`, `${family}_sum`, `${family}_count`]).toContain(name);
    }
  }
}

function valueFor(samples: readonly ExposedSample[], name: string, labels: Readonly<Record<string, string>> = {}) {
  return samples.find(
    (it) => it.name === name && Object.entries(labels).every(([key, value]) => it.labels[key] === value),
  )?.value;
}

describe('/metrics', () => {
  it('counts requests by what they were, with how long they took', async () => {
    await using test = await createTestMetrics();
    await test.api.call('GET', '/api/v1/namespaces/default/pods');
    await test.api.call('GET', '/api/v1/namespaces/default/pods');
    await test.api.call('GET', '/apis/apps/v1/namespaces/default/deployments/none');
    await test.api.call('GET', '/api/v1/pods', { token: 'nobody’s' });
    await test.api.call('GET', '/apis/metrics.k8s.io/v1beta1/pods');
    const samples = await read(test, '/metrics');
    const pods = { verb: 'LIST', group: '', version: 'v1', resource: 'pods', subresource: '', code: '200' };
    expect(valueFor(samples, 'apiserver_request_total', pods)).toBe(2);
    expect(valueFor(samples, 'apiserver_request_duration_seconds_count', { verb: 'LIST', resource: 'pods' })).toBe(2);
    const deployment = { verb: 'GET', group: 'apps', resource: 'deployments', code: '404' };
    expect(valueFor(samples, 'apiserver_request_total', deployment)).toBe(1);
    expect(valueFor(samples, 'apiserver_request_total', { verb: 'GET', resource: '', code: '401' })).toBe(1);
    const computed = { verb: 'LIST', group: 'metrics.k8s.io', resource: 'pods', code: '200' };
    expect(valueFor(samples, 'apiserver_request_total', computed)).toBe(1);
    expect(valueFor(samples, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });

  it('names nothing that clients made up', async () => {
    await using test = await createTestMetrics();
    await test.api.call('GET', '/api/v1/made-up');
    await test.api.call('GET', '/apis/made.up/v1/things');
    await test.api.call('GET', '/api/v1/namespaces/default/pods/a/made-up');
    expect((await test.api.call('GET', '/metrics')).text).not.toContain('made');
  });

  it('has what work queues, the store and the scheduler count', async () => {
    await using test = await createTestMetrics();
    const { instruments } = test;
    const queue = instruments.queue('deployment', () => 3);
    queue.added();
    queue.worked(0.02, true);
    instruments.store.committed(5, 0.004);
    instruments.scheduler.attempted('scheduled', 0.01);
    instruments.parts.pendingPods = () => ({ active: 0, backoff: 1, unschedulable: 2 });
    const samples = await read(test, '/metrics');
    expect(valueFor(samples, 'workqueue_depth', { name: 'deployment' })).toBe(3);
    expect(valueFor(samples, 'workqueue_adds_total', { name: 'deployment' })).toBe(1);
    expect(valueFor(samples, 'workqueue_retries_total', { name: 'deployment' })).toBe(1);
    expect(valueFor(samples, 'gantry_store_writes_total')).toBe(5);
    expect(valueFor(samples, 'gantry_store_commit_duration_seconds_bucket', { le: '0.005' })).toBe(1);
    expect(valueFor(samples, 'scheduler_schedule_attempts_total', { result: 'scheduled' })).toBe(1);
    expect(valueFor(samples, 'scheduler_pending_pods', { queue: 'unschedulable' })).toBe(2);
  });

  it('is for admins and readers, as SelfSubjectAccessReview says', async () => {
    await using test = await createTestMetrics();
    for (const path of ['/metrics', '/metrics/resource', '/metrics/cadvisor']) {
      const codeFor = async (token: string) => (await test.api.call('GET', path, { token })).code;
      expect([await codeFor(tokens.reader), await codeFor(tokens.node), await codeFor('nobody’s')]).toEqual([
        200, 403, 401,
      ]);
    }
    const spec = { nonResourceAttributes: { verb: 'get', path: '/metrics' } };
    const url = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const allowed = async (token: string) => {
      const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec };
      return (await test.api.call<{ status: { allowed: boolean } }>('POST', url, { body, token })).body.status.allowed;
    };
    expect([await allowed(tokens.reader), await allowed(tokens.node)]).toEqual([true, false]);
  });
});

describe('what pods and nodes use, for Prometheus', () => {
  it('has cpu and memory of nodes, pods and containers', async () => {
    await using test = await createTestMetrics();
    await test.createNode('node-1');
    await test.createNode('node-2');
    const uid = await test.createPod('web', { containers: ['app', 'side'] });
    test.use('node-1', 900, { [uid]: { app: 250, side: 50 } });
    const samples = await read(test, '/metrics/resource');
    const pod = { node: 'node-1', namespace: 'default', pod: 'web' };
    expect(valueFor(samples, 'node_cpu_usage_seconds_total', { node: 'node-1' })).toBe(14.4);
    expect(valueFor(samples, 'container_cpu_usage_seconds_total', { ...pod, container: 'app' })).toBe(9);
    expect(valueFor(samples, 'pod_cpu_usage_seconds_total', pod)).toBeCloseTo(14.8);
    expect(valueFor(samples, 'pod_memory_working_set_bytes', pod)).toBe(6 * 1024 * 1024);
    expect(samples.some(({ labels }) => labels.node === 'node-2')).toBe(false);
  });

  it('has disks, network, throttling and processes', async () => {
    await using test = await createTestMetrics();
    await test.createNode('node-1');
    const uid = await test.createPod('web');
    const counters = { name: 'app', cpuMicros: 1, memoryBytes: 1, throttledMicros: 2_500_000, readBytes: 10, pids: 4 };
    const pods = [
      {
        uid,
        cpuMilli: 0,
        memoryBytes: 1,
        throttledRatio: 0,
        containers: [counters],
        network: { rxBytes: 7, txBytes: 8 },
      },
    ];
    test.metrics.record('node-1', {
      at: new Date(test.api.clock.now()).toISOString(),
      cpuMilli: 0,
      memoryBytes: 0,
      pods,
    });
    const samples = await read(test, '/metrics/cadvisor');
    expect(valueFor(samples, 'container_cpu_cfs_throttled_seconds_total', { container: 'app' })).toBe(2.5);
    expect(valueFor(samples, 'container_fs_reads_bytes_total', { container: 'app' })).toBe(10);
    expect(valueFor(samples, 'container_processes', { container: 'app' })).toBe(4);
    expect(valueFor(samples, 'container_network_transmit_bytes_total', { pod: 'web', interface: 'eth0' })).toBe(8);
  });

  it('has those of one node where its kubelet’s would be', async () => {
    await using test = await createTestMetrics();
    await test.createNode('node-1');
    await test.createNode('node-2');
    test.use('node-1', 100, {});
    test.use('node-2', 100, {});
    const samples = await read(test, '/api/v1/nodes/node-2/proxy/metrics/resource');
    expect(new Set(samples.flatMap(({ labels }) => labels.node ?? []))).toEqual(new Set(['node-2']));
    expect((await test.api.call('GET', '/api/v1/nodes/none/proxy/metrics/resource')).code).toBe(404);
    const forAgent = { token: tokens.node };
    expect((await test.api.call('GET', '/api/v1/nodes/node-2/proxy/metrics', forAgent)).code).toBe(403);
  });

  it('says that a node without a connection has no metrics of its agent', async () => {
    const message = 'node node-1 has no connection to the controller';
    const openStream = () => Promise.reject(new ApiError('ServiceUnavailable', message));
    await using test = await createTestMetrics({ nodeStreams: { openStream } });
    await test.createNode('node-1');
    const answer = await test.api.call('GET', '/api/v1/nodes/node-1/proxy/metrics');
    expect(answer.body).toMatchObject({ code: 503, message });
  });
});
