import type { ControllerRevision } from '@gantry/api-types';
import { makeReplicaSet } from '@gantry/api-types/testing';
import { expect, it } from 'vitest';
import { feedPod } from '../testing/feed-objects.ts';
import { setRevisionsOf, undoPatch } from './set-revisions.ts';

function revision(number: number, image: string, uid = 'uid-db'): ControllerRevision {
  const owner = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid, controller: true };
  const template = { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'app', image }] } };
  const annotations = { 'kubernetes.io/change-cause': `ticket ${number}` };
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { ...makeReplicaSet({ name: `db-h${number}` }).metadata, annotations, ownerReferences: [owner] },
    data: { spec: { template: { ...template, $patch: 'replace' } } },
    revision: number,
  };
}

const revisions = [revision(3, 'db:3'), revision(1, 'db:1'), revision(2, 'other:1', 'uid-other')];

it('lists the own revisions, newest first, with what changed, why, and the pods of each', () => {
  const pods = [
    feedPod('db-0', { labels: { 'controller-revision-hash': 'db-h1' }, isReady: true }),
    feedPod('db-1', { labels: { 'controller-revision-hash': 'h3' }, isReady: true }),
    feedPod('db-2', { labels: { 'controller-revision-hash': 'db-h3' } }),
    feedPod('db-3'),
  ];
  expect(setRevisionsOf({ name: 'db', uid: 'uid-db', pods }, revisions)).toMatchObject([
    {
      number: 3,
      name: 'db-h3',
      isCurrent: true,
      changes: ['app: image db:1 → db:3'],
      changeCause: 'ticket 3',
      replicas: 2,
      readyReplicas: 1,
    },
    { number: 1, name: 'db-h1', isCurrent: false, changes: [], images: ['db:1'], replicas: 1, readyReplicas: 1 },
  ]);
});

it('goes back by the patch that the revision is, as kubectl does', () => {
  expect(undoPatch({ uid: 'uid-db' }, revisions, 1)).toEqual({
    spec: {
      template: {
        metadata: { labels: { app: 'db' } },
        spec: { containers: [{ name: 'app', image: 'db:1' }] },
        $patch: 'replace',
      },
    },
  });
  expect(undoPatch({ uid: 'uid-db' }, revisions, 2)).toBeUndefined();
});
