import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Event, Pod } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCgroupLimits } from './testbed/cgroup-files.ts';
import { waitUntil } from './testbed/deadline.ts';
import { buildBusyboxImage, openEngine, removeImages } from './testbed/images.ts';
import { findTraces, noTraces } from './testbed/leftovers.ts';
import { runCommand } from './testbed/local-cluster.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';
import { isPodReady, restartsOf, stayOnLostNode, waitingOf } from './testbed/pods.ts';

const docker = openEngine();
const image = 'gantry-e2e/containers:1';
/** A registry that nobody can reach, wherever the test runs (RFC 6761). */
const unreachable = 'registry.invalid/gantry-e2e/untagged';
const mebibyte = 1024 * 1024;
const podsPath = '/api/v1/namespaces/default/pods';

/** Pods as the engine and the kernel have them. */
describe('containers', () => {
  let test: LocalTestCluster;
  /** An agent that a test started in place of the cluster's own. */
  let agent: ChildProcess | undefined;

  beforeAll(async () => {
    await buildBusyboxImage(docker, image);
    await docker.getImage(image).tag({ repo: unreachable, tag: 'latest' });
    test = await LocalTestCluster.start(['--no-demo', '--node-cpu', '4', '--node-memory', '8Gi']);
  });

  afterAll(async () => {
    await killAgent();
    if (test) {
      const { cluster: name } = await test.cluster.state();
      await test.stop();
      expect(await findTraces(docker, { name, dataDir: test.cluster.dataDir })).toEqual(noTraces);
    }
    await removeImages(docker, [image, unreachable]);
  });

  it('are not started for a pod larger than any node: it waits and says by how much', async () => {
    await run(podOf('huge', { resources: { requests: { cpu: '64', memory: '1Ti' } } }));
    const pod = await waitForPod('huge', ({ status }) => status.conditions?.[0]?.type === 'PodScheduled');
    expect(pod.status).toMatchObject({ phase: 'Pending', conditions: [{ status: 'False', reason: 'Unschedulable' }] });
    const sentence =
      /^0\/3 nodes are available: 3 Insufficient cpu, 3 Insufficient memory\. Nearest: node-\d is short of 60 cpu and 1016Gi memory\.$/;
    const [event] = await waitForEvents('huge', 'FailedScheduling');
    expect(event?.message).toMatch(sentence);
    expect(pod.status.conditions?.[0]?.message).toMatch(sentence);
  });

  it.each([
    {
      name: 'burstable',
      resources: { requests: { cpu: '250m', memory: '32Mi' }, limits: { cpu: '1500m', memory: '64Mi' } },
      expected: { shares: 256, quota: 150_000, memory: 64 * mebibyte },
    },
    {
      name: 'guaranteed',
      resources: { limits: { cpu: '0.5', memory: '50M' } },
      expected: { shares: 512, quota: 50_000, memory: 50_000_000 },
    },
    { name: 'requests-only', resources: { requests: { cpu: '1' } }, expected: { shares: 1024 } },
    { name: 'tiny', resources: { requests: { cpu: '1m' } }, expected: { shares: 2 } },
    { name: 'best-effort', resources: {}, expected: { shares: 2 } },
  ])('of a $name pod have the limits of its YAML in docker inspect and in the kernel', async (row) => {
    const { name, resources, expected } = row;
    const { quota = 0, memory = 0, shares } = expected as { shares: number; quota?: number; memory?: number };
    await run(podOf(name, { resources }));
    const { HostConfig, State, Config } = await inspect(await ready(name));
    expect(Config.Image).toBe(image);
    expect({
      Memory: HostConfig.Memory,
      CpuShares: HostConfig.CpuShares,
      CpuPeriod: HostConfig.CpuPeriod,
      CpuQuota: HostConfig.CpuQuota,
    }).toEqual({ Memory: memory, CpuShares: shares, CpuPeriod: 100_000, CpuQuota: quota });
    const limits = await readCgroupLimits(State.Pid);
    // The kernel keeps memory limits in whole pages.
    expect(limits.memoryBytes).toBe(memory === 0 ? undefined : Math.floor(memory / 4096) * 4096);
    expect([limits.cpuPeriod, limits.cpuQuota]).toEqual([100_000, quota === 0 ? undefined : quota]);
    // Weights of cgroup v2 are coarser than shares: 26 of these for one of those.
    expect(Math.abs(limits.cpuShares - shares)).toBeLessThanOrEqual(26);
  });

  it('that exceed their memory limit are reported OOMKilled', async () => {
    const resources = { limits: { memory: '16Mi' } };
    await run(podOf('oom', { resources, command: ['tail', '/dev/zero'] }, { restartPolicy: 'Never' }));
    const pod = await waitForPod('oom', ({ status }) => status.phase === 'Failed');
    expect(pod.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ reason: 'OOMKilled', exitCode: 137 });
  });

  it('are not started for a pod with a field that is not carried out yet: it waits and names the field', async () => {
    const pod = podOf('disk', {});
    const volumes = [{ name: 'cloud', gcePersistentDisk: { pdName: 'data' } }];
    await run({ ...pod, spec: { ...pod.spec, volumes } });
    const waiting = waitingOf(await waitForPod('disk', (seen) => waitingOf(seen)?.reason === 'UnsupportedField'));
    expect(waiting?.message).toContain('spec.volumes[0].gcePersistentDisk');
    const [event] = await waitForEvents('disk', 'UnsupportedField');
    expect(event?.message).toContain('spec.volumes[0].gcePersistentDisk');
  });

  it('whose image does not exist wait in ErrImagePull, then in ImagePullBackOff, saying why', async () => {
    const missing = 'registry.invalid/gantry-e2e/missing:1';
    const reasons = new Set<string | undefined>();
    await run(podOf('missing', { image: missing }));
    const pod = await waitForPod('missing', (seen) => {
      reasons.add(waitingOf(seen)?.reason);
      return waitingOf(seen)?.reason === 'ImagePullBackOff';
    });
    expect([...reasons]).toContain('ErrImagePull');
    expect(waitingOf(pod)?.message).toContain(`Back-off pulling image "${missing}"`);
    const messages = (await waitForEvents('missing', 'Failed')).map(({ message }) => message);
    expect(messages).toContainEqual(expect.stringMatching(/^Failed to pull image ".*missing:1": .*registry\.invalid/));
    expect((await waitForEvents('missing', 'BackOff')).map(({ message }) => message)).toContainEqual(
      `Back-off pulling image "${missing}"`,
    );
  });

  it('whose image has no tag use the local one where its registry cannot be reached, saying so', async () => {
    await run(podOf('untagged', { image: unreachable }));
    await ready('untagged');
    expect((await waitForEvents('untagged', 'PullSkipped')).map(({ message }) => message)).toContainEqual(
      expect.stringContaining('using the image'),
    );
  });

  it('of pods that are deleted while they start are not left behind', async () => {
    const uids: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const names = ['a', 'b', 'c', 'd'].map((letter) => `brief-${round}${letter}`);
      for (const name of names) uids.push((await run(podOf(name, {}))).metadata.uid);
      // From just created over half started to nearly running.
      if (round > 0) await waitUntil('one starts', 60_000, async () => (await containersOf(uids)).length >= round);
      for (const name of names) await test.client.must('DELETE', `${podsPath}/${name}`);
    }
    await test.waitFor<Pod>('they are gone', podsPath, (pods) =>
      pods.every(({ metadata }) => !uids.includes(metadata.uid)),
    );
    await waitUntil('their containers are gone', 60_000, async () => (await containersOf(uids)).length === 0);
    const folders = ['/sys/fs/cgroup', '-type', 'd', '-path', '*gantry*', '-name', 'pod*'];
    await waitUntil('so are their cgroups', 60_000, async () => {
      const { stdout } = await runCommand('find', folders);
      return !uids.some((uid) => stdout.includes(uid));
    });
  });

  it('run on while their agent is killed and started again by the same command', async () => {
    const names = (await readyPods()).map(({ metadata }) => metadata.name);
    const before = await identities(names);
    const { nodes } = await test.cluster.state();
    const [node] = nodes;
    if (node === undefined) throw new Error('the cluster has no node');
    const [program = '', ...args] = (await readFile(`/proc/${node.process.pid}/cmdline`, 'utf8'))
      .split('\0')
      .slice(0, -1);
    process.kill(node.process.pid, 'SIGKILL');
    agent = spawn(program, args, { stdio: 'ignore' });
    await run(podOf('after-kill', {}, { nodeSelector: { 'kubernetes.io/hostname': node.name } }));
    await ready('after-kill');
    expect(await identities(names)).toEqual(before);
  });

  it('run on while everything is killed, a start fails, and the next npm start takes the cluster up again', async () => {
    const names = (await readyPods()).map(({ metadata }) => metadata.name);
    const before = await identities(names);
    const { controller, nodes } = await test.cluster.state();
    // The controller first: it must not take a node for lost. The first node's agent is another by now.
    for (const { pid } of [controller, ...nodes.slice(1).map((node) => node.process)]) process.kill(pid, 'SIGKILL');
    await killAgent();
    const { dataDir } = test.cluster;
    const args = ['start', '--', '--no-demo', '--detach', '--node-cpu', '4', '--node-memory', '8Gi'];
    // First a start that fails half-way, when two agents have taken up their pods: it must not cost them anything.
    const folder = join(dataDir, 'nodes', 'node-3');
    await rename(folder, `${folder}.away`);
    await writeFile(folder, 'no folder');
    const failed = await runCommand('npm', [...args, '--data-dir', dataDir]);
    await rm(folder);
    await rename(`${folder}.away`, folder);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('the agent of node-3 ended at once');
    expect(failed.stdout).toContain('what the cluster has stays');
    const { code, stdout } = await runCommand('npm', [...args, '--data-dir', dataDir]);
    expect(code, stdout).toBe(0);
    await run(podOf('after-all', {}));
    await ready('after-all');
    expect(await identities(names)).toEqual(before);
  });

  async function killAgent(): Promise<void> {
    if (agent?.kill('SIGKILL')) await once(agent, 'close');
    agent = undefined;
  }

  async function run(pod: object): Promise<Pod> {
    return JSON.parse((await test.client.must('POST', podsPath, pod)).text) as Pod;
  }

  async function ready(name: string): Promise<Pod> {
    return waitForPod(name, isPodReady);
  }

  async function waitForPod(name: string, until: (pod: Pod) => boolean): Promise<Pod> {
    const path = `${podsPath}?fieldSelector=metadata.name%3D${name}`;
    const [pod] = await test.waitFor<Pod>(`pod ${name} is as wanted`, path, (pods) => pods.some(until));
    if (!pod) throw new Error(`no pod ${name}`);
    return pod;
  }

  async function waitForEvents(pod: string, reason: string): Promise<readonly Event[]> {
    const selector = encodeURIComponent(`involvedObject.name=${pod},reason=${reason}`);
    const path = `/api/v1/namespaces/default/events?fieldSelector=${selector}`;
    return test.waitFor<Event>(`an event ${reason} of ${pod}`, path, (events) => events.length > 0);
  }

  async function readyPods(): Promise<Pod[]> {
    return (await test.client.json<{ items: Pod[] }>(podsPath)).items.filter(isPodReady);
  }

  /** What a restart of any kind would change. */
  async function identities(names: readonly string[]): Promise<string[]> {
    const pods = (await readyPods()).filter(({ metadata }) => names.includes(metadata.name));
    const facts = pods.map(async (pod) => {
      const { Id, State } = await inspect(pod);
      return `${pod.metadata.name} ${Id} ${State.StartedAt} ${restartsOf(pod)}`;
    });
    return (await Promise.all(facts)).toSorted();
  }

  function inspect(pod: Pod) {
    const id = pod.status.containerStatuses?.[0]?.containerID?.replace('docker://', '') ?? '';
    return docker.getContainer(id).inspect();
  }

  async function containersOf(uids: readonly string[]): Promise<string[]> {
    const { cluster: name } = await test.cluster.state();
    const all = await docker.listContainers({ all: true, filters: { label: [`io.gantry.cluster=${name}`] } });
    return all.filter(({ Labels }) => uids.includes(Labels['io.kubernetes.pod.uid'] ?? '')).map(({ Id }) => Id);
  }
});

function podOf(name: string, container: object, spec: object = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 1,
      tolerations: stayOnLostNode,
      ...spec,
      containers: [{ name: 'main', image, ...container }],
    },
  };
}
