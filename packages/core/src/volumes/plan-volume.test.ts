import type { PersistentVolume } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { makeClaim, makeVolume } from '../testing/index.ts';
import { annotations, finalizers } from './names.ts';
import { planVolume } from './plan-volume.ts';

const claim = makeClaim({ volumeName: 'volume' });
const claimRef = { name: 'claim', namespace: 'default', uid: claim.metadata.uid };
const ours = { [annotations.provisionedBy]: 'gantry.io/local' };
const deletes: Partial<PersistentVolume['spec']> = { persistentVolumeReclaimPolicy: 'Delete' };
const here = { claim: undefined, hasNode: () => true };

it.each([
  ['is Available without a claim', makeVolume(), undefined, 'Available'],
  [
    'is Available while it is kept for a claim to come',
    makeVolume({ claimRef: { name: 'claim', namespace: 'default' } }),
    undefined,
    'Available',
  ],
  ['is Bound', makeVolume({ claimRef }), claim, 'Bound'],
  ['stays as it is until its claim names it', makeVolume({ claimRef, phase: 'Pending' }), makeClaim(), 'Pending'],
  ['is Released when its claim is gone', makeVolume({ claimRef }), undefined, 'Released'],
  [
    'is Released when a new claim has the name',
    makeVolume({ claimRef }),
    makeClaim({ uid: 'new', volumeName: 'volume' }),
    'Released',
  ],
])('a volume %s', (_, volume, owner, phase) => {
  expect(planVolume(volume, { ...here, claim: owner }).phase).toBe(phase);
});

it('waits for its node to remove the directory of a released volume', () => {
  const volume = makeVolume({ claimRef, annotations: ours, node: 'node-1', spec: deletes });
  expect(planVolume(volume, here)).toMatchObject({ phase: 'Released', message: undefined });
});

it('fails where nobody can delete it, and says why', () => {
  const byHand = makeVolume({ claimRef, spec: deletes });
  expect(planVolume(byHand, here)).toMatchObject({ phase: 'Failed', event: { reason: 'VolumeFailedDelete' } });
  const lost = makeVolume({ claimRef, annotations: ours, node: 'node-9', spec: deletes });
  const plan = planVolume(lost, { ...here, hasNode: (name) => name !== 'node-9' });
  expect(plan).toMatchObject({ phase: 'Failed' });
  expect(plan.message).toContain('node "node-9", which has the data, is gone');
});

it('is free again where the controller had bound it and its claim took another', () => {
  const volume = makeVolume({ claimRef, annotations: { [annotations.boundByController]: 'yes' } });
  const plan = planVolume(volume, { ...here, claim: makeClaim({ volumeName: 'other' }) });
  expect(plan).toMatchObject({ phase: 'Available', unbind: true });
});

it('holds a deleted volume while it is bound, and its object until the directory is gone', () => {
  const both = [finalizers.volumeProtection, finalizers.directory];
  const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: both };
  const volume = makeVolume({ claimRef, annotations: ours, node: 'node-1', spec: deletes, ...deleted });
  expect(planVolume(volume, { ...here, claim }).finished).toEqual([]);
  expect(planVolume(volume, here).finished).toEqual([finalizers.volumeProtection]);
  expect(planVolume(volume, { ...here, hasNode: () => false }).finished).toEqual(both);
  const kept = makeVolume({ claimRef, annotations: ours, node: 'node-1', ...deleted });
  expect(planVolume(kept, here).finished).toEqual(both);
});
