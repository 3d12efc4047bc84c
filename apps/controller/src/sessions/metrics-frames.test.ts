import type { NodeUsage } from '@gantry/api-types';
import type { ScrapedPod, WantedMetrics } from '@gantry/api-types/scrape';
import { describe, expect, it } from 'vitest';
import { createTestSessions } from './testing/test-sessions.ts';

/** What is wanted, in a test's hands. */
function wantedSource() {
  const sinks = new Set<(items: readonly WantedMetrics[]) => void>();
  return {
    sinks,
    subscribe(sink: (items: readonly WantedMetrics[]) => void) {
      sinks.add(sink);
      return () => sinks.delete(sink);
    },
  };
}

describe('an agent’s session', () => {
  it('carries what is wanted of pods’ own metrics, and what was found', async () => {
    const wantedMetrics = wantedSource();
    let take: (items: readonly ScrapedPod[]) => void = () => undefined;
    const found = new Promise<readonly ScrapedPod[]>((resolve) => {
      take = resolve;
    });
    await using test = await createTestSessions({ wantedMetrics, onPodMetrics: (items) => take(items) });
    const agent = await test.join();
    const items = [{ namespace: 'default', names: ['queue_depth'] }];
    for (const sink of wantedMetrics.sinks) sink(items);
    expect(await agent.received('wantedMetrics')).toEqual({ type: 'wantedMetrics', items });
    const scraped = [{ uid: 'a', at: 1, series: [{ name: 'queue_depth', value: 3 }] }];
    agent.send({ type: 'podMetrics', items: scraped });
    expect(await found).toEqual(scraped);
    agent.socket.close();
    await expect.poll(() => wantedMetrics.sinks.size).toBe(0);
  });

  it('carries samples whole to who keeps them, and without containers to pages', async () => {
    let take: (sample: readonly [string, NodeUsage]) => void = () => undefined;
    const kept = new Promise<readonly [string, NodeUsage]>((resolve) => {
      take = resolve;
    });
    await using test = await createTestSessions({ onUsage: (...sample) => take(sample) });
    const agent = await test.join();
    const pod = { uid: 'a', cpuMilli: 5, memoryBytes: 7, throttledRatio: 0 };
    const containers = [{ name: 'app', cpuMicros: 1, memoryBytes: 7 }];
    const node = { cpuMilli: 5, cpuMicros: 1, memoryBytes: 7, of: 'host' } as const;
    const usage = { at: '2026-11-21T12:00:00Z', cpuMilli: 5, memoryBytes: 7, node, pods: [{ ...pod, containers }] };
    agent.send({ type: 'usage', usage });
    expect(await kept).toEqual(['node-1', usage]);
    expect(test.sessions.latestUsage().get('node-1')).toEqual({ ...usage, pods: [pod] });
  });
});
