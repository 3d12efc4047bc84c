import type { Pod } from '@gantry/api-types';
import { makePod } from '@gantry/api-types/testing';
import { describe, expect, it } from 'vitest';
import { PodInfoFactory } from './pod-info.ts';
import { SchedulingQueue } from './scheduling-queue.ts';

const factory = new PodInfoFactory();
const pod = (name: string, options: Parameters<typeof makePod>[0] = {}): Pod =>
  makePod({ uid: name, ...options, name });
const at = (reliefVersion: number, sequence = reliefVersion) => ({ reliefVersion, sequence });

function queueOf(...pods: Pod[]): SchedulingQueue {
  const queue = new SchedulingQueue();
  for (const each of pods) queue.put(factory.parse(each));
  return queue;
}

function takeAll(queue: SchedulingQueue, now = 0): string[] {
  const uids: string[] = [];
  for (let next = queue.take(now); next; next = queue.take(now)) uids.push(next.pod.uid);
  return uids;
}

function blockAll(queue: SchedulingQueue, version = at(1)): void {
  for (const uid of takeAll(queue)) queue.block(uid, 'no room', version);
}

describe('the scheduling queue', () => {
  it('gives the highest priority first, then the oldest, then the first come', () => {
    const queue = queueOf(
      pod('late', { creationTimestamp: '2026-01-01T00:00:09Z' }),
      pod('first'),
      pod('second'),
      pod('urgent', { spec: { priority: 1000 }, creationTimestamp: '2026-01-01T00:01:00Z' }),
    );
    expect(takeAll(queue)).toEqual(['urgent', 'first', 'second', 'late']);
  });

  it('tells where a pod stands, how often it was tried and when its back-off ends', () => {
    const queue = queueOf(pod('a'), pod('b'), pod('urgent', { spec: { priority: 1000 } }));
    expect(queue.placeOf('b')).toEqual({ state: 'active', position: 3, waiting: 3, attempts: 0 });
    expect(queue.placeOf('urgent')?.position).toBe(1);
    const taken = queue.take(0);
    expect(queue.placeOf('urgent')).toMatchObject({ state: 'taken', attempts: 1 });
    queue.retry(taken?.pod.uid ?? '', 5000);
    expect(queue.placeOf('urgent')).toMatchObject({ state: 'backoff', nextTryAt: 6000 });
    queue.block(queue.take(0)?.pod.uid ?? '', 'no room', at(1));
    expect(queue.placeOf('a')).toEqual({ state: 'blocked', position: 2, waiting: 3, attempts: 1 });
    queue.delete('a');
    expect(queue.placeOf('a')).toBeUndefined();
  });

  it('holds a pod once, however often it is put, and gives no deleted pod', () => {
    const queue = queueOf(pod('a'), pod('a'), pod('b'));
    queue.delete('b');
    expect(queue.size).toBe(1);
    expect(takeAll(queue)).toEqual(['a']);
  });

  it('retries after a growing delay and counts attempts', () => {
    const queue = queueOf(pod('a'));
    const delays = [1000, 2000, 4000, 8000, 10_000, 10_000];
    let now = 0;
    for (const [index, delay] of delays.entries()) {
      expect(queue.take(now)).toMatchObject({ attempts: index + 1 });
      queue.retry('a', now);
      expect(queue.take(now + delay - 1)).toBeUndefined();
      expect(queue.nextReadyAt).toBe(now + delay);
      now += delay;
    }
  });

  it('tries one pod per class after a change that may help, and the next only when that one is placed', () => {
    const queue = queueOf(pod('a'), pod('b'), pod('c'), pod('big', { cpu: '9' }));
    blockAll(queue);
    queue.wake(at(1));
    expect(takeAll(queue)).toEqual([]);
    queue.wake(at(2));
    expect(takeAll(queue)).toEqual(['a', 'big']);
    queue.succeeded('a');
    queue.delete('a');
    expect(takeAll(queue)).toEqual(['b']);
    queue.block('b', 'no room', at(2));
    queue.block('big', 'no room', at(2));
    queue.wake(at(2));
    expect(takeAll(queue)).toEqual([]);
    expect(queue.size).toBe(3);
  });

  it('knows for another pod of a blocked class that trying is in vain, until something changes', () => {
    const queue = queueOf(pod('a'));
    blockAll(queue);
    const other = factory.parse(pod('other'));
    expect(queue.findBlocked(other, at(1, 5))).toMatchObject({ message: 'no room' });
    expect(queue.findBlocked(other, at(2))).toBeUndefined();
    expect(queue.findBlocked(factory.parse(pod('big', { cpu: '9' })), at(1))).toBeUndefined();
  });

  it('takes placements as a change for pods that want company or even spreading', () => {
    const labelSelector = { matchLabels: { app: 'web' } };
    const term = { topologyKey: 'kubernetes.io/hostname', labelSelector };
    const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    const queue = queueOf(pod('plain'), pod('near', { spec: { affinity } }));
    blockAll(queue, at(1, 1));
    expect(queue.hasStale(at(1, 2))).toBe(true);
    queue.wake(at(1, 2));
    expect(takeAll(queue)).toEqual(['near']);
  });

  it('tries a blocked pod again once its own spec changed', () => {
    const queue = queueOf(pod('a', { cpu: '9' }), pod('b', { cpu: '9' }));
    blockAll(queue);
    queue.put(factory.parse(pod('a', { cpu: '9' })));
    expect(takeAll(queue)).toEqual([]);
    queue.put(factory.parse(pod('a', { cpu: '1' })));
    expect(takeAll(queue)).toEqual(['a']);
    expect(queue.blockedClasses).toBe(1);
  });

  it('tries the others of a class that a pod has left for another one', () => {
    const queue = queueOf(pod('a', { cpu: '9' }), pod('b', { cpu: '9' }));
    blockAll(queue);
    queue.wake(at(2));
    expect(queue.take(0)).toMatchObject({ pod: { uid: 'a' } });
    queue.put(factory.parse(pod('a', { cpu: '8' })));
    queue.block('a', 'no room', at(2));
    queue.wake(at(3));
    expect(takeAll(queue)).toEqual(['a', 'b']);
  });

  it('forgets a blocked class with its last pod', () => {
    const queue = queueOf(pod('a'));
    blockAll(queue);
    queue.delete('a');
    expect(queue.blockedClasses).toBe(0);
    queue.wake(at(9), true);
    expect(takeAll(queue)).toEqual([]);
  });
});
