import { readFile } from 'node:fs/promises';
import type { Pod } from '@gantry/api-types';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage, openEngine, removeImages } from './testbed/images.ts';
import { findKubectl } from './testbed/kubectl.ts';
import { LocalTestCluster } from './testbed/local-test-cluster.ts';

const docker = openEngine();
const image = 'gantry-e2e/in-cluster-client:1';

/**
 * A stock client inside a pod: client-go (in kubectl) with nothing but what a pod is given, that is the variables of the
 * Service `kubernetes`, the mounted token and the CA.
 */
describe('a client library in a pod', () => {
  let test: LocalTestCluster;

  beforeAll(async () => {
    await buildImage(docker, image, 'FROM scratch\nCOPY kubectl /kubectl\nENTRYPOINT ["/kubectl"]', [
      { name: 'kubectl', mode: 0o755, content: await readFile(await findKubectl()) },
    ]);
    test = await LocalTestCluster.start(['--no-demo']);
    await test.kubectl.must('create', 'configmap', 'seen', '--from-literal=by=the-pod');
  });

  afterAll(async () => {
    await test?.stop();
    await removeImages(docker, [image]);
  });

  it('reads the API with its own account', async () => {
    expect(await outputOf('reader', ['get', 'configmap', 'seen', '-o', 'jsonpath={.data.by}'])).toBe('the-pod');
    expect(JSON.parse(await outputOf('who', ['auth', 'whoami', '-o', 'json']))).toMatchObject({
      status: { userInfo: { username: 'system:serviceaccount:default:default' } },
    });
  });

  it('may not read the Secrets of other namespaces', async () => {
    expect(await outputOf('nosy', ['get', 'secrets', '-n', 'kube-system'], 'Failed')).toContain('Forbidden');
  });

  it('is given nothing where the pod wants none', async () => {
    const output = await outputOf('alone', ['get', 'pods'], 'Failed', { automountServiceAccountToken: false });
    expect(output).not.toContain('No resources found');
  });

  async function outputOf(
    name: string,
    args: readonly string[],
    phase: 'Succeeded' | 'Failed' = 'Succeeded',
    spec: object = {},
  ): Promise<string> {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: {
        ...spec,
        restartPolicy: 'Never',
        containers: [{ name: 'client', image, imagePullPolicy: 'Never', args }],
      },
    };
    await test.kubectl.feed(JSON.stringify(pod), 'apply', '-f', '-');
    await test.waitFor<Pod>(`${name} has ${phase}`, '/api/v1/namespaces/default/pods', (pods) =>
      pods.some(({ metadata, status }) => metadata.name === name && status.phase === phase),
    );
    return test.kubectl.must('logs', name);
  }
});
