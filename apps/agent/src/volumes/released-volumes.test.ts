import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PersistentVolume, Pod } from '@gantry/api-types';
import { makeClaim, makeVolume } from '@gantry/core/testing';
import { annotations } from '@gantry/core/volumes/names';
import { expect, it } from 'vitest';
import { FakeNodeApi } from '../testing/fake-node-api.ts';
import { makePod } from '../testing/make-pod.ts';
import { quietLogger } from '../testing/quiet-logger.ts';
import { ReleasedVolumes } from './released-volumes.ts';

/** A node with the directories of two volumes. */
async function setUp() {
  const claimsDirectory = await mkdtemp(join(tmpdir(), 'gantry-claims-'));
  for (const name of ['pvc-1', 'pvc-2']) await mkdir(join(claimsDirectory, name, 'deep'), { recursive: true });
  const api = new FakeNodeApi();
  const pods: Pod[] = [];
  const node = { name: 'node-1', claimsDirectory };
  const released = new ReleasedVolumes({ api, node, logger: quietLogger(), pods: () => pods });
  api.onVolumesChange(() => released.changed());
  const volume = (parts: Partial<PersistentVolume['spec']> = {}, hostname = 'node-1'): PersistentVolume => {
    const { hostPath: _, ...rest } = makeVolume({
      name: 'pvc-1',
      node: hostname,
      claimRef: { name: 'claim', namespace: 'default', uid: 'gone' },
    }).spec;
    const made = makeVolume({ name: 'pvc-1', annotations: { [annotations.provisionedBy]: 'gantry.io/local' } });
    const local = { path: join(claimsDirectory, 'pvc-1') };
    return {
      ...made,
      spec: { ...rest, local, persistentVolumeReclaimPolicy: 'Delete', ...parts },
      status: { phase: 'Released' },
    };
  };
  return {
    api,
    pods,
    released,
    volume,
    names: async () => (await readdir(claimsDirectory)).toSorted((a, b) => a.localeCompare(b)),
    [Symbol.asyncDispose]: async () => {
      await released.stop();
      await rm(claimsDirectory, { recursive: true, force: true });
    },
  };
}

it('removes the directory of a released volume and tells, after rounds in which there was nothing to do', async () => {
  await using node = await setUp();
  node.released.changed();
  node.released.changed();
  node.api.putVolume(node.volume());
  await node.api.until('it is told', () => node.api.deletedVolumes.includes('pvc-1'));
  expect(await node.names()).toEqual(['pvc-2']);
});

it('waits for a pod that still has it, and not for one with a new volume of the name', async () => {
  await using node = await setUp();
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'claim' } }];
  node.pods.push(makePod({ spec: { volumes } }));
  node.api.putVolume(node.volume());
  await node.released.stop();
  expect(node.api.deletedVolumes).toEqual([]);
  await using other = await setUp();
  other.pods.push(makePod({ spec: { volumes } }));
  other.api.putVolume(other.volume(), makeClaim({ volumeName: 'pvc-2' }));
  await other.api.until('it is told', () => other.api.deletedVolumes.includes('pvc-1'));
});

it.each<[string, Partial<PersistentVolume['spec']>, string]>([
  ['is kept', { persistentVolumeReclaimPolicy: 'Retain' }, 'node-1'],
  ['lies elsewhere', { local: { path: '/tmp/elsewhere' } }, 'node-1'],
  ["is another node's", {}, 'node-2'],
])('leaves alone what %s', async (_, parts, hostname) => {
  await using node = await setUp();
  node.api.putVolume(node.volume(parts, hostname));
  await node.released.stop();
  expect(node.api.deletedVolumes).toEqual([]);
  expect(await node.names()).toEqual(['pvc-1', 'pvc-2']);
});
