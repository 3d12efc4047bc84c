import type { ContainerCounters, NodeUsage, PodUsage } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { UsageHistory } from './usage-history.ts';

const start = Date.UTC(2026, 0, 1);
const web = 'Deployment/default/web';

function historyOf(uids: readonly string[], maxGonePods?: number) {
  const known = new Set(uids);
  return new UsageHistory({
    describe: (uid) =>
      known.has(uid) ? { namespace: 'default', name: uid, workloads: ['ReplicaSet/default/web-1', web] } : undefined,
    ...(maxGonePods === undefined ? {} : { maxGonePods }),
  });
}

function pod(uid: string, usage: Partial<PodUsage> = {}, counters: Partial<ContainerCounters> = {}): PodUsage {
  const containers = [{ name: 'app', cpuMicros: 0, memoryBytes: usage.memoryBytes ?? 100, ...counters }];
  return { uid, cpuMilli: 0, memoryBytes: 100, throttledRatio: 0, containers, ...usage };
}

function sample(at: number, pods: readonly PodUsage[], node?: NodeUsage['node']): NodeUsage {
  return { at: new Date(at).toISOString(), cpuMilli: 0, memoryBytes: 0, pods, ...(node ? { node } : {}) };
}

/** Samples every two seconds from `start` up to and with `seconds` later. */
function feed(history: UsageHistory, seconds: number, podsAt: (second: number) => readonly PodUsage[]): number {
  for (let second = 0; second <= seconds; second += 2) {
    const at = start + second * 1000;
    history.record('n1', sample(at, podsAt(second)), at);
  }
  return start + seconds * 1000;
}

describe('what a pod uses now', () => {
  it('is the mean cpu of fifteen seconds and the newest memory, by container', () => {
    const history = historyOf(['a']);
    const now = feed(history, 60, (second) => [
      pod('a', {}, { cpuMicros: Math.max(0, second - 40) * 250_000, memoryBytes: second }),
    ]);
    const containers = [{ name: 'app', cpuMilli: 250, memoryBytes: 60 }];
    expect(history.podMetrics('a', now)).toEqual({
      namespace: 'default',
      name: 'a',
      uid: 'a',
      at: now,
      windowMs: 16_000,
      containers,
    });
  });

  it('is unknown before the second sample and once it is half a minute old', () => {
    const history = historyOf(['a']);
    history.record('n1', sample(start, [pod('a')]), start);
    expect(history.podMetrics('a', start)).toBeUndefined();
    history.record('n1', sample(start + 2_000, [pod('a')]), start + 2_000);
    expect(history.podMetrics('a', start + 2_000)).toBeDefined();
    expect(history.podMetrics('a', start + 32_001)).toBeUndefined();
    expect(history.podMetrics('b', start)).toBeUndefined();
  });

  it('is unknown while one of its containers has just started', () => {
    const history = historyOf(['a']);
    feed(history, 4, (second) => {
      const late = { name: 'late', cpuMicros: 0, memoryBytes: 1 };
      const { containers = [], ...rest } = pod('a');
      return [{ ...rest, containers: second === 4 ? [...containers, late] : containers }];
    });
    expect(history.podMetrics('a', start + 4_000)).toBeUndefined();
  });

  it('does not span the time in which nothing was heard', () => {
    const history = historyOf(['a']);
    feed(history, 10, () => [pod('a', {}, { cpuMicros: 0 })]);
    const at = start + 100_000;
    history.record('n1', sample(at, [pod('a', {}, { cpuMicros: 90_000_000 })]), at);
    expect(history.podMetrics('a', at)).toBeUndefined();
  });
});

describe('the half hour', () => {
  it('has the figures of pods, counters as what they grew by per second', () => {
    const history = historyOf(['a']);
    const now = feed(history, 60, (second) => [
      pod(
        'a',
        { cpuMilli: 40, network: { rxBytes: second * 1_000, txBytes: 7 } },
        { writeBytes: second * 50, pids: 3 },
      ),
    ]);
    const answer = history.query(['pod/a'], 20, now);
    expect(answer).toMatchObject({ from: now - 20_000, stepMs: 2_000 });
    const ten = (value: number) => new Array(10).fill(value);
    expect(answer.series).toEqual([
      {
        of: 'pod/a',
        values: { cpuMilli: ten(40), memoryBytes: ten(100), writeBytes: ten(50), rxBytes: ten(1_000), pids: ten(3) },
      },
    ]);
  });

  it('adds up the pods of a workload, with those that have gone', () => {
    const history = historyOf(['a', 'b']);
    const now = feed(history, 60, (second) => [
      pod('a', { cpuMilli: 10, throttledRatio: 0.5 }),
      ...(second < 30 ? [pod('b', { cpuMilli: 5, throttledRatio: 0.1 })] : []),
    ]);
    const [series] = history.query([`workload/${web}`], 60, now).series;
    expect(series?.values.cpuMilli?.[5]).toBe(15);
    expect(series?.values.throttledRatio?.[5]).toBe(0.3);
    expect(series?.values.pods?.[5]).toBe(2);
    expect(series?.values.cpuMilli?.at(-1)).toBe(10);
    expect(series?.values.pods?.at(-1)).toBe(1);
    expect(series?.values.readBytes).toBeUndefined();
  });

  it('has the whole node, and its pods added up', () => {
    const history = historyOf(['a', 'b']);
    for (let second = 0; second <= 20; second += 2) {
      const at = start + second * 1_000;
      const node = { cpuMilli: 900, cpuMicros: second * 900_000, memoryBytes: 5_000, of: 'host' } as const;
      history.record('n1', sample(at, [pod('a', {}, { pids: 2 }), pod('b', {}, { pids: 3 })], node), at);
    }
    const now = start + 20_000;
    const [series] = history.query(['node/n1'], 10, now).series;
    expect(series?.values).toMatchObject({
      cpuMilli: new Array(5).fill(900),
      pids: new Array(5).fill(5),
      pods: new Array(5).fill(2),
    });
    expect(history.nodeMetrics('n1', now)).toEqual({ at: now, windowMs: 16_000, cpuMilli: 900, memoryBytes: 5_000 });
  });

  it('does not count the gap while nothing was heard, nor a container that was not there before', () => {
    const history = historyOf(['a']);
    feed(history, 4, () => [pod('a', {}, { readBytes: 10 })]);
    const at = start + 60_000;
    history.record('n1', sample(at, [pod('a', {}, { readBytes: 1_000_000 })]), at);
    expect(history.query(['pod/a'], 60, at + 2_000).series[0]?.values.readBytes).toBeUndefined();
  });

  it('knows nothing of what is not there', () => {
    const series = historyOf([]).query(['pod/x', 'node/y', 'workload/Job/a/b', 'nonsense'], 60, start).series;
    expect(series.map(({ values }) => values)).toEqual([{}, {}, {}, {}]);
  });

  it('leaves out pods that nobody knows', () => {
    const history = historyOf(['a']);
    feed(history, 2, () => [pod('a'), pod('stranger')]);
    expect(history.size).toEqual({ pods: 1, nodes: 1 });
  });
});

describe('what has gone', () => {
  it('is dropped after half an hour', () => {
    const history = historyOf(['a', 'b']);
    feed(history, 2, () => [pod('a'), pod('b')]);
    const later = start + 29 * 60_000;
    history.record('n1', sample(later, [pod('a')]), later);
    expect(history.size.pods).toBe(2);
    const after = start + 31 * 60_000;
    history.record('n1', sample(after, [pod('a')]), after);
    expect(history.size.pods).toBe(1);
    expect(history.query([`workload/${web}`], 1800, after + 30_000).series[0]?.values.pods?.at(-1)).toBe(1);
  });

  it('is bounded in number, the longest gone going first', () => {
    const uids = Array.from({ length: 20 }, (_, index) => `p${index}`);
    const history = historyOf(uids, 3);
    for (const [index, uid] of uids.entries()) {
      const at = start + index * 2_000;
      history.record('n1', sample(at, [pod(uid)]), at);
    }
    const later = start + 120_000;
    history.record('n1', sample(later, [pod('p0')]), later);
    expect(history.size.pods).toBe(4);
    expect(
      history.query(['pod/p19', 'pod/p1'], 1800, later).series.map(({ values }) => values.cpuMilli !== undefined),
    ).toEqual([true, false]);
  });
});
