import { expect, it } from 'vitest';
import { fakeImage, startFakeNode } from '../testing/fake-node.ts';
import { makePod } from '../testing/make-pod.ts';
import { storageOverLimit } from './ephemeral-storage.ts';

const mebi = 1024 * 1024;
const limits = (size: string) => ({ resources: { limits: { 'ephemeral-storage': size } } });
const two = makePod({
  spec: {
    containers: [
      { name: 'a', image: fakeImage, ...limits('2Mi') },
      { name: 'b', image: fakeImage, ...limits('3Mi') },
    ],
  },
});

const none = new Map<string, number>();
const cases: [Map<string, number>, Map<string, number>, string | undefined][] = [
  [none, none, undefined],
  [new Map([['a', 2 * mebi]]), new Map([['v', 3 * mebi]]), undefined],
  [new Map([['a', 2 * mebi + 1]]), none, 'Container a exceeded its local ephemeral storage limit "2Mi". '],
  [
    new Map([['b', 3 * mebi]]),
    new Map([['v', 3 * mebi]]),
    'Pod ephemeral local storage usage exceeds the total limit of containers 5Mi. ',
  ],
];

it.each(cases)('judges containers that wrote %j and volumes of %j', (written, volumes, expected) => {
  expect(storageOverLimit(two, written, volumes)).toBe(expected);
});

it('evicts a pod whose container wrote more than it may', async () => {
  await using node = await startFakeNode();
  const pod = makePod({ container: limits('1Mi') });
  await node.runPod(pod);
  node.runtime.written.set(node.newest(pod), 2 * mebi);
  await node.clock.advanceAsync(11_000);
  await node.until('it failed', () => node.status(pod).phase === 'Failed');
  expect(node.status(pod)).toMatchObject({
    reason: 'Evicted',
    message: 'Container main exceeded its local ephemeral storage limit "1Mi". ',
  });
});
