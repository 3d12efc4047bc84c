import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PersistentVolume, Pod } from '@gantry/api-types';
import { makeClaim, makeVolume } from '@gantry/core/testing';
import { annotations } from '@gantry/core/volumes/names';
import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { execIn } from '../testing/test-engine.ts';
import { startTestNode, type TestNode } from '../testing/test-node.ts';

const bound = makeClaim({ volumeName: 'pvc-1', phase: 'Bound' });
const { uid } = bound.metadata;

/** The volume of the claim, as the controller makes it for a node. */
function volumeOn(node: TestNode, hostname: string): PersistentVolume {
  return makeVolume({
    name: 'pvc-1',
    node: hostname,
    phase: 'Bound',
    claimRef: { name: 'claim', namespace: 'default', uid },
    annotations: { [annotations.provisionedBy]: 'gantry.io/local' },
    spec: { persistentVolumeReclaimPolicy: 'Delete', local: { path: join(node.dataDir, 'claims/pvc-1') } },
  });
}

/** A volume has one source; the builder's own goes. */
function withoutHostPath(volume: PersistentVolume): PersistentVolume {
  const { hostPath: _, ...spec } = volume.spec;
  return { ...volume, spec };
}

const user = (name: string): Pod =>
  makePod({
    name,
    spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'claim' } }] },
    container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
  });

it('keeps the data of a claim from pod to pod, and removes it once when the volume is released', async () => {
  await using node = await startTestNode({ storageCheckMs: 200 });
  const volume = withoutHostPath(volumeOn(node, 'node-1'));
  node.api.putVolume(volume, bound);
  const first = user('first');
  await node.runPod(first);
  await execIn(node.containerId(first), 'sh', '-c', 'echo kept > /data/file');
  node.api.deletePod(first.metadata.uid, 0);
  await node.api.until('the first is gone', () => node.api.terminated.includes(first.metadata.uid));
  await node.restart();
  const second = user('second');
  await node.runPod(second);
  expect(await execIn(node.containerId(second), 'cat', '/data/file')).toBe('kept\n');
  // Released while a container still has it: only a pod deleted by force can bring that about.
  node.api.removeClaim('default', 'claim');
  node.api.putVolume({ ...volume, status: { phase: 'Released' } });
  expect(await readFile(join(node.dataDir, 'claims/pvc-1/file'), 'utf8')).toBe('kept\n');
  node.api.deletePod(second.metadata.uid, 0);
  await node.api.until('the volume is removed', () => node.api.deletedVolumes.length > 0);
  expect(await readdir(join(node.dataDir, 'claims'))).toEqual([]);
  expect(node.api.deletedVolumes).toEqual(['pvc-1']);
});

it('removes nothing that is kept, elsewhere or not its own', async () => {
  await using node = await startTestNode();
  const released = { ...withoutHostPath(volumeOn(node, 'node-1')), status: { phase: 'Released' } };
  const path = join(node.dataDir, 'elsewhere');
  node.api.putVolume({ ...released, metadata: { ...released.metadata, name: 'a' } });
  node.api.putVolume({ ...released, spec: { ...released.spec, local: { path } } });
  node.api.putVolume({ ...released, spec: { ...released.spec, persistentVolumeReclaimPolicy: 'Retain' } });
  await node.runPod(makePod());
  expect(node.api.deletedVolumes).toEqual([]);
});

it('does not start a pod on a node that has not its data, nor with a claim that is not bound', async () => {
  await using node = await startTestNode();
  const pod = user('stray');
  node.api.putPod(pod);
  const problem = 'FailedMount: MountVolume.SetUp failed for volume "data" : ';
  const told = (text: string) =>
    node.api.until(text, () => node.api.eventTexts(pod.metadata.uid).includes(`${problem}${text}`));
  await told('persistentvolumeclaim "claim" not found');
  node.api.putVolume(withoutHostPath(volumeOn(node, 'node-2')), bound);
  await told('the data of volume "pvc-1" is on node "node-2"');
  await expect(stat(join(node.dataDir, 'claims/pvc-1'))).rejects.toThrow(/ENOENT/);
});
