import { describe, expect, it } from 'vitest';
import { feedPod } from '../testing/feed-objects.ts';
import { groupPending, pendingCause, waitingWords } from './pending.ts';

describe('the cause of waiting in words', () => {
  it.each([
    [undefined, 'Waiting for the scheduler'],
    ['0/3 nodes are available: 3 Insufficient cpu.', 'Not enough CPU'],
    ['0/1 nodes are available: 1 Insufficient memory. Short by 96Mi.', 'Not enough memory'],
    [
      '0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.',
      'Not enough CPU (2 of 3), Node is cordoned (1 of 3)',
    ],
    [
      '0/3 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, 2 node(s) had untolerated taint {gpu: only}.',
      'Taint gpu: only is not tolerated (2 of 3), Node is unreachable (1 of 3)',
    ],
    [
      "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
      'Node labels do not match the selector',
    ],
    [
      "0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label), 2 node(s) didn't match pod topology spread constraints.",
      'Spread over domains would be too uneven (2 of 3), Node is in no domain to spread over (1 of 3)',
    ],
    ["0/1 nodes are available: 1 node(s) didn't match pod affinity rules.", 'No pod to be near to'],
    ['0/2 nodes are available: 2 something nobody foresaw.', 'something nobody foresaw'],
    ['no nodes available to schedule pods', 'no nodes available to schedule pods'],
  ])('%s', (message, cause) => {
    expect(pendingCause(message)).toBe(cause);
  });
});

it('groups pods that wait for the same reason, largest group first, by workload', () => {
  const short = '0/3 nodes are available: 3 Insufficient cpu.';
  const pods = [
    feedPod('gpu', { message: "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector." }),
    feedPod('web-1', { message: short }),
    feedPod('api-1', { message: '0/3 nodes are available: 3 Insufficient cpu. Short by 10m.' }),
    feedPod('web-2', { message: short }),
  ];
  const rootOf = (pod: { key: string }) => {
    const name = pod.key.split('/')[1]?.split('-')[0] ?? '';
    return { kind: 'Deployment', name, uid: name };
  };
  const groups = groupPending(pods, rootOf);
  expect(
    groups.map((group) => [group.cause, group.pods.length, group.owners.map((o) => `${o.count} ${o.owner.name}`)]),
  ).toEqual([
    ['Not enough CPU', 3, ['2 web', '1 api']],
    ['Node labels do not match the selector', 1, ['1 gpu']],
  ]);
});

it.each([
  ['14 waiting for CPU', { cpu: 14 }],
  ['14 waiting, 9 for CPU', { cpu: 9, memory: 5 }],
  ['3 waiting for memory', { memory: 3 }],
  ['2 waiting for a node', { cordoned: 2 }],
  ['1 waiting for the scheduler', { none: 1 }],
])('says how many wait, and for what most of them: %s', (words, counts) => {
  const pods = Object.entries(counts).flatMap(([why, count]) =>
    Array.from({ length: count }, (_, index) => {
      const message = messages[why];
      return feedPod(`${why}-${index}`, message === undefined ? {} : { message });
    }),
  );
  expect(waitingWords(pods, ({ uid, key }) => ({ kind: 'Pod', name: key, uid }))).toBe(words);
});

const messages: Readonly<Record<string, string>> = {
  cpu: '0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.',
  memory: '0/3 nodes are available: 3 Insufficient memory.',
  cordoned: '0/1 nodes are available: 1 node(s) were unschedulable.',
};
