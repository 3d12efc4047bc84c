import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Event, PersistentVolume, PersistentVolumeClaim, Pod } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from './testbed/deadline.ts';
import { buildBusyboxImage, openEngine, removeImages } from './testbed/images.ts';
import { findTraces, noTraces } from './testbed/leftovers.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';
import { isPodReady } from './testbed/pods.ts';

const docker = openEngine();
const image = 'gantry-e2e/volumes:1';
const podsPath = '/api/v1/namespaces/default/pods';
const claimsPath = '/api/v1/namespaces/default/persistentvolumeclaims';

interface PodParts {
  readonly name: string;
  readonly script: string;
  readonly volumes: readonly object[];
  readonly mounts?: readonly object[];
  readonly spec?: object;
}

/** A pod that runs a script with its volumes under their names. */
function podOf({ name, script, volumes, mounts, spec }: PodParts): object {
  const volumeMounts = mounts ?? volumes.map((volume) => ({ name: nameOf(volume), mountPath: `/${nameOf(volume)}` }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'main', image, command: ['/bin/sh', '-c', script], volumeMounts }],
      volumes,
      ...spec,
    },
  };
}

const nameOf = (volume: object) => (volume as { name: string }).name;

const claimOf = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '64Mi' } }, ...spec },
});

const claimVolume = (claimName: string) => ({ name: 'data', persistentVolumeClaim: { claimName } });
/** Adds a line of its own, shows all lines, and goes on. */
const diary = 'hostname >> /data/diary; cat /data/diary; echo end; while :; do sleep 3600; done';

describe('volumes', () => {
  let test: LocalTestCluster;

  beforeAll(async () => {
    await buildBusyboxImage(docker, image);
    test = await LocalTestCluster.start(['--no-demo', '--node-cpu', '4', '--node-memory', '8Gi']);
  });

  afterAll(async () => {
    if (test) {
      const { cluster: name } = await test.cluster.state();
      const { dataDir } = test.cluster;
      await test.stop();
      expect(await findTraces(docker, { name, dataDir })).toEqual(noTraces);
      await expect(stat(join(dataDir, 'nodes'))).rejects.toThrow(/ENOENT/);
    }
    await removeImages(docker, [image]);
  });

  it('of claims keep their data and their node when the pod is replaced', async () => {
    const { kubectl } = test;
    await apply(claimOf('diary'));
    await waitForEvent('diary', 'WaitForFirstConsumer');
    expect(await kubectl.must('get', 'pvc', 'diary')).toMatch(/diary +Pending .* local /);
    await apply(podOf({ name: 'first', script: diary, volumes: [claimVolume('diary')] }));
    const first = await ready('first');
    await kubectl.must('delete', 'pod', 'first');
    await apply(podOf({ name: 'second', script: diary, volumes: [claimVolume('diary')] }));
    const second = await ready('second');
    expect(second.spec.nodeName).toBe(first.spec.nodeName);
    await logs('second', /^first\nsecond\nend$/m);
    expect(await kubectl.must('get', 'pvc', 'diary')).toMatch(/diary +Bound +pvc-[0-9a-f-]+ +64Mi +RWO +local /);
    const [provisioned] = await waitForEvent('diary', 'ProvisioningSucceeded');
    expect(provisioned?.message).toContain('whose size is not enforced');
  });

  it('of claims pin their pods: elsewhere these wait and say why', async () => {
    const { kubectl } = test;
    const { spec } = await kubectl.json<Pod>('get', 'pod', 'second');
    const affinity = {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'NotIn', values: [spec.nodeName] }] },
        ],
      },
    };
    const elsewhere = { affinity: { nodeAffinity: affinity } };
    await apply(podOf({ name: 'away', script: diary, volumes: [claimVolume('diary')], spec: elsewhere }));
    const [event] = await waitForEvent('away', 'FailedScheduling');
    expect(event?.message).toBe(
      "0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 2 node(s) had volume node affinity conflict.",
    );
    await kubectl.must('delete', 'pod', 'away');
    await apply(podOf({ name: 'lost', script: diary, volumes: [claimVolume('nowhere')] }));
    const [missing] = await waitForEvent('lost', 'FailedScheduling');
    expect(missing?.message).toBe('0/3 nodes are available: persistentvolumeclaim "nowhere" not found.');
    // A claim that appears later is waited for.
    await apply(claimOf('nowhere'));
    await ready('lost');
    await kubectl.must('delete', 'pod', 'lost');
  });

  it('go with their claim where the class says Delete, and stay where it says Retain', async () => {
    const { kubectl } = test;
    await apply({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'keep' },
      provisioner: 'gantry.io/local',
      reclaimPolicy: 'Retain',
      volumeBindingMode: 'WaitForFirstConsumer',
    });
    await apply(claimOf('kept', { storageClassName: 'keep' }));
    await apply(podOf({ name: 'keeper', script: diary, volumes: [claimVolume('kept')] }));
    await ready('keeper');
    const paths = await Promise.all(['diary', 'kept'].map(pathOf));
    const [deleted = '', kept = ''] = paths;
    expect(await readdir(deleted)).toEqual(['diary']);
    await kubectl.must('delete', 'pvc', 'diary', 'kept', '--wait=false');
    // A pod still uses it: it goes after the pod.
    expect(await kubectl.must('get', 'pvc', 'diary')).toMatch(/diary +Terminating/);
    expect(await readdir(deleted)).toEqual(['diary']);
    await kubectl.must('delete', 'pod', 'second', 'keeper');
    await kubectl.must('wait', '--for=delete', 'pvc/diary', 'pvc/kept', '--timeout=90s');
    await test.waitFor<PersistentVolume>('only the retained volume is left', '/api/v1/persistentvolumes', (items) => {
      const phases = items.map(({ spec, status }) => `${spec.claimRef?.name} ${status?.phase}`);
      return phases.includes('kept Released') && !phases.some((text) => text.startsWith('diary'));
    });
    await expect(stat(deleted)).rejects.toThrow(/ENOENT/);
    expect(await readdir(kept)).toEqual(['diary']);
  });

  it('of a StatefulSet are each their own, and outlive its pods', async () => {
    const { kubectl } = test;
    await apply({
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'db' },
      spec: {
        replicas: 2,
        serviceName: 'db',
        selector: { matchLabels: { app: 'db' } },
        template: {
          metadata: { labels: { app: 'db' } },
          spec: {
            terminationGracePeriodSeconds: 0,
            containers: [
              {
                name: 'main',
                image,
                command: ['/bin/sh', '-c', diary],
                volumeMounts: [{ name: 'data', mountPath: '/data' }],
              },
            ],
          },
        },
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
          },
        ],
      },
    });
    await kubectl.must('rollout', 'status', 'statefulset/db', '--timeout=120s');
    const before = await ready('db-1');
    await kubectl.must('delete', 'pod', 'db-1');
    await kubectl.must('rollout', 'status', 'statefulset/db', '--timeout=120s');
    const after = await ready('db-1');
    expect(after.metadata.uid).not.toBe(before.metadata.uid);
    expect(after.spec.nodeName).toBe(before.spec.nodeName);
    await logs('db-1', /^db-1\ndb-1\nend$/m);
    await kubectl.must('delete', 'statefulset', 'db');
    expect(await kubectl.must('get', 'pvc', '-o', 'name')).toContain('data-db-1');
  });

  it('of ConfigMaps show what they say by now, and a pod waits for one that is to come', async () => {
    const { kubectl } = test;
    await apply(
      podOf({
        name: 'reader',
        script: 'while :; do cat /conf/greeting; echo; sleep 0.1; done',
        volumes: [{ name: 'conf', configMap: { name: 'words' } }],
      }),
    );
    await waitForEvent('reader', 'FailedMount');
    await kubectl.must('create', 'configmap', 'words', '--from-literal=greeting=hello');
    const reader = await ready('reader');
    await using follow = kubectl.start('logs', '-f', 'reader');
    await follow.waitFor(/^hello$/m);
    await kubectl.must('patch', 'configmap', 'words', '-p', '{"data":{"greeting":"goodbye"}}');
    await follow.waitFor(/^goodbye$/m);
    // The last line may be under way.
    expect(new Set(follow.output.split('\n').slice(0, -1))).toEqual(new Set(['hello', 'goodbye']));
    expect((await ready('reader')).metadata.uid).toBe(reader.metadata.uid);
  });

  it('belong to the fsGroup of the pod', async () => {
    await apply(claimOf('shared'));
    await apply(
      podOf({
        name: 'grouped',
        script:
          'stat -c "%n %g %a" /data /scratch; echo x > /data/f && stat -c "%n %u:%g" /data/f; echo end; sleep 3600',
        volumes: [claimVolume('shared'), { name: 'scratch', emptyDir: {} }],
        spec: { securityContext: { runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000 } },
      }),
    );
    await ready('grouped');
    await logs('grouped', /^\/data 2000 2777\n\/scratch 2000 2777\n\/data\/f 1000:2000\nend$/m);
  });

  it('of emptyDirs that outgrow their limit cost the pod its place', async () => {
    await apply(
      podOf({
        name: 'greedy',
        script: 'dd if=/dev/zero of=/cache/big bs=1M count=8; sleep 3600',
        volumes: [{ name: 'cache', emptyDir: { sizeLimit: '4Mi' } }],
      }),
    );
    const [event] = await waitForEvent('greedy', 'Evicted');
    expect(event?.message).toBe('Usage of EmptyDir volume "cache" exceeds the limit "4Mi". ');
    await waitForPods('it is evicted', (pods) =>
      pods.some(({ metadata, status }) => metadata.name === 'greedy' && status.reason === 'Evicted'),
    );
  });

  it('that no node of this cluster could mount are refused, naming the field', async () => {
    const volume = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'remote' },
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteMany'], nfs: { server: 'nas', path: '/data' } },
    };
    const said = await test.kubectl.refused(['apply', '-f', '-'], JSON.stringify(volume));
    expect(said).toContain('spec.nfs: Forbidden: Gantry mounts volumes of the kinds hostPath and local only');
  });

  function apply(object: object): Promise<string> {
    return test.kubectl.feed(JSON.stringify(object), 'apply', '-f', '-');
  }

  function waitForPods(what: string, until: (pods: readonly Pod[]) => boolean): Promise<readonly Pod[]> {
    return test.waitFor<Pod>(what, podsPath, until);
  }

  async function ready(name: string): Promise<Pod> {
    const isIt = (pod: Pod) => pod.metadata.name === name && isPodReady(pod);
    const pod = (await waitForPods(`${name} is ready`, (pods) => pods.some(isIt))).find(isIt);
    if (!pod) throw new Error(`${name} is gone`);
    return pod;
  }

  function waitForEvent(name: string, reason: string): Promise<readonly Event[]> {
    const isIt = (event: Event) => event.involvedObject.name === name && event.reason === reason;
    return test
      .waitFor<Event>(`${reason} of ${name}`, '/api/v1/namespaces/default/events', (events) => events.some(isIt))
      .then((events) => events.filter(isIt));
  }

  /** Waits until the pod has printed it. */
  function logs(name: string, pattern: RegExp): Promise<void> {
    return waitUntil(`${name} prints ${pattern}`, 60_000, async () =>
      pattern.test(await test.kubectl.must('logs', name)),
    );
  }

  async function pathOf(claimName: string): Promise<string> {
    const claim = await test.client.json<PersistentVolumeClaim>(`${claimsPath}/${claimName}`);
    const volume = await test.client.json<PersistentVolume>(`/api/v1/persistentvolumes/${claim.spec.volumeName}`);
    return volume.spec.local?.path ?? '';
  }
});
