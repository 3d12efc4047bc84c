import { makeDeployment, makeReplicaSet } from '@gantry/api-types/testing';
import { expect, it } from 'vitest';
import { revisionsOf, rolledBack } from './revisions.ts';

const deployment = { ...makeDeployment({ name: 'web' }) };
deployment.metadata = {
  ...deployment.metadata,
  uid: 'uid-web',
  annotations: { 'deployment.kubernetes.io/revision': '2', note: 'of the deployment' },
};

function setOf(revision: number, image: string, cause?: string) {
  const set = makeReplicaSet({ name: `web-${revision}` });
  const annotations: Record<string, string> = { 'deployment.kubernetes.io/revision': String(revision) };
  if (cause) annotations['kubernetes.io/change-cause'] = cause;
  const labels = { app: 'web', 'pod-template-hash': `h${revision}` };
  return {
    ...set,
    metadata: {
      ...set.metadata,
      annotations,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-web', controller: true }],
    },
    spec: { ...set.spec, template: { metadata: { labels }, spec: { containers: [{ name: 'app', image }] } } },
  };
}

const stranger = makeReplicaSet({ name: 'other' });
const sets = [setOf(2, 'shop:2', 'ticket 7'), setOf(1, 'shop:1'), stranger];

it('lists the own revisions, newest first, with what changed and why', () => {
  expect(revisionsOf(deployment, sets)).toMatchObject([
    { number: 2, name: 'web-2', isCurrent: true, changes: ['app: image shop:1 → shop:2'], changeCause: 'ticket 7' },
    { number: 1, name: 'web-1', isCurrent: false, changes: [], images: ['shop:1'] },
  ]);
});

it('rolls back template and annotations as kubectl does', () => {
  const undone = rolledBack(deployment, sets, 1);
  expect(undone?.spec.template).toEqual({
    metadata: { labels: { app: 'web' } },
    spec: { containers: [{ name: 'app', image: 'shop:1' }] },
  });
  expect(undone?.metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '2' });
  expect(undone?.spec.replicas).toBe(deployment.spec.replicas);
  expect(rolledBack(deployment, sets, 9)).toBeUndefined();
});
