import type { Deployment, Pod } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { whyNotReady } from './why-not-ready.ts';

const web = {
  metadata: { name: 'web' },
  spec: { replicas: 2, selector: { matchLabels: { app: 'web' } } },
  status: { availableReplicas: 1 },
} as unknown as Deployment;

const pod = (status: object, app = 'web') =>
  ({ metadata: { name: `${app}-1`, labels: { app } }, status }) as unknown as Pod;
const notReady = { type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: 'unready: [web]' };

it.each([
  [
    'is not scheduled',
    { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }] },
    'web-1: Unschedulable: 0/3 nodes',
  ],
  [
    'waits for an init container',
    { initContainerStatuses: [{ state: { waiting: { reason: 'ErrImagePull' } } }] },
    'web-1: ErrImagePull',
  ],
  [
    'has ended again and again',
    { containerStatuses: [{ state: { running: {} }, lastState: { terminated: { exitCode: 3, reason: 'Error' } } }] },
    'web-1: Error: exit code 3',
  ],
  [
    'fails its probe',
    { conditions: [notReady], containerStatuses: [{ state: { running: {} } }] },
    'web-1: ContainersNotReady: unready: [web]',
  ],
])('says what holds up a pod that %s', (_, status, reason) => {
  const other = pod({ conditions: [] }, 'another');
  const ready = pod({ conditions: [{ type: 'Ready', status: 'True' }] });
  expect(whyNotReady(web, [other, ready, pod(status)])).toBe(`web has 1 of 2 pods available (${reason})`);
});

it('says why no pod could be made', () => {
  const conditions = [{ type: 'ReplicaFailure', status: 'True', message: 'pods "web-2" is forbidden' }];
  const failing = { ...web, status: { conditions } } as unknown as Deployment;
  expect(whyNotReady(failing, [])).toBe('web has 0 of 2 pods available (pods "web-2" is forbidden)');
  expect(whyNotReady(web, [])).toBe('web has 1 of 2 pods available');
});
