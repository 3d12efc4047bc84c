import { expect, it } from 'vitest';
import { makeClaim, makeVolume } from '../testing/index.ts';
import { findMatchingVolume } from './match-volume.ts';

const claim = makeClaim({ storage: '2Gi' });
const fits = (name: string, options: Parameters<typeof makeVolume>[0] = {}) =>
  makeVolume({ name, storage: '2Gi', ...options });

it.each([
  [
    'takes the smallest that is large enough',
    [fits('big', { storage: '9Gi' }), fits('small', { storage: '1Gi' }), fits('right')],
    'right',
  ],
  ['takes the first by name of equals', [fits('b'), fits('a')], 'a'],
  ['leaves another class alone', [fits('other', { className: 'fast' })], undefined],
  ['leaves volumes that cannot be used that way alone', [fits('other', { accessModes: ['ReadOnlyMany'] })], undefined],
  ['takes one that can do more', [fits('many', { accessModes: ['ReadWriteMany', 'ReadWriteOnce'] })], 'many'],
  ['leaves raw devices alone', [fits('raw', { spec: { volumeMode: 'Block' } })], undefined],
  [
    'leaves released volumes alone',
    [fits('old', { phase: 'Released', claimRef: { name: 'gone', namespace: 'default', uid: 'x' } })],
    undefined,
  ],
  [
    'leaves volumes that are being deleted alone',
    [fits('old', { deletionTimestamp: '2026-01-01T00:00:00Z' })],
    undefined,
  ],
  [
    'takes the one that is kept for it, whatever its class',
    [fits('a'), fits('kept', { className: 'x', claimRef: { name: 'claim', namespace: 'default' } })],
    'kept',
  ],
  [
    'leaves what is kept for a claim of the same name that is gone',
    [fits('kept', { claimRef: { name: 'claim', namespace: 'default', uid: 'earlier' } })],
    undefined,
  ],
])('%s', (_, volumes, expected) => {
  expect(findMatchingVolume(claim, volumes)?.metadata.name).toBe(expected);
});

it('chooses by labels where the claim selects', () => {
  const selecting = makeClaim({ spec: { selector: { matchLabels: { disk: 'ssd' } } } });
  const volumes = [makeVolume({ name: 'a' }), makeVolume({ name: 'b', labels: { disk: 'ssd' } })];
  expect(findMatchingVolume(selecting, volumes)?.metadata.name).toBe('b');
});

it('looks on one node, past what was promised', () => {
  const node = { name: 'node-1', labels: { 'kubernetes.io/hostname': 'node-1' } };
  const volumes = [fits('a', { node: 'node-2' }), fits('b', { node: 'node-1' }), fits('c', { node: 'node-1' })];
  expect(findMatchingVolume(claim, volumes, node)?.metadata.name).toBe('b');
  expect(findMatchingVolume(claim, volumes, node, (name) => name === 'b')?.metadata.name).toBe('c');
});
