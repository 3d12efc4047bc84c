import { expect, it } from 'vitest';
import { feedWorkload } from '../testing/feed-objects.ts';
import { rolloutWords } from './rollout-words.ts';

const set = { kind: 'StatefulSet', revision: '2', replicas: 3, currentReplicas: 3, availableReplicas: 3 } as const;

it.each([
  ['rolls out: 1 of 3 pods updated, 3 available', { ...set, updatedReplicas: 1 }],
  ['is rolled out: 3 of 3 pods', { ...set, updatedReplicas: 3 }],
  ['has 1 of 3 pods: the others get it once', { ...set, updatedReplicas: 1, isOnDelete: true }],
  ['is rolled out to 1 of 3 pods: those below ordinal 2', { ...set, updatedReplicas: 1, partition: 2 }],
  ['rolls out: 0 of 1 pods updated', { ...set, updatedReplicas: 0, partition: 2 }],
  ['is paused', { ...set, kind: 'Deployment', paused: true }],
] as const)('Revision 2 %s', (words, change) => {
  expect(rolloutWords(feedWorkload('db', change))).toContain(`Revision 2 ${words}`);
});
