import { describe, expect, it } from 'vitest';
import { parseChanges } from './parse-changes.ts';

const parse = (line: string) => parseChanges(line.split(' '), 'shop');
const web = { kind: 'Deployment', namespace: 'shop', name: 'web' };

describe('changes on the command line', () => {
  it.each([
    ['scale deployment/web 60', { type: 'scale', workload: web, replicas: 60 }],
    ['scale deployments/web 0', { type: 'scale', workload: web, replicas: 0 }],
    ['lose-node node-2', { type: 'removeNode', node: 'node-2' }],
    ['uncordon node-2', { type: 'cordonNode', node: 'node-2', unschedulable: false }],
    ['label node-1 disk=ssd old-', { type: 'labelNode', node: 'node-1', labels: { disk: 'ssd', old: null } }],
    [
      'add-node --cpu 4 --memory=8Gi --count 2 --label disk=ssd --taint gpu=only:NoSchedule',
      {
        type: 'addNodes',
        cpu: '4',
        memory: '8Gi',
        count: 2,
        labels: { disk: 'ssd' },
        taints: [{ key: 'gpu', value: 'only', effect: 'NoSchedule' }],
      },
    ],
    [
      'set-resources deploy/web --cpu 250m --in-place --container c',
      { type: 'setRequests', workload: web, requests: { cpu: '250m' }, container: 'c', inPlace: true },
    ],
    ['set-resources pod/p --memory 1Gi', { type: 'setRequests', pod: 'shop/p', requests: { memory: '1Gi' } }],
    [
      'tolerate deploy/web gpu:NoSchedule',
      { type: 'addToleration', workload: web, toleration: { key: 'gpu', operator: 'Exists', effect: 'NoSchedule' } },
    ],
    ['evict a other/b', { type: 'evictPods', pods: ['shop/a', 'other/b'] }],
  ])('%s', (line, change) => expect(parse(line)).toEqual([change]));

  it('takes several in order', () => {
    expect(parse('scale deploy/web 9 and lose-node a').map(({ type }) => type)).toEqual(['scale', 'removeNode']);
    expect(parseChanges([], 'shop')).toEqual([]);
  });

  it.each([
    ['grow web', 'there is no change "grow"'],
    ['scale web 3', 'name one as KIND/NAME'],
    ['scale deploy/web many', 'must be a whole number'],
    ['add-node --cpu 4', 'write: gantry simulate add-node --cpu'],
    ['add-node --cpu', '--cpu needs a value'],
    ['lose-node', 'write: gantry simulate lose-node NODE'],
  ])('refuses %s', (line, message) => expect(() => parse(line)).toThrow(message));
});
