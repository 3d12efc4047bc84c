import { rm } from 'node:fs/promises';
import type { ConfigMap, Volume } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { execIn } from '../testing/test-engine.ts';
import { mainStatus, startTestNode } from '../testing/test-node.ts';

const configMap = (data: Record<string, string>): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'conf', namespace: 'default', uid: 'c', resourceVersion: '1', creationTimestamp: '' },
  data,
});

const podWith = (volume: Volume, mountPath = '/v') =>
  makePod({
    spec: { volumes: [volume] },
    container: {
      volumeMounts: [
        { name: volume.name, mountPath },
        ...(volume.configMap ? [{ name: volume.name, mountPath: '/one', subPath: 'a' }] : []),
      ],
    },
  });

/** Resolves once the command succeeds inside the container. */
const untilInside = (id: string, condition: string) =>
  execIn(id, 'sh', '-c', `i=0; until ${condition}; do i=$((i+1)); test $i -lt 1200 || exit 1; sleep 0.05; done`);

it('shows a running container the new files of a ConfigMap, but through subPath the old ones', async () => {
  await using node = await startTestNode();
  node.api.putConfigMap(configMap({ a: 'old' }));
  const pod = podWith({ name: 'conf', configMap: { name: 'conf' } });
  await node.runPod(pod);
  const id = node.containerId(pod);
  node.api.putConfigMap(configMap({ a: 'new', b: 'more' }));
  await untilInside(id, 'grep -q new /v/a');
  expect(await execIn(id, 'cat', '/v/b', '/one')).toBe('moreold');
  await expect(execIn(id, 'sh', '-c', 'echo x > /v/new')).rejects.toThrow(/Read-only/);
  expect(mainStatus(node.api.status(pod.metadata.uid))?.restartCount).toBe(0);
});

it('hands out a service account token and replaces it in time', async () => {
  await using node = await startTestNode();
  node.api.tokenLifeMs = 2_500;
  const pod = podWith({
    name: 'token',
    projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'vault', expirationSeconds: 600 } }] },
  });
  await node.runPod(pod);
  const id = node.containerId(pod);
  expect(await execIn(id, 'cat', '/v/token')).toMatch(new RegExp(`^${pod.metadata.name}/vault/\\d+$`));
  await untilInside(id, 'grep -q vault/3 /v/token');
});

it('evicts a pod whose emptyDir holds more than its limit', async () => {
  await using node = await startTestNode({ storageCheckMs: 200 });
  const pod = podWith({ name: 'cache', emptyDir: { sizeLimit: '1Mi' } });
  const { uid } = pod.metadata;
  await node.runPod(pod);
  // Its pod may be evicted before it has ended.
  await execIn(node.containerId(pod), 'dd', 'if=/dev/zero', 'of=/v/big', 'bs=1M', 'count=2').catch(() => undefined);
  await node.api.until('it is evicted', () => node.api.status(uid)?.reason === 'Evicted');
  const message = 'Usage of EmptyDir volume "cache" exceeds the limit "1Mi". ';
  expect(node.api.status(uid)).toMatchObject({ phase: 'Failed', reason: 'Evicted', message });
  expect(node.api.eventTexts(uid)).toContain(`Evicted: ${message}`);
});

it('sets up the volumes anew where the host lost them while the agent was away', async () => {
  await using node = await startTestNode();
  node.api.putConfigMap(configMap({ a: '1' }));
  const pod = podWith({ name: 'conf', configMap: { name: 'conf' } });
  await node.runPod(pod);
  await node.manager.stop();
  const first = node.containerId(pod);
  await node.runtime.killContainer(first);
  await rm(`${node.dataDir}/pods`, { recursive: true });
  await node.restart();
  await node.api.until('a second container runs', () => {
    const status = mainStatus(node.api.status(pod.metadata.uid));
    return status?.state?.running !== undefined && node.containerId(pod) !== first;
  });
  expect(await execIn(node.containerId(pod), 'cat', '/v/a')).toBe('1');
});
