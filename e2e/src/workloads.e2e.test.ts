import type { CronJob, DaemonSet, Job, KubernetesObject, Pod, StatefulSet } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBusyboxImage, openEngine, removeImages } from './testbed/images.ts';
import { findAllKubectls } from './testbed/kubectl.ts';
import { Kubectl } from './testbed/kubectl-session.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';
import { isPodReady } from './testbed/pods.ts';

const docker = openEngine();
const images = ['gantry-e2e/workloads:1', 'gantry-e2e/workloads:2'] as const;
const [image, newerImage] = images;

let test: LocalTestCluster;
/** The newest and the oldest of this machine. */
let kubectl: Kubectl;
let oldKubectl: Kubectl;

beforeAll(async () => {
  for (const name of images) await buildBusyboxImage(docker, name);
  test = await LocalTestCluster.start(['--no-demo', '--nodes', '3', '--node-cpu', '4', '--node-memory', '8Gi']);
  const paths = await findAllKubectls();
  const { kubeconfig } = test.cluster;
  kubectl = new Kubectl({ path: paths.at(-1) ?? 'kubectl', kubeconfig });
  oldKubectl = new Kubectl({ path: paths[0] ?? 'kubectl', kubeconfig });
});

afterAll(async () => {
  await test?.stop();
  await removeImages(docker, images);
});

const metadataOf = (name: string) => ({ name, namespace: 'default' });

function podTemplate(app: string, spec: object = {}) {
  const container = { name: 'main', image, resources: { requests: { cpu: '10m' } } };
  return {
    metadata: { labels: { app } },
    spec: { terminationGracePeriodSeconds: 1, containers: [container], ...spec },
  };
}

async function apply(...objects: object[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  await kubectl.feed(JSON.stringify(list), 'apply', '-f', '-');
}

function watchFor<T extends KubernetesObject>(path: string, what: string, until: (items: readonly T[]) => boolean) {
  return test.waitFor<T>(what, path, until, 90_000);
}

const podsOf = async (app: string): Promise<Pod[]> =>
  (await kubectl.json<{ items: Pod[] }>('get', 'pods', '-l', `app=${app}`)).items;

function waitForPods(what: string, app: string, until: (pods: readonly Pod[]) => boolean): Promise<readonly Pod[]> {
  const isOwn = (pod: Pod) => pod.metadata.labels?.app === app;
  return watchFor<Pod>('/api/v1/namespaces/default/pods', what, (pods) => until(pods.filter(isOwn)));
}

describe('a StatefulSet', () => {
  const set = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: metadataOf('db'),
    spec: {
      replicas: 3,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: podTemplate('db'),
    },
  };
  const imagesByName = async () =>
    Object.fromEntries((await podsOf('db')).map(({ metadata, spec }) => [metadata.name, spec.containers[0]?.image]));

  it('starts its pods in order, each with its own name', async () => {
    await apply(set);
    expect(await kubectl.must('rollout', 'status', 'statefulset/db', '--timeout=90s')).toMatch(
      /partitioned roll out complete|statefulset rolling update complete 3 pods at revision/,
    );
    const pods = await podsOf('db');
    expect(pods.map(({ metadata }) => metadata.name)).toEqual(['db-0', 'db-1', 'db-2']);
    const started = pods.map(({ status }) => status.startTime ?? '');
    expect(started).toEqual(started.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(pods[1]?.metadata.labels).toMatchObject({
      'statefulset.kubernetes.io/pod-name': 'db-1',
      'apps.kubernetes.io/pod-index': '1',
    });
    expect(pods[1]?.spec).toMatchObject({ hostname: 'db-1', subdomain: 'db' });
    expect(await kubectl.must('get', 'statefulset', 'db')).toMatch(/^db +3\/3 /m);
    expect(await kubectl.must('describe', 'statefulset', 'db')).toContain(
      'create Pod db-2 in StatefulSet db successful',
    );
  });

  it('brings a deleted pod back under its name', async () => {
    const [first] = await podsOf('db');
    await kubectl.must('delete', 'pod', 'db-0');
    const pods = await waitForPods('db-0 is back', 'db', (present) =>
      present.some(
        (pod) => pod.metadata.name === 'db-0' && pod.metadata.uid !== first?.metadata.uid && isPodReady(pod),
      ),
    );
    expect(pods.filter(({ metadata }) => metadata.name.startsWith('db-'))).toHaveLength(3);
  });

  it('scales up and, from the highest ordinal, down', async () => {
    expect(await kubectl.must('scale', 'statefulset', 'db', '--replicas=4')).toBe('statefulset.apps/db scaled\n');
    await kubectl.must('wait', '--for=jsonpath={.status.readyReplicas}=4', 'statefulset/db', '--timeout=90s');
    await kubectl.must('scale', 'statefulset', 'db', '--replicas=2');
    const left = await waitForPods('two are left', 'db', (pods) => pods.length === 2);
    expect(left.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(['db-0', 'db-1']));
  });

  it('rolls out from the highest ordinal, shows its history, and goes back', async () => {
    await kubectl.must('set', 'image', 'statefulset/db', `main=${newerImage}`);
    await waitForPods('db-1 is new', 'db', (pods) =>
      pods.some(({ metadata, spec }) => metadata.name === 'db-1' && spec.containers[0]?.image === newerImage),
    );
    await kubectl.must('rollout', 'status', 'statefulset/db', '--timeout=90s');
    expect(await imagesByName()).toEqual({ 'db-0': newerImage, 'db-1': newerImage });
    expect(await kubectl.must('rollout', 'history', 'statefulset/db')).toMatch(/REVISION +CHANGE-CAUSE\n1 .*\n2 /);
    expect(await oldKubectl.must('rollout', 'history', 'statefulset/db', '--revision=1')).toContain(image);
    expect(await kubectl.must('rollout', 'undo', 'statefulset/db')).toContain('rolled back');
    await kubectl.must('rollout', 'status', 'statefulset/db', '--timeout=90s');
    expect(await imagesByName()).toEqual({ 'db-0': image, 'db-1': image });
    expect(await kubectl.must('rollout', 'history', 'statefulset/db')).toMatch(/\n2 .*\n3 /);
    const { status } = await kubectl.json<StatefulSet>('get', 'statefulset', 'db');
    expect(status.currentRevision).toBe(status.updateRevision);
  });

  it('holds a rollout at its partition', async () => {
    const partition = { updateStrategy: { rollingUpdate: { partition: 1 } } };
    await kubectl.must('patch', 'statefulset', 'db', '-p', JSON.stringify({ spec: partition }));
    await kubectl.must('set', 'image', 'statefulset/db', `main=${newerImage}`);
    expect(await kubectl.must('rollout', 'status', 'statefulset/db', '--timeout=90s')).toContain(
      'partitioned roll out complete: 1 new pods have been updated',
    );
    expect(await imagesByName()).toEqual({ 'db-0': image, 'db-1': newerImage });
  });

  it('is restarted, and goes with its pods', async () => {
    const before = await podsOf('db');
    expect(await kubectl.must('rollout', 'restart', 'statefulset/db')).toContain('statefulset.apps/db restarted');
    await waitForPods('db-1 is another', 'db', (pods) =>
      pods.some(({ metadata }) => metadata.name === 'db-1' && metadata.uid !== before[1]?.metadata.uid),
    );
    await kubectl.must('delete', 'statefulset', 'db', '--cascade=foreground');
    expect(await podsOf('db')).toEqual([]);
    expect(await kubectl.must('get', 'controllerrevisions', '-o', 'name')).toBe('');
  });
});

describe('a DaemonSet', () => {
  const daemonSet = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: metadataOf('agent'),
    spec: { selector: { matchLabels: { app: 'agent' } }, template: podTemplate('agent') },
  };
  const nodesOf = async () => new Set((await podsOf('agent')).filter(isPodReady).map(({ spec }) => spec.nodeName));

  it('runs on every node, a cordoned one too', async () => {
    await kubectl.must('cordon', 'node-2');
    await apply(daemonSet);
    expect(await kubectl.must('rollout', 'status', 'daemonset/agent', '--timeout=90s')).toContain(
      'successfully rolled out',
    );
    expect(await nodesOf()).toEqual(new Set(['node-1', 'node-2', 'node-3']));
    await kubectl.must('uncordon', 'node-2');
    expect(await kubectl.must('get', 'daemonset', 'agent')).toMatch(/^agent +3 +3 +3 +3 +3 +<none> /m);
  });

  it('rolls out, shows its history, and goes back', async () => {
    await kubectl.must('set', 'image', 'daemonset/agent', `main=${newerImage}`);
    await kubectl.must('rollout', 'status', 'daemonset/agent', '--timeout=90s');
    expect(new Set((await podsOf('agent')).map(({ spec }) => spec.containers[0]?.image))).toEqual(
      new Set([newerImage]),
    );
    expect(await oldKubectl.must('rollout', 'history', 'daemonset/agent')).toMatch(/\n1 .*\n2 /);
    await oldKubectl.must('rollout', 'undo', 'daemonset/agent', '--to-revision=1');
    await kubectl.must('rollout', 'status', 'daemonset/agent', '--timeout=90s');
    expect(new Set((await podsOf('agent')).map(({ spec }) => spec.containers[0]?.image))).toEqual(new Set([image]));
    await kubectl.must('rollout', 'restart', 'daemonset/agent');
    await kubectl.must('rollout', 'status', 'daemonset/agent', '--timeout=90s');
    const { status } = await kubectl.json<DaemonSet>('get', 'daemonset', 'agent');
    expect(status).toMatchObject({ updatedNumberScheduled: 3, numberAvailable: 3, numberMisscheduled: 0 });
  });

  it('follows the labels of nodes', async () => {
    const change = { spec: { template: { spec: { nodeSelector: { disk: 'ssd' } } } } };
    await kubectl.must('patch', 'daemonset', 'agent', '-p', JSON.stringify(change));
    await waitForPods('no node has the label', 'agent', (pods) => pods.length === 0);
    await kubectl.must('label', 'node', 'node-3', 'disk=ssd');
    await waitForPods('node-3 has it', 'agent', (pods) => pods.length === 1 && pods.every(isPodReady));
    expect(await nodesOf()).toEqual(new Set(['node-3']));
    await kubectl.must('label', 'node', 'node-3', 'disk-');
    await kubectl.must('delete', 'daemonset', 'agent');
    await waitForPods('all are gone', 'agent', (pods) => pods.length === 0);
  });
});

function job(name: string, command: string, spec: object = {}, container: object = {}) {
  const main = { name: 'main', image, command: ['/bin/sh', '-c', command], ...container };
  const template = podTemplate(name, { restartPolicy: 'Never', containers: [main] });
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: metadataOf(name), spec: { template, ...spec } };
}

describe('a Job', () => {
  it('completes, keeps its pod and its log', async () => {
    await apply(job('greet', 'echo hello'));
    expect(await kubectl.must('wait', '--for=condition=complete', 'job/greet', '--timeout=90s')).toContain('met');
    expect(await kubectl.must('logs', 'job/greet')).toBe('hello\n');
    expect(await kubectl.must('get', 'job', 'greet')).toMatch(/^greet +Complete +1\/1 /m);
    const [pod] = await podsOf('greet');
    expect(pod?.metadata.finalizers ?? []).toEqual([]);
    expect(await kubectl.must('describe', 'job', 'greet')).toContain('Job completed');
    await kubectl.must('delete', 'job', 'greet');
    await waitForPods('its pod is gone', 'greet', (pods) => pods.length === 0);
  });

  it('runs its completions side by side, never more than it may', async () => {
    await apply(job('many', 'sleep 1', { completions: 6, parallelism: 3 }));
    let most = 0;
    await waitForPods('all have ended', 'many', (pods) => {
      most = Math.max(most, pods.filter(({ status }) => status.phase !== 'Succeeded').length);
      return pods.filter(({ status }) => status.phase === 'Succeeded').length === 6;
    });
    await kubectl.must('wait', '--for=condition=complete', 'job/many', '--timeout=90s');
    expect(most).toBeLessThanOrEqual(3);
    expect((await kubectl.json<Job>('get', 'job', 'many')).status).toMatchObject({ succeeded: 6 });
  });

  it('with indexes tells each pod its own', async () => {
    const command = 'echo index $JOB_COMPLETION_INDEX on $(hostname)';
    await apply(job('parts', command, { completions: 3, parallelism: 3, completionMode: 'Indexed' }));
    await kubectl.must('wait', '--for=condition=complete', 'job/parts', '--timeout=90s');
    expect((await kubectl.json<Job>('get', 'job', 'parts')).status.completedIndexes).toBe('0-2');
    const log = await kubectl.must('logs', '-l', 'batch.kubernetes.io/job-completion-index=2');
    expect(log).toBe('index 2 on parts-2\n');
  });

  it('fails after as many failures as its limit', async () => {
    await apply(job('broken', 'exit 3', { backoffLimit: 0, completions: 2, parallelism: 2 }));
    await kubectl.must('wait', '--for=condition=failed', 'job/broken', '--timeout=90s');
    const { status } = await kubectl.json<Job>('get', 'job', 'broken');
    expect(status.conditions?.find(({ type }) => type === 'Failed')?.reason).toBe('BackoffLimitExceeded');
    expect(await kubectl.must('describe', 'job', 'broken')).toContain('BackoffLimitExceeded');
  });

  it('fails at its deadline, its pods stopped, and is removed after its time to live', async () => {
    await apply(job('late', 'sleep 600', { activeDeadlineSeconds: 2, ttlSecondsAfterFinished: 1 }));
    await kubectl.must('wait', '--for=delete', 'job/late', '--timeout=90s');
    await waitForPods('its pod is gone', 'late', (pods) => pods.length === 0);
  });

  it('is suspended and resumed', async () => {
    await apply(job('pause', 'trap "exit 1" TERM; sleep 600 & wait', { parallelism: 2, completions: 2 }));
    const running = ({ status, metadata }: Pod) => status.phase === 'Running' && !metadata.deletionTimestamp;
    await waitForPods('both run', 'pause', (pods) => pods.filter(running).length === 2);
    await kubectl.must('patch', 'job', 'pause', '-p', '{"spec":{"suspend":true}}');
    await waitForPods('both are gone', 'pause', (pods) => pods.length === 0);
    expect(await kubectl.must('get', 'job', 'pause')).toMatch(/^pause +Suspended +0\/2 /m);
    await kubectl.must('patch', 'job', 'pause', '-p', '{"spec":{"suspend":false}}');
    await waitForPods('both run again', 'pause', (pods) => pods.filter(running).length === 2);
    await kubectl.must('delete', 'job', 'pause', '--cascade=foreground');
    expect(await podsOf('pause')).toEqual([]);
  });

  it('is made by kubectl create', async () => {
    await kubectl.must('create', 'job', 'made', `--image=${image}`, '--', '/bin/true');
    await kubectl.must('wait', '--for=condition=complete', 'job/made', '--timeout=90s');
  });
});

describe('a CronJob', () => {
  it('is the template of Jobs made by hand', async () => {
    await kubectl.must('create', 'cronjob', 'yearly', `--image=${image}`, '--schedule=@yearly', '--', '/bin/true');
    await kubectl.must('create', 'job', 'now', '--from=cronjob/yearly');
    await kubectl.must('wait', '--for=condition=complete', 'job/now', '--timeout=90s');
    await watchFor<CronJob>('/apis/batch/v1/namespaces/default/cronjobs', 'it knows of the success', (items) =>
      items.some(({ metadata, status }) => metadata.name === 'yearly' && status.lastSuccessfulTime !== undefined),
    );
    await kubectl.must('delete', 'cronjob', 'yearly');
    await watchFor<Job>('/apis/batch/v1/namespaces/default/jobs', 'its Job goes with it', (jobs) =>
      jobs.every(({ metadata }) => metadata.name !== 'now'),
    );
  });

  it('starts a Job at the full minute', async () => {
    await kubectl.must('create', 'cronjob', 'tick', `--image=${image}`, '--schedule=* * * * *', '--', '/bin/true');
    const jobs = await watchFor<Job>('/apis/batch/v1/namespaces/default/jobs', 'it starts a Job', (items) =>
      items.some(({ metadata }) => metadata.name.startsWith('tick-')),
    );
    const minute = Number(jobs.find(({ metadata }) => metadata.name.startsWith('tick-'))?.metadata.name.slice(5));
    expect(Math.abs(Date.now() / 60_000 - minute)).toBeLessThan(2);
    await kubectl.must('wait', '--for=condition=complete', `job/tick-${minute}`, '--timeout=90s');
    expect(await kubectl.must('get', 'cronjob', 'tick')).toMatch(/^tick +\* \* \* \* \* +<none> +False /m);
    expect(await kubectl.must('describe', 'cronjob', 'tick')).toContain(`Created job tick-${minute}`);
    await kubectl.must('delete', 'cronjob', 'tick');
  });
});

it('a ReplicationController keeps and scales its pods', async () => {
  await apply({
    apiVersion: 'v1',
    kind: 'ReplicationController',
    metadata: metadataOf('old'),
    spec: { replicas: 2, template: podTemplate('old') },
  });
  await kubectl.must('wait', '--for=jsonpath={.status.readyReplicas}=2', 'rc/old', '--timeout=90s');
  expect(await kubectl.must('scale', 'rc', 'old', '--replicas=1')).toContain('scaled');
  await waitForPods('one is left', 'old', (pods) => pods.length === 1);
  await kubectl.must('delete', 'rc', 'old');
  await waitForPods('none is left', 'old', (pods) => pods.length === 0);
});
