import { setTimeout as pause } from 'node:timers/promises';
import type { Event, Node, Pod } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { Random } from './soak/random.ts';
import { waitUntil } from './testbed/deadline.ts';
import { freezeEngine, killEngine, startEngine } from './testbed/engine-faults.ts';
import { hostTraces, waitForTraces } from './testbed/host-traces.ts';
import { sleeperImage } from './testbed/multi-host-cluster.ts';
import { stayOnLostNode } from './testbed/pods.ts';
import { useCluster } from './testbed/use-cluster.ts';
import { waitForObjects } from './testbed/watch-objects.ts';
import { containersOf, whileWatched } from './testbed/watched-host.ts';
import { isPodReady, type Workload } from './testbed/workload.ts';

const pods = '/api/v1/namespaces/default/pods';
const configMaps = '/api/v1/namespaces/default/configmaps';
/** Longer than a start takes, shorter than the agent waits for an answer. */
const frozenMs = 4_000;
/** Of the moments at which something is killed: the same run again does the same. */
const seed = Number(process.env.GANTRY_FAULT_SEED ?? 3);
const podVolumes = '/var/lib/gantry-agent/data/pods';

/** What happens on a host behind its agent's back, at any moment of a pod's life. */
describe('a host whose engine or agent fails', () => {
  const { cluster, deploy } = useCluster(['host-1']);
  const host = () => cluster().host('host-1');

  it('says so while its engine is away, and runs every pod once when it is back', async () => {
    const web = await deploy('engine-killed', 4);
    const before = (await web.running()).map(({ id, startedAt }) => `${id} ${startedAt}`);
    await whileWatched(cluster(), host(), async () => {
      await killEngine(host());
      await waitForObjects<Node>(cluster().client, {
        what: 'the node says that its engine is away',
        path: '/api/v1/nodes',
        until: ([node]) =>
          node?.status.conditions?.some(
            ({ type, status, message }) =>
              type === 'Ready' && status === 'False' && message?.includes('the Docker Engine does not answer'),
          ) === true,
      });
      await startEngine(host());
      await cluster().waitForReadyNodes();
      await settle(web, 4);
    });
    // The engine ends what it finds running: nothing is a container of before that only seems to run.
    const after = (await web.running()).map(({ id, startedAt }) => `${id} ${startedAt}`);
    expect(after.filter((one) => before.includes(one))).toEqual([]);
  });

  it('runs every pod once when its agent was started before its engine', async () => {
    const web = await deploy('engine-late', 2);
    await whileWatched(cluster(), host(), async () => {
      const waits = async () =>
        (await host().agentLog()).split('the container engine cannot be reached, waiting for it');
      const before = await waits();
      await killEngine(host());
      await host().killAgent();
      await host().startAgent();
      await waitUntil('the agent waits', 60_000, async () => (await waits()).length > before.length);
      await startEngine(host());
      await cluster().waitForReadyNodes();
      await settle(web, 2);
    });
  });

  it('starts and stops what was declared, once, when its engine stood still meanwhile', async () => {
    const web = await deploy('engine-frozen', 2);
    await whileWatched(cluster(), host(), async () => {
      for (const replicas of [6, 1]) {
        await web.patch({ spec: { replicas } });
        // Some of them are done by then, some are under way, others have to wait.
        await web.waitForPods('the first has begun', (all) =>
          replicas === 6 ? all.length > 2 : all.some(({ metadata }) => metadata.deletionTimestamp !== undefined),
        );
        const thaw = await freezeEngine(host());
        await pause(frozenMs);
        await thaw();
        await settle(web, replicas);
      }
    });
  });

  it('ends a rolling update as declared although containers are removed behind its back', async () => {
    const random = new Random(seed);
    const web = await deploy('removed', 4);
    await whileWatched(cluster(), host(), async () => {
      await web.patch({ spec: { template: { metadata: { annotations: { version: '2' } } } } });
      for (let removed = 0; removed < 8; removed += 1) {
        await pause(random.between(0, 400));
        const victim = random.pick((await containersOf(host())).filter(({ namespace }) => namespace === 'removed'));
        // Gone by itself by now, or going.
        if (victim)
          await host()
            .engine.getContainer(victim.id)
            .remove({ force: true })
            .catch(() => undefined);
      }
      await settle(web, 4);
      expect((await web.pods()).map(({ metadata }) => metadata.annotations?.version)).toEqual(['2', '2', '2', '2']);
    });
  });

  it('leaves nothing of pods during whose start and stop its agent was killed', async () => {
    const random = new Random(seed);
    await cluster().client.must('POST', configMaps, configMap('settings', 'on'));
    // Whatever the node makes once, for all its pods, is there after one of them.
    await create(fullPod('first'));
    await waitUntilRunning(['first']);
    await remove(['first']);
    const before = (await hostTraces(host())).filter((line) => !/^(container|process|directory) /.test(line));
    const names = ['one', 'two'];
    for (let round = 0; round < 3; round += 1) {
      await whileWatched(cluster(), host(), async () => {
        for (const [index, name] of names.entries()) await create(fullPod(name, 18_080 + index));
        await restartAgentAfter(random.between(0, 2_500));
        await restartAgentAfter(random.between(0, 2_500));
        await waitUntilRunning(names);
        for (const name of names) await cluster().client.must('DELETE', `${pods}/${name}`);
        await restartAgentAfter(random.between(0, 1_500));
        await waitForPods('they are gone', (all) => all.length === 0);
      });
      await waitForTraces(host(), before);
    }
  });

  it('tells of a full disk at the pod that cannot be set up, and starts it when there is room again', async () => {
    const full = `mount -t tmpfs -o size=256k tmpfs ${podVolumes} && dd if=/dev/zero of=${podVolumes}/fill bs=4k`;
    await host().exec(['sh', '-c', full]);
    try {
      await cluster().client.must('POST', configMaps, configMap('large', 'x'.repeat(100_000)));
      await create(podOf('waiting', { volumes: [{ name: 'data', configMap: { name: 'large' } }] }));
      const events = await waitForObjects<Event>(cluster().client, {
        what: 'the pod tells of the full disk',
        path: '/api/v1/namespaces/default/events',
        until: (all) =>
          all.some(({ reason, involvedObject: { name } }) => reason === 'FailedMount' && name === 'waiting'),
      });
      const found = events.find(
        ({ reason, involvedObject: { name } }) => reason === 'FailedMount' && name === 'waiting',
      );
      expect(found?.message).toMatch(/^MountVolume\.SetUp failed for volume "data" : .*no space left on device/);
      await host().mustExec(['rm', `${podVolumes}/fill`]);
      await waitForPods('it runs', ([pod]) => pod !== undefined && isPodReady(pod));
      await remove(['waiting']);
    } finally {
      await host().exec(['umount', '-l', podVolumes]);
    }
  });

  /** Waits until engine and API agree on exactly `replicas` pods, each running once. */
  async function settle(web: Workload, replicas: number): Promise<void> {
    await web.waitUntilComplete(replicas);
    await web.waitUntilEnginesAgree();
    // What was told before the fault was noticed may have looked complete.
    await web.waitUntilComplete(replicas);
    expect(await web.waitUntilEnginesAgree()).toHaveLength(replicas);
  }

  async function create(pod: unknown): Promise<void> {
    await cluster().client.must('POST', pods, pod);
  }

  async function remove(names: readonly string[]): Promise<void> {
    for (const name of names) await cluster().client.must('DELETE', `${pods}/${name}`);
    await waitForPods('they are gone', (all) => all.length === 0);
  }

  function waitForPods(what: string, until: (all: readonly Pod[]) => boolean): Promise<readonly Pod[]> {
    return waitForObjects<Pod>(cluster().client, { what, path: pods, until });
  }

  async function restartAgentAfter(delayMs: number): Promise<void> {
    await pause(delayMs);
    await host().killAgent();
    await host().startAgent();
  }

  /** Waits until the pods are Ready; their containers, each once, are all that the engine then runs for them. */
  async function waitUntilRunning(names: readonly string[]): Promise<void> {
    await waitForPods('all are Ready', (all) => all.length === names.length && all.every(isPodReady));
    const running = (await containersOf(host())).filter(({ state }) => state === 'running');
    const wanted = names.flatMap((name) =>
      ['POD', 'helper', 'main', 'second'].map((container) => `${name}/${container}`),
    );
    const found = running.map(({ pod, container }) => `${pod}/${container}`);
    expect(found).toHaveLength(wanted.length);
    expect(new Set(found)).toEqual(new Set(wanted));
  }
});

/** A pod of which a node has a lot to make: several containers, hooks, volumes of all kinds, a port of the host. */
function fullPod(name: string, hostPort = 18_079): unknown {
  const volumes = [
    { name: 'scratch', emptyDir: {} },
    { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
    { name: 'settings', configMap: { name: 'settings' } },
  ];
  const volumeMounts = volumes.map((volume) => ({ name: volume.name, mountPath: `/${volume.name}` }));
  const hook = (command: string) => ({ exec: { command: ['/bin/sh', '-c', command] } });
  return podOf(name, {
    initContainers: [
      { name: 'prepare', image: sleeperImage, command: ['/bin/touch', '/scratch/prepared'], volumeMounts },
      { name: 'helper', image: sleeperImage, restartPolicy: 'Always', volumeMounts },
    ],
    containers: [
      {
        name: 'main',
        image: sleeperImage,
        ports: [{ containerPort: 80, hostPort }],
        lifecycle: { postStart: hook('sleep 0.2; touch /memory/started'), preStop: hook('sleep 0.3') },
        volumeMounts,
        resources: { limits: { memory: '32Mi' } },
      },
      { name: 'second', image: sleeperImage, volumeMounts },
    ],
    volumes,
  });
}

function podOf(
  name: string,
  spec: { readonly containers?: unknown; readonly volumes: unknown; initContainers?: unknown },
) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 5,
      tolerations: stayOnLostNode,
      containers: [{ name: 'main', image: sleeperImage, volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
      ...spec,
    },
  };
}

function configMap(name: string, value: string): unknown {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value } };
}
