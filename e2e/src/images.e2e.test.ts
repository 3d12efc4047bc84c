import { randomBytes } from 'node:crypto';
import type { Event, Pod } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBusyboxImage, buildImage, openEngine, removeImages } from './testbed/images.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';
import { isPodReady, waitingOf } from './testbed/pods.ts';
import { TestRegistry } from './testbed/test-registry.ts';

const docker = openEngine();
const sleeper = 'gantry-e2e/registry-sleeper:1';
const podsPath = '/api/v1/namespaces/default/pods';
const parallel = ['one', 'two', 'three', 'four', 'five', 'six'];

/** Pulls from a real registry, with TLS and passwords. */
describe('images of a registry', () => {
  let test: LocalTestCluster;
  let registry: TestRegistry;
  let digest: string;
  const pulled: string[] = [];

  beforeAll(async () => {
    await buildBusyboxImage(docker, sleeper);
    registry = await TestRegistry.start();
    digest = await registry.publish(docker, sleeper, 'team/private:1');
    test = await LocalTestCluster.start(['--no-demo', '--nodes', '1', '--node-cpu', '8', '--node-memory', '8Gi']);
    await createSecret('right', registry.dockerConfig());
    await createSecret('wrong', registry.dockerConfig('wrong-word'));
    // More specific than the right one, so that it is tried first.
    await createSecret('wrong-first', registry.dockerConfig('wrong-word', `${registry.host}/team`));
  });

  afterAll(async () => {
    await test?.stop();
    await removeImages(docker, [sleeper, ...pulled]);
    await registry?.[Symbol.asyncDispose]();
  });

  async function createSecret(name: string, config: string): Promise<void> {
    await test.kubectl.feed(
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'kubernetes.io/dockerconfigjson',
        metadata: { name },
        data: { '.dockerconfigjson': Buffer.from(config).toString('base64') },
      }),
      'apply',
      '-f',
      '-',
    );
  }

  interface PodParts {
    readonly image?: string;
    readonly policy?: string;
    readonly secrets?: readonly string[];
    readonly serviceAccount?: string;
  }

  async function run(name: string, { image, policy, secrets = [], serviceAccount }: PodParts): Promise<void> {
    const reference = image ?? `${registry.host}/team/private:1`;
    pulled.push(reference);
    await test.kubectl.feed(
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name },
        spec: {
          terminationGracePeriodSeconds: 0,
          imagePullSecrets: secrets.map((secret) => ({ name: secret })),
          ...(serviceAccount === undefined ? {} : { serviceAccountName: serviceAccount }),
          containers: [{ name: 'main', image: reference, imagePullPolicy: policy ?? 'Always' }],
        },
      }),
      'apply',
      '-f',
      '-',
    );
  }

  async function waitForPod(name: string, holds: (pod: Pod) => boolean): Promise<Pod> {
    const find = (pods: readonly Pod[]) => pods.find(({ metadata }) => metadata.name === name);
    const pods = await test.waitFor<Pod>(name, podsPath, (items) => {
      const pod = find(items);
      return pod !== undefined && holds(pod);
    });
    return find(pods) as Pod;
  }

  /** What a user reads of a pull that failed, once it backs off. */
  async function failureOf(name: string): Promise<string> {
    const pod = await waitForPod(name, (found) => waitingOf(found)?.reason === 'ImagePullBackOff');
    return waitingOf(pod)?.message ?? '';
  }

  /** Waits until there is an event of the pod whose reason and message match; events and status come each by itself. */
  async function waitForEvent(name: string, pattern: RegExp): Promise<void> {
    const field = encodeURIComponent(`involvedObject.name=${name}`);
    await test.waitFor<Event>(
      `an event ${pattern} of ${name}`,
      `/api/v1/namespaces/default/events?fieldSelector=${field}`,
      (events) => events.some(({ reason, message }) => pattern.test(`${reason}: ${message}`)),
    );
  }

  it('are refused without credentials', async () => {
    await run('anonymous', {});
    expect(await failureOf('anonymous')).toMatch(
      /^Back-off pulling image .*: ErrImagePull: .*no basic auth credentials/,
    );
    await waitForEvent('anonymous', /^Failed: Error: ErrImagePull$/);
  });

  it('are refused with the wrong password', async () => {
    await run('wrong-password', { secrets: ['wrong'] });
    expect(await failureOf('wrong-password')).toMatch(/ErrImagePull: .*unauthorized/);
  });

  it('are pulled with the right password, and the event says how long it took and how large it is', async () => {
    await run('right-password', { secrets: ['right'] });
    const pod = await waitForPod('right-password', isPodReady);
    expect(pod.status.containerStatuses?.[0]?.imageID).toBe(
      `docker-pullable://${registry.host}/team/private@${digest}`,
    );
    await waitForEvent('right-password', new RegExp(`^Pulling: Pulling image "${registry.host}/team/private:1"$`));
    await waitForEvent(
      'right-password',
      /^Pulled: Successfully pulled image ".*" in \d+ms \(\d+ms including waiting\)\. Image size: \d+ bytes\.$/,
    );
  });

  it('are pulled where the second of several credentials is right', async () => {
    await run('second', { secrets: ['missing', 'wrong-first', 'right'] });
    await waitForPod('second', isPodReady);
    await waitForEvent(
      'second',
      /^FailedToRetrieveImagePullSecret: Unable to retrieve some image pull secrets \(missing\)/,
    );
  });

  it('are pulled by the right digest and by no other', async () => {
    const repository = `${registry.host}/team/private`;
    await run('right-digest', { image: `${repository}@${digest}`, secrets: ['right'] });
    await waitForPod('right-digest', isPodReady);
    await run('wrong-digest', {
      image: `${repository}@sha256:${'0'.repeat(64)}`,
      secrets: ['right'],
      policy: 'IfNotPresent',
    });
    expect(await failureOf('wrong-digest')).toMatch(/ErrImagePull: .*manifest unknown/);
    // A tag beside the digest is for the reader only.
    await run('tag-and-digest', { image: `${repository}:none@${digest}`, secrets: ['right'], policy: 'IfNotPresent' });
    await waitForPod('tag-and-digest', isPodReady);
  });

  it('are pulled with the imagePullSecrets of the ServiceAccount', async () => {
    const digestOfOwn = await registry.publish(docker, sleeper, 'team/account:1');
    await test.kubectl.feed(
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'puller' },
        imagePullSecrets: [{ name: 'right' }],
      }),
      'apply',
      '-f',
      '-',
    );
    await run('by-account', { image: `${registry.host}/team/account:1`, serviceAccount: 'puller' });
    const pod = await waitForPod('by-account', isPodReady);
    expect(pod.spec.imagePullSecrets).toEqual([{ name: 'right' }]);
    expect(pod.status.containerStatuses?.[0]?.imageID).toContain(digestOfOwn);
  });

  it('are pulled side by side, each once for all pods that want it', async () => {
    for (const name of parallel) {
      const local = `gantry-e2e/registry-${name}:1`;
      const dockerfile = `FROM ${sleeper}\nCOPY data /data`;
      await buildImage(docker, local, dockerfile, [{ name: 'data', mode: 0o644, content: randomBytes(2_000_000) }]);
      await registry.publish(docker, local, `team/${name}:1`);
      await removeImages(docker, [local]);
    }
    const image = (name: string) => `${registry.host}/team/${name}:1`;
    await Promise.all(
      parallel.flatMap((name) =>
        [1, 2].map((n) => run(`side-${name}-${n}`, { image: image(name), secrets: ['right'] })),
      ),
    );
    const isOne = ({ metadata }: Pod) => metadata.name.startsWith('side-');
    await test.waitFor<Pod>('all run', podsPath, (pods) => pods.filter(isOne).filter(isPodReady).length === 12);
  });

  it('are refused where the certificate is signed by nobody whom the engine knows', async () => {
    await registry.distrust();
    try {
      await run('untrusted', { image: `${registry.host}/team/untrusted:1`, secrets: ['right'] });
      expect(await failureOf('untrusted')).toMatch(/ErrImagePull: .*x509: certificate signed by unknown authority/);
    } finally {
      await registry.trust();
    }
  });

  it('are started from what is there where the policy allows, without asking', async () => {
    const before = registry.fetches('team/private');
    await run('present', { policy: 'IfNotPresent' });
    await waitForPod('present', isPodReady);
    await run('never', { policy: 'Never' });
    await waitForPod('never', isPodReady);
    await run('never-there', { policy: 'Never', image: `${registry.host}/team/none:1` });
    await waitForPod('never-there', (pod) => waitingOf(pod)?.reason === 'ErrImageNeverPull');
    await run('no-name', { image: 'Not-A-Name' });
    await waitForPod('no-name', (pod) => waitingOf(pod)?.reason === 'InvalidImageName');
    expect(registry.fetches('team/private')).toBe(before);
  });

  it('are listed in the status of the node', async () => {
    await test.waitFor<{ apiVersion: string; kind: string; metadata: Pod['metadata']; status: NodeImages }>(
      'the node lists it',
      '/api/v1/nodes',
      ([node]) => node?.status.images.some(({ names }) => names.includes(`${registry.host}/team/private:1`)) === true,
      90_000,
    );
  });
});

interface NodeImages {
  readonly images: readonly { readonly names: readonly string[] }[];
}
