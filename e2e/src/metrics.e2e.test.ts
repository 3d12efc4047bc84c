import type { Pod } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from './testbed/deadline.ts';
import { buildBusyboxImage, openEngine, removeImages } from './testbed/images.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';
import { isPodReady } from './testbed/pods.ts';

const docker = openEngine();
const image = 'gantry-e2e/metrics:1';

let test: LocalTestCluster;

beforeAll(async () => {
  await buildBusyboxImage(docker, image);
  test = await LocalTestCluster.start(['--no-demo', '--nodes', '1', '--node-cpu', '2', '--node-memory', '2Gi']);
  const items = [
    podOf('busy', 'while true; do true; done', { limits: { cpu: '200m', memory: '32Mi' } }),
    podOf('exporter', exporter, {}, { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080' }),
  ];
  await test.kubectl.feed(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }), 'apply', '-f', '-');
  const areReady = (pods: readonly Pod[]) => pods.length === 2 && pods.every(isPodReady);
  await test.waitFor<Pod>('both pods are Ready', '/api/v1/namespaces/default/pods', areReady);
});

afterAll(async () => {
  await test?.stop();
  await removeImages(docker, [image]);
});

/** A gauge that says 42, and a counter that grows by 20 a second. */
const exporter = `mkdir -p /www
n=0
write() { printf '# TYPE hits_total counter\\nhits_total{code="200"} %d\\nqueue_depth 42\\n' $n > /www/new; mv /www/new /www/metrics; }
write
httpd -p 8080 -h /www
while true; do sleep 1; n=$((n+20)); write; done`;

function podOf(name: string, script: string, resources: object, annotations: Record<string, string> = {}): object {
  const container = { name: 'main', image, command: ['/bin/sh', '-c', script], resources };
  const spec = { terminationGracePeriodSeconds: 0, containers: [container] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, annotations }, spec };
}

/** The rows of `kubectl top`, in words. */
async function top(...args: string[]): Promise<string[][]> {
  const { stdout } = await test.kubectl.run(['top', ...args, '--no-headers']);
  const rows = stdout.trim().split('\n');
  return rows.map((row) => row.trim().split(/\s+/));
}

const raw = (path: string): Promise<string> => test.kubectl.must('get', '--raw', path);

/** The value of the first series of that name that has all of these texts in its labels. */
function valueIn(text: string, name: string, ...labels: string[]): number | undefined {
  const rows = text.split('\n').filter((row) => row.startsWith(`${name}{`) || row.startsWith(`${name} `));
  const row = rows.find((it) => labels.every((label) => it.includes(label)));
  return row === undefined ? undefined : Number(row.replace(/^[^ {]+(\{.*\})? /, '').split(' ')[0]);
}

describe('the metrics of a cluster', () => {
  it('kubectl top shows a busy pod near its limit, and its node', async () => {
    let milli = 0;
    await waitUntil('kubectl top shows the busy pod near its limit of 200m', 60_000, async () => {
      const [, cpu = ''] = (await top('pods')).find(([name]) => name === 'busy') ?? [];
      milli = Number.parseInt(cpu, 10) || 0;
      return milli > 170;
    });
    expect(milli).toBeLessThan(230);
    let row: string[] = [];
    // A node's sample is of another moment than that of its pod.
    await waitUntil('so does its node', 60_000, async () => {
      [row = []] = await top('nodes');
      return Number.parseInt(row[1] ?? '', 10) >= 150;
    });
    const [name, , share, memory] = row;
    expect(name).toBe('node-1');
    expect(share).toMatch(/^\d+%$/);
    // Two busyboxes hold less than one Mi.
    expect(memory).toMatch(/^\d+Mi$/);
    expect((await top('pod', 'busy', '--containers')).map((row) => row.slice(0, 2))).toEqual([['busy', 'main']]);
  });

  it('a pod’s own metrics are there once somebody asks: a gauge’s value, a counter’s rate', async () => {
    const customValue = async (metric: string) => {
      const path = `/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/exporter/${metric}`;
      const { code, stdout } = await test.kubectl.run(['get', '--raw', path]);
      if (code !== 0) return undefined;
      return (JSON.parse(stdout) as { items: { value: string }[] }).items[0]?.value;
    };
    await waitUntil('the gauge is collected', 60_000, async () => (await customValue('queue_depth')) === '42');
    let rate = '';
    await waitUntil('the counter has a rate', 60_000, async () => {
      rate = (await customValue('hits_per_second')) ?? '';
      return rate !== '';
    });
    const perSecond = rate.endsWith('m') ? Number.parseInt(rate, 10) / 1000 : Number(rate);
    expect(perSecond).toBeGreaterThan(5);
    expect(perSecond).toBeLessThan(35);
  });

  it('/metrics has what the controller, the agent, pods and nodes did', async () => {
    const own = await raw('/metrics');
    expect(valueIn(own, 'apiserver_request_total', 'verb="LIST"', 'resource="pods"', 'code="200"')).toBeGreaterThan(0);
    expect(valueIn(own, 'scheduler_schedule_attempts_total', 'result="scheduled"')).toBeGreaterThanOrEqual(2);
    expect(valueIn(own, 'gantry_store_commit_duration_seconds_count')).toBeGreaterThan(0);
    expect(valueIn(own, 'gantry_agent_sessions')).toBe(1);
    expect(valueIn(own, 'workqueue_adds_total', 'name="deployment-controller"')).toBeDefined();
    const agent = await raw('/api/v1/nodes/node-1/proxy/metrics');
    expect(valueIn(agent, 'kubelet_running_pods')).toBe(2);
    expect(valueIn(agent, 'kubelet_pod_start_duration_seconds_count')).toBe(2);
    expect(valueIn(agent, 'kubelet_runtime_operations_total', 'POST containers/start')).toBe(2);
    const used = await raw('/metrics/resource');
    expect(valueIn(used, 'container_cpu_usage_seconds_total', 'pod="busy"')).toBeGreaterThan(0.2);
    expect(valueIn(used, 'node_memory_working_set_bytes', 'node="node-1"')).toBeGreaterThan(0);
    const beside = await raw('/metrics/cadvisor');
    expect(valueIn(beside, 'container_cpu_cfs_throttled_seconds_total', 'pod="busy"')).toBeGreaterThan(0);
    expect(valueIn(beside, 'container_network_receive_bytes_total', 'pod="exporter"')).toBeGreaterThan(0);
  });
});
