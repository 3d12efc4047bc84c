import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import type { Deployment, Job, Pod } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from './testbed/deadline.ts';
import { buildBusyboxImage, openEngine, removeImages } from './testbed/images.ts';
import type { Kubectl } from './testbed/kubectl-session.ts';
import { repositoryRoot } from './testbed/local-cluster.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';
import { brokenContainersOf, isPodReady } from './testbed/pods.ts';
import { reachFrom } from './testbed/reachability.ts';
import { buildStandIn, standInParts } from './testbed/stand-in.ts';

const docker = openEngine();
const images = { server: 'gantry-e2e/shop-server:1', tools: 'gantry-e2e/shop-tools:1' };
const manifests = join(repositoryRoot, 'e2e/manifests');
const namespace = 'own-apps';
/** Of the Deployments, the StatefulSet and the DaemonSet on three nodes. */
const servingPods = 9 + 2 + 3;

/** A small shop that uses the fields that published applications use; its pods check themselves what they were given. */
describe('our own small shop', () => {
  let test: LocalTestCluster;
  let kubectl: Kubectl;

  beforeAll(async () => {
    test = await LocalTestCluster.start(['--no-demo']);
    kubectl = test.kubectl.in(namespace);
    await buildStandIn(docker, images.server, [8080]);
    await buildBusyboxImage(docker, images.tools);
    await kubectl.must('create', 'namespace', namespace);
    await kubectl.must('apply', '-f', manifests);
  });

  afterAll(async () => {
    await test?.stop();
    await removeImages(docker, [...Object.values(images), ...standInParts]);
  });

  it('is all Ready', async () => {
    const pods = await test.waitFor<Pod>(
      'every pod is Ready',
      `/api/v1/namespaces/${namespace}/pods`,
      (all) =>
        all.filter((pod) => !isOfJob(pod)).length === servingPods &&
        all.every((pod) => isOfJob(pod) || isPodReady(pod)),
      150_000,
    );
    expect(pods.flatMap(brokenContainersOf)).toEqual([]);
    expect(await kubectl.must('logs', 'deployment/environment')).toBe('greeting=hello world escaped=$(GREETING)\n');
    expect(await kubectl.must('logs', 'deployment/volumes', '-c', 'prepare')).toBe('prepared\n');
    const watched = pods.filter(({ metadata }) => metadata.labels?.app === 'watcher').map(({ spec }) => spec.nodeName);
    expect(new Set(watched).size).toBe(3);
  });

  it('is the same after kubectl applied it again', async () => {
    // kubectl patches what the server writes in another form (stringData, 0.02 cpu); the result is the same.
    await kubectl.must('apply', '-f', manifests);
    const deployments = (await kubectl.json<{ items: Deployment[] }>('get', 'deployments')).items;
    expect(deployments.map(({ metadata }) => metadata.generation)).toEqual(deployments.map(() => 1));
    const endpoints = await kubectl.json<{ items: { endpoints: unknown[] }[] }>(
      'get',
      'endpointslices',
      '-l',
      'kubernetes.io/service-name=storefront',
    );
    expect(endpoints.items.flatMap((slice) => slice.endpoints)).toHaveLength(2);
  });

  it('runs its jobs to their end, each index once, and those of a CronJob', async () => {
    await kubectl.must('create', 'job', 'report-now', '--from=cronjob/report');
    await test.waitFor<Job>('the jobs are complete', `/apis/batch/v1/namespaces/${namespace}/jobs`, (jobs) =>
      ['migrate', 'report-now'].every((name) => isComplete(jobs.find(({ metadata }) => metadata.name === name))),
    );
    const steps = await kubectl.must('logs', '-l', 'job-name=migrate', '--tail=-1');
    expect(steps.trim().split('\n').toSorted()).toEqual(['step 0', 'step 1']);
    expect(await kubectl.must('logs', 'job/report-now')).toBe('reported\n');
  });

  it('lets only those reach the store whom its policy names', async () => {
    const store = 'store-0.store:8080';
    const team = 'captain.teams:8080';
    await waitUntil('the policy is in force', 60_000, async () => {
      return (await reachFrom(kubectl, ['deployment/storefront'], [store]))[store] === 'no answer';
    });
    expect(await reachFrom(kubectl, ['deployment/storefront'], [store, team])).toEqual({
      [store]: 'no answer',
      [team]: 'connected',
    });
    expect(await reachFrom(kubectl, ['deployment/team', '-c', 'proxy'], [store])).toEqual({ [store]: 'connected' });
    // The catalogue may ask for names, and call the storefront alone.
    expect(await reachFrom(kubectl, ['deployment/catalogue'], ['storefront:80', team])).toEqual({
      'storefront:80': 'connected',
      [team]: 'no answer',
    });
  });

  it('is reached from outside by its host name', async () => {
    const { ingress } = await test.cluster.state();
    const path = { port: ingress?.httpPort ?? 0, host: '127.0.0.1' };
    await waitUntil('the Ingress leads to the storefront', 60_000, async () => {
      return (await get({ ...path, headers: { host: 'shop.example.com' } })).startsWith('200 storefront-');
    });
    expect(await get({ ...path, headers: { host: 'other.example.com' } })).toMatch(/^404 /);
  });

  it("keeps a StatefulSet's data when a pod is replaced, and goes with its namespace", async () => {
    await kubectl.must('delete', 'pod', 'store-1');
    await kubectl.must('rollout', 'status', 'statefulset/store', '--timeout=90s');
    expect(await kubectl.must('exec', 'store-1', '--', 'cat', '/data/owner')).toBe('store-1\n');
    const volumes = await readFile(join(manifests, 'workloads.yaml'), 'utf8');
    await kubectl.feed(volumes, 'delete', '-f', '-', '--timeout=90s');
    await waitUntil('the claims of the StatefulSet are gone', 60_000, async () => {
      const claims = await kubectl.must('get', 'pvc', '-o', 'name');
      return claims.trim() === 'persistentvolumeclaim/notes';
    });
    await test.kubectl.must('delete', 'namespace', namespace, '--timeout=90s');
  });
});

function isOfJob({ metadata }: Pod): boolean {
  return metadata.ownerReferences?.some(({ kind }) => kind === 'Job') ?? false;
}

function isComplete(job: Job | undefined): boolean {
  return job?.status?.conditions?.some(({ type, status }) => type === 'Complete' && status === 'True') ?? false;
}

/** The status and body of an answer. */
function get(options: { port: number; host: string; headers: { host: string } }): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ ...options, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve(`${response.statusCode} ${body}`));
    });
    call.on('error', reject).end();
  });
}
