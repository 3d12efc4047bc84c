import { fileURLToPath } from 'node:url';
import type { Pod, RebalancePlan, Recommendation, Simulation } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBusyboxImage, openEngine, removeImages } from './testbed/images.ts';
import { runCommand } from './testbed/local-cluster.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';

const program = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));
const docker = openEngine();
const image = 'gantry-e2e/what-if:1';
const pods = '/api/v1/namespaces/default/pods';

let test: LocalTestCluster;

beforeAll(async () => {
  await buildBusyboxImage(docker, image);
  test = await LocalTestCluster.start(['--no-demo', '--node-cpu', '1', '--node-memory', '1Gi']);
});

afterAll(async () => {
  await test?.stop();
  await removeImages(docker, [image]);
});

async function gantry(...args: string[]): Promise<string> {
  const { dataDir } = test.cluster;
  const { code, stdout, stderr } = await runCommand(process.execPath, [program, ...args, '--data-dir', dataDir]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

function deployment(name: string, replicas: number, cpu: string): object {
  const labels = { app: name };
  // Ends at once when it is asked to: nobody waits for a grace period.
  const command = ['/bin/sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1; done'];
  const container = { name: 'main', image, command, resources: { requests: { cpu, memory: '16Mi' } } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  };
}

const apply = (...items: object[]) =>
  test.kubectl.feed(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }), 'apply', '-f', '-');

const of = (app: string) => (pod: Pod) => pod.metadata.labels?.app === app && !pod.metadata.deletionTimestamp;
const isReady = (pod: Pod) =>
  pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
const isRefused = (pod: Pod) => pod.status.conditions?.some(({ reason }) => reason === 'Unschedulable') ?? false;
const restarts = (list: readonly Pod[]) =>
  list.flatMap(({ status }) => status.containerStatuses?.map(({ restartCount }) => restartCount) ?? []);

function countByNode(names: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) if (name) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

describe('what the scheduler would do', () => {
  let simulation: Simulation;

  it('is what it then does: as many fit, on the same nodes', async () => {
    await apply(deployment('web', 1, '300m'));
    await test.waitFor<Pod>('the first replica is ready', pods, (items) => items.filter(of('web')).some(isReady));
    simulation = JSON.parse(await gantry('simulate', 'scale', 'deployment/web', '12', '-o', 'json'));
    const [told] = simulation.status?.workloads ?? [];
    expect(told?.waiting).toBeGreaterThan(0);
    await test.kubectl.must('scale', 'deployment/web', '--replicas=12');
    const items = await test.waitFor<Pod>(
      'every replica is bound or refused',
      pods,
      (all) => all.filter(of('web')).filter((pod) => pod.spec.nodeName || isRefused(pod)).length === 12,
    );
    const bound = items.filter(of('web')).filter(({ spec }) => spec.nodeName);
    expect({ fitting: bound.length, waiting: 12 - bound.length }).toEqual({
      fitting: told?.fitting,
      waiting: told?.waiting,
    });
    const expected = Object.fromEntries((simulation.status?.nodes ?? []).map(({ name, after }) => [name, after.pods]));
    expect(countByNode(bound.map(({ spec }) => spec.nodeName))).toEqual(expected);
  });

  it('comes in words, with fixes that were tried', async () => {
    const { fitting = 0, waiting = 0 } = simulation.status?.workloads[0] ?? {};
    const said = await gantry('simulate', '--suggest');
    expect(said).toContain(`web (Deployment): ${fitting} of 12 fit, ${waiting} wait: each needs 300m cpu`);
    expect(said).toMatch(/- add (a|\d+) hosts? of \S+ cpu and \S+: all \d+ fit/);
    expect(await gantry('simulate', 'lose-node', 'node-1')).toMatch(
      /without node-1: \d of its pods move|without node-1: 0 of its pods move, \d find no node/,
    );
  });

  it('recommends what pods use, and in force in place that lets the others fit', async () => {
    const before = (await test.waitFor<Pod>('pods', pods, () => true)).filter(of('web')).filter(isReady);
    let recommendation: Recommendation | undefined;
    await expect
      .poll(
        async () => {
          recommendation = JSON.parse(await gantry('recommend', '-n', 'default', '-o', 'json'));
          return recommendation?.status?.workloads.map(({ confidence }) => confidence);
        },
        { timeout: 120_000, interval: 2_000 },
      )
      .toEqual(['low']);
    expect(recommendation?.status?.frees.cpuMilli).toBeGreaterThan(1000);
    expect(await gantry('recommend', '-n', 'default', '--apply')).toMatch(
      /\d pods resized in place: no container restarts/,
    );
    const items = await test.waitFor<Pod>(
      'every replica is ready',
      pods,
      (all) => all.filter(of('web')).filter(isReady).length === 12,
    );
    const after = items.filter(({ metadata }) => before.some((pod) => pod.metadata.uid === metadata.uid));
    expect(after).toHaveLength(before.length);
    expect(new Set(restarts(after))).toEqual(new Set([0]));
  });
});

describe('a rebalance', () => {
  it('moves pods as its preview says, and never leaves fewer ready than the budget wants', async () => {
    await test.kubectl.must('delete', 'deployment', 'web');
    await test.waitFor<Pod>('they are gone', pods, (items) => items.length === 0);
    await test.kubectl.must('cordon', 'node-2', 'node-3');
    await apply(deployment('crowd', 4, '150m'), {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'crowd', namespace: 'default' },
      spec: { minAvailable: 3, selector: { matchLabels: { app: 'crowd' } } },
    });
    await test.waitFor<Pod>('all are ready', pods, (items) => items.filter(isReady).length === 4);
    await test.kubectl.must('uncordon', 'node-2', 'node-3');
    const plan: RebalancePlan = JSON.parse(await gantry('rebalance', '-o', 'json'));
    const { moves = [], spread } = plan.status ?? {};
    expect(new Set(moves.map(({ from }) => from))).toEqual(new Set(['node-1']));
    expect(spread?.after).toBeLessThan(spread?.before ?? 0);
    const present = new Map<string, Pod>();
    let fewestReady = 4;
    const stop = test.client.watch(`${pods}?watch=1`, ({ type, object }) => {
      const pod = object as unknown as Pod;
      if (type === 'DELETED') present.delete(pod.metadata.uid);
      else present.set(pod.metadata.uid, pod);
      if (present.size >= 4)
        fewestReady = Math.min(fewestReady, [...present.values()].filter(of('crowd')).filter(isReady).length);
    });
    try {
      expect(await gantry('rebalance', '--apply')).toContain(
        `completed: ${moves.length} of ${moves.length} pods moved`,
      );
    } finally {
      stop();
    }
    expect(fewestReady).toBeGreaterThanOrEqual(3);
    const items = await test.waitFor<Pod>('the old ones are gone', pods, (all) => all.length === 4);
    expect(Math.max(...Object.values(countByNode(items.map(({ spec }) => spec.nodeName))))).toBe(2);
  });
});
