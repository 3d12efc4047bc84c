import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deployment, Event, Pod } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBusyboxImage, openEngine, removeImages } from './testbed/images.ts';
import { repositoryRoot } from './testbed/local-cluster.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';
import { isPodReady, restartsOf, waitingOf } from './testbed/pods.ts';
import { buildStandIn, buildStandIns } from './testbed/stand-in.ts';

const docker = openEngine();
const ownImages = { server: 'gantry-e2e/shop-server:1', tools: 'gantry-e2e/shop-tools:1' };

/** A folder with checkouts of `online-boutique` and `voting-app`, for whoever has them. */
const apps = process.env.GANTRY_APPS;
if (apps === undefined)
  console.log('skipped: the published demo applications; GANTRY_APPS names no folder that has them');

/** Applications as their authors wrote them, beside the demo on a cluster with default settings. */
describe('real applications', () => {
  let test: LocalTestCluster;
  const built: string[] = [];

  beforeAll(async () => {
    test = await LocalTestCluster.start([]);
  });

  afterAll(async () => {
    await test?.stop();
    await removeImages(docker, [...built, ...Object.values(ownImages)]);
  });

  it('our own small shop, which uses the fields that published applications use, is all Ready', async () => {
    await buildStandIn(docker, ownImages.server, [8080]);
    await buildBusyboxImage(docker, ownImages.tools);
    const kubectl = test.kubectl.in('own-apps');
    await kubectl.must('create', 'namespace', 'own-apps');
    await kubectl.must('apply', '-f', join(repositoryRoot, 'e2e/manifests'));
    await kubectl.must('wait', '--for=condition=Available', 'deployment', '--all', '--timeout=90s');
    const pods = (await kubectl.json<{ items: Pod[] }>('get', 'pods')).items;
    expect(pods.filter((pod) => !isPodReady(pod) || restartsOf(pod) > 0)).toEqual([]);
    expect(pods).toHaveLength(7);
    expect(await kubectl.must('logs', 'deployment/environment')).toBe('greeting=hello world escaped=$(GREETING)\n');
    expect(await kubectl.must('logs', 'deployment/volumes', '-c', 'prepare')).toBe('prepared\n');
    // kubectl patches what the server writes in another form (stringData, 0.02 cpu); the result is the same.
    await kubectl.must('apply', '-f', join(repositoryRoot, 'e2e/manifests'));
    const deployments = (await kubectl.json<{ items: Deployment[] }>('get', 'deployments')).items;
    expect(deployments.map(({ metadata }) => metadata.generation)).toEqual(deployments.map(() => 1));
    const endpoints = await kubectl.json<{ items: { endpoints: unknown[] }[] }>(
      'get',
      'endpointslices',
      '-l',
      'kubernetes.io/service-name=storefront',
    );
    expect(endpoints.items.flatMap((slice) => slice.endpoints)).toHaveLength(2);
    await kubectl.must('delete', 'namespace', 'own-apps', '--timeout=60s');
  });

  it.skipIf(apps === undefined)('the online boutique and the voting app run unmodified', async () => {
    const files = await manifestFiles(apps ?? '');
    built.push(...(await buildStandIns(docker, await Promise.all(files.map((file) => readFile(file, 'utf8'))))));
    const { kubectl } = test;
    const demo = (await kubectl.json<{ items: Pod[] }>('get', 'pods')).items.map(({ metadata }) => metadata.uid);
    for (const file of files) await kubectl.must('apply', '-f', file);
    await test.waitFor<Pod>(
      'every pod but the load generator is Ready, and that waits for its image',
      '/api/v1/namespaces/default/pods',
      (pods) =>
        pods.length === demo.length + 12 + 5 &&
        pods.every((pod) => (isLoadGenerator(pod) ? waitingOf(pod)?.reason === 'ImagePullBackOff' : isPodReady(pod))),
      120_000,
    );
    await expectExplainedPull();
    const pods = (await kubectl.json<{ items: Pod[] }>('get', 'pods')).items;
    expect(pods.filter((pod) => restartsOf(pod) > 0).map(({ metadata }) => metadata.name)).toEqual([]);
    expect(pods.map(({ metadata }) => metadata.uid)).toEqual(expect.arrayContaining(demo));
    for (const file of files) expect(await kubectl.must('apply', '-f', file)).not.toMatch(/configured|created/);
  });

  /** The load generator's init image is pinned by a digest that no local image has: the event says what went wrong. */
  async function expectExplainedPull(): Promise<void> {
    const { items: events } = await test.kubectl.json<{ items: Event[] }>('get', 'events');
    const failures = events.filter(
      ({ involvedObject, reason }) => involvedObject.name?.startsWith('loadgenerator') && reason === 'Failed',
    );
    expect(failures.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^Failed to pull image ".*@sha256:.*": .+/),
    );
  }
});

function isLoadGenerator({ metadata }: Pod): boolean {
  return metadata.name.startsWith('loadgenerator');
}

async function manifestFiles(root: string): Promise<string[]> {
  const voting = join(root, 'voting-app/k8s-specifications');
  const names = (await readdir(voting)).filter((name) => name.endsWith('.yaml')).toSorted();
  return [join(root, 'online-boutique/release/kubernetes-manifests.yaml'), ...names.map((name) => join(voting, name))];
}
