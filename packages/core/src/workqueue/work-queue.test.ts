import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { DelayingQueue } from './delaying-queue.ts';
import { RateLimitingQueue } from './rate-limiting-queue.ts';
import { WorkQueue } from './work-queue.ts';

describe('WorkQueue', () => {
  it('hands out keys in the order they were added', async () => {
    const queue = new WorkQueue<string>();
    for (const key of ['c', 'a', 'b']) queue.add(key);
    expect([await queue.get(), await queue.get(), await queue.get()]).toEqual(['c', 'a', 'b']);
  });

  it('hands out a key added many times once', async () => {
    const queue = new WorkQueue<string>();
    for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
    expect(queue.length).toBe(2);
    expect(await queue.get()).toBe('a');
    expect(await queue.get()).toBe('b');
    expect(queue.length).toBe(0);
  });

  it('holds back a key added while it is worked on until that work is done', async () => {
    const queue = new WorkQueue<string>();
    queue.add('a');
    await queue.get();
    queue.add('a');
    queue.add('a');
    expect(queue.length).toBe(0);
    queue.done('a');
    expect(queue.length).toBe(1);
    expect(await queue.get()).toBe('a');
    queue.done('a');
    expect(queue.length).toBe(0);
  });

  it('serves waiting consumers in turn, one key each', async () => {
    const queue = new WorkQueue<string>();
    const got = [queue.get(), queue.get(), queue.get()];
    for (const key of ['a', 'b', 'c']) queue.add(key);
    expect(await Promise.all(got)).toEqual(['a', 'b', 'c']);
  });

  it('never gives one key to two consumers at once', async () => {
    const queue = new WorkQueue<number>();
    const active = new Set<number>();
    let worked = 0;
    const consume = async () => {
      for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
        expect(active.has(key)).toBe(false);
        active.add(key);
        await Promise.resolve();
        active.delete(key);
        worked += 1;
        queue.done(key);
      }
    };
    const consumers = [consume(), consume(), consume()];
    for (let i = 0; i < 5000; i += 1) {
      queue.add(i % 7);
      if (i % 3 === 0) await Promise.resolve();
    }
    await queue.shutDownWithDrain();
    await Promise.all(consumers);
    expect(worked).toBeGreaterThanOrEqual(7);
    expect(queue.length).toBe(0);
  });

  it('lets consumers finish what is left and then tells them that it is shut down', async () => {
    const queue = new WorkQueue<string>();
    queue.add('a');
    queue.shutDown();
    queue.add('b');
    expect(await queue.get()).toBe('a');
    expect(await queue.get()).toBeUndefined();
  });

  it('wakes waiting consumers on shut-down', async () => {
    const queue = new WorkQueue<string>();
    const waiting = queue.get();
    queue.shutDown();
    expect(await waiting).toBeUndefined();
  });

  it('drains only when the work on taken keys is done, later additions of them included', async () => {
    const queue = new WorkQueue<string>();
    queue.add('a');
    await queue.get();
    queue.add('a');
    let isDrained = false;
    const drained = queue.shutDownWithDrain().then(() => {
      isDrained = true;
    });
    queue.done('a');
    await Promise.resolve();
    expect(isDrained).toBe(false);
    await queue.get();
    queue.done('a');
    await drained;
    expect(isDrained).toBe(true);
  });

  it('stays in order over many thousand keys', async () => {
    const queue = new WorkQueue<number>();
    for (let i = 0; i < 10_000; i += 1) queue.add(i);
    for (let i = 0; i < 10_000; i += 1) {
      expect(await queue.get()).toBe(i);
      queue.done(i);
    }
  });
});

describe('DelayingQueue', () => {
  it('adds a key when its time has come, and not before', () => {
    const clock = new FakeClock();
    const queue = new DelayingQueue<string>(clock);
    queue.addAfter('late', 100);
    queue.addAfter('soon', 10);
    clock.advance(9);
    expect(queue.length).toBe(0);
    clock.advance(1);
    expect(queue.length).toBe(1);
    clock.advance(90);
    expect(queue.length).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it('lets the earliest of several delays count', () => {
    const clock = new FakeClock();
    const queue = new DelayingQueue<string>(clock);
    queue.addAfter('a', 100);
    queue.addAfter('a', 10);
    queue.addAfter('a', 50);
    expect(queue.delayedCount).toBe(1);
    clock.advance(10);
    expect(queue.length).toBe(1);
    clock.advance(1000);
    expect(queue.length).toBe(1);
  });

  it('adds at once without a delay', () => {
    const queue = new DelayingQueue<string>(new FakeClock());
    queue.addAfter('a', 0);
    queue.addAfter('b', -5);
    expect(queue.length).toBe(2);
  });

  it('does not wait for a clock that was set back to catch up', () => {
    const real = new FakeClock();
    let offsetMs = 0;
    const setTimer = (callback: () => void, delayMs: number) => real.setTimer(callback, delayMs);
    const queue = new DelayingQueue<string>({ now: () => real.now() + offsetMs, setTimer });
    queue.addAfter('a', 1000);
    queue.addAfter('b', 5000);
    real.advance(500);
    offsetMs = -3_600_000;
    queue.addAfter('c', 100);
    real.advance(100);
    expect(queue.length).toBe(1);
    real.advance(1000);
    expect(queue.length).toBe(2);
    real.advance(5000);
    expect(queue.length).toBe(3);
  });

  it('leaves no timer behind when shut down', () => {
    const clock = new FakeClock();
    const queue = new DelayingQueue<string>(clock);
    queue.addAfter('a', 100);
    queue.shutDown();
    queue.addAfter('b', 100);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('RateLimitingQueue', () => {
  it('waits longer after each failure and starts over once forgotten', async () => {
    const clock = new FakeClock();
    const queue = new RateLimitingQueue<string>(clock, { baseMs: 10, maxMs: 1000 });
    for (const delay of [10, 20, 40]) {
      queue.addRateLimited('a');
      clock.advance(delay - 1);
      expect(queue.length).toBe(0);
      clock.advance(1);
      expect(await queue.get()).toBe('a');
      queue.done('a');
    }
    expect(queue.retriesOf('a')).toBe(3);
    queue.forget('a');
    queue.addRateLimited('a');
    clock.advance(10);
    expect(queue.length).toBe(1);
  });

  it('keeps the back-off of one key from another', () => {
    const clock = new FakeClock();
    const queue = new RateLimitingQueue<string>(clock, { baseMs: 10, maxMs: 1000 });
    for (let i = 0; i < 5; i += 1) queue.addRateLimited('a');
    queue.addRateLimited('b');
    expect(queue.retriesOf('a')).toBe(5);
    expect(queue.retriesOf('b')).toBe(1);
  });
});
