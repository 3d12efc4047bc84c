import { hostsChange } from '@gantry/core/node-pools/hosts-change';
import { expect, it } from 'vitest';
import { changeWords, parseChanges } from './change-words.ts';

const workload = { kind: 'Deployment', name: 'web' } as const;

it('says changes in words', () => {
  expect(changeWords({ type: 'scale', workload, replicas: 60 })).toBe('web at 60');
  expect(changeWords({ type: 'removeNode', node: 'node-2' })).toBe('node-2 is lost');
  expect(changeWords({ type: 'addNodes', count: 2, cpu: '4', memory: '8Gi' })).toBe('2 more hosts of 4 CPU and 8Gi');
  expect(changeWords(hostsChange('burst', { cpu: '2', memory: '4Gi' }, 1))).toBe('1 more host of pool burst');
  expect(changeWords({ type: 'setRequests', workload, requests: { cpu: '250m', memory: '1Gi' } })).toBe(
    'web requests cpu 250m and memory 1Gi',
  );
  expect(changeWords({ type: 'evictPods', pods: ['default/a'] })).toBe('1 pod is evicted');
});

it('reads the changes of a link and leaves out what is none', () => {
  const changes = [{ type: 'removeNode', node: 'node-2' }];
  expect(parseChanges(JSON.stringify(changes))).toEqual(changes);
  expect(parseChanges('[{"type":"explode"},3,null]')).toEqual([]);
  expect(parseChanges('nonsense')).toEqual([]);
  expect(parseChanges(undefined)).toBeUndefined();
});
