import { readFile, stat } from 'node:fs/promises';
import type { ConfigMap, PodSpec } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { type FakeNode, startFakeNode } from '../testing/fake-node.ts';
import { makePod } from '../testing/make-pod.ts';

const configMap = (data: Record<string, string>, version = '1'): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'conf', namespace: 'default', uid: 'c', resourceVersion: version, creationTimestamp: '' },
  data,
});

const mounting = (volume: NonNullable<PodSpec['volumes']>[number], labels?: Record<string, string>) =>
  makePod({
    spec: { volumes: [volume] },
    container: { volumeMounts: [{ name: volume.name, mountPath: '/v' }] },
    ...(labels ? { labels } : {}),
  });

/** Waits until a file of the pod's volume holds the text; the write is on its way. */
async function untilFile(node: FakeNode, path: string, text: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  const read = () => readFile(`${node.dataDir}/pods/${path}`, 'utf8').catch(() => undefined);
  while ((await read()) !== text) {
    if (Date.now() > deadline) throw new Error(`${path} holds ${await read()} and not ${text}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it('writes a changed ConfigMap into a running pod, and a restarted agent what it missed', async () => {
  await using node = await startFakeNode();
  node.api.putConfigMap(configMap({ a: '1' }));
  const pod = mounting({ name: 'v', configMap: { name: 'conf' } });
  await node.runPod(pod);
  const file = `${pod.metadata.uid}/volumes/v/a`;
  await untilFile(node, file, '1');
  node.api.putConfigMap(configMap({ a: '2', b: 'x' }));
  await untilFile(node, file, '2');
  await untilFile(node, `${pod.metadata.uid}/volumes/v/b`, 'x');
  await node.manager.stop();
  node.api.putConfigMap(configMap({ a: '3' }));
  await node.restart();
  await untilFile(node, file, '3');
});

it('follows the labels of the pod', async () => {
  await using node = await startFakeNode();
  const items = [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }];
  const pod = mounting({ name: 'v', downwardAPI: { items } }, { app: 'a' });
  await node.runPod(pod);
  node.api.putPod({ ...pod, metadata: { ...pod.metadata, labels: { app: 'b' } } });
  await untilFile(node, `${pod.metadata.uid}/volumes/v/labels`, 'app="b"');
});

it('keeps the files of a ConfigMap that was deleted, and says so once', async () => {
  await using node = await startFakeNode();
  node.api.putConfigMap(configMap({ a: '1' }));
  const pod = mounting({ name: 'v', configMap: { name: 'conf' } });
  const { uid } = pod.metadata;
  await node.runPod(pod);
  node.api.removeConfigMap('default', 'conf');
  const problem = 'FailedMount: MountVolume.SetUp failed for volume "v" : configmap "conf" not found';
  await node.until('the loss is told', () => node.api.eventTexts(uid).includes(problem));
  await untilFile(node, `${uid}/volumes/v/a`, '1');
  node.api.putConfigMap(configMap({ a: '4' }));
  await untilFile(node, `${uid}/volumes/v/a`, '4');
  expect(node.api.eventTexts(uid).filter((text) => text === problem)).toHaveLength(1);
});

it('leaves nothing behind when a pod goes while its files change', async () => {
  await using node = await startFakeNode();
  node.api.putConfigMap(configMap({ a: '1' }));
  const pod = mounting({ name: 'v', configMap: { name: 'conf' } });
  const { uid } = pod.metadata;
  await node.runPod(pod);
  node.api.deletePod(uid, 0);
  node.api.putConfigMap(configMap({ a: '2' }));
  await node.until('it is gone', () => node.api.terminated.includes(uid));
  node.api.putConfigMap(configMap({ a: '3' }));
  await node.manager.stop();
  await expect(stat(`${node.dataDir}/pods/${uid}`)).rejects.toThrow(/ENOENT/);
});
