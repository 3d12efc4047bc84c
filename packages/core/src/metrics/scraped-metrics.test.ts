import type { ScrapedSeries } from '@gantry/api-types/scrape';
import type { Labels } from '@gantry/api-types/selector';
import { describe, expect, it } from 'vitest';
import { ScrapedMetrics } from './scraped-metrics.ts';

const start = Date.UTC(2026, 0, 1);

/** A look at pod `a` every five seconds. */
function looks(...rounds: readonly (readonly ScrapedSeries[])[]) {
  const metrics = new ScrapedMetrics();
  let now = start;
  for (const series of rounds) {
    now += 5_000;
    metrics.record({ uid: 'a', at: now, series }, now);
  }
  return { metrics, now };
}

const requests = (code: string, value: number): ScrapedSeries => ({
  name: 'http_requests_total',
  labels: { code },
  value,
  isCounter: true,
});

describe('what a pod’s own metric says', () => {
  it('is a gauge’s newest value', () => {
    const { metrics, now } = looks([{ name: 'queue_depth', value: 3 }], [{ name: 'queue_depth', value: 7 }]);
    expect(metrics.value('a', 'queue_depth', undefined, now)).toEqual({ at: now, value: 7 });
  });

  it('is a counter’s rate per second, of all its series together', () => {
    const { metrics, now } = looks(
      [requests('200', 100), requests('500', 0)],
      [requests('200', 150), requests('500', 10)],
      [requests('200', 200), requests('500', 20)],
    );
    expect(metrics.value('a', 'http_requests_total', undefined, now)).toEqual({ at: now, value: 12 });
  });

  it('goes by the names that adapters give to rates, too', () => {
    const { metrics, now } = looks([requests('200', 0)], [requests('200', 50)]);
    for (const name of ['http_requests_per_second', 'http_requests', 'http_requests_total']) {
      expect({ name, value: metrics.value('a', name, undefined, now)?.value }).toEqual({ name, value: 10 });
    }
  });

  it('is of the series that the selector picks', () => {
    const { metrics, now } = looks([requests('200', 0), requests('500', 0)], [requests('200', 50), requests('500', 5)]);
    const failed = (labels: Labels) => labels?.code === '500';
    expect(metrics.value('a', 'http_requests', failed, now)?.value).toBe(1);
    expect(metrics.value('a', 'http_requests', () => false, now)).toBeUndefined();
  });

  it('is unknown after one look at a counter, and where there is no such series', () => {
    const { metrics, now } = looks([requests('200', 100)]);
    expect(metrics.value('a', 'http_requests', undefined, now)).toBeUndefined();
    expect(metrics.value('a', 'other', undefined, now)).toBeUndefined();
    expect(metrics.value('b', 'http_requests', undefined, now)).toBeUndefined();
  });

  it('is unknown after a counter began anew, until the next look', () => {
    const { metrics, now } = looks([requests('200', 100)], [requests('200', 150)], [requests('200', 3)]);
    expect(metrics.value('a', 'http_requests', undefined, now)).toBeUndefined();
  });

  it('outlives looks that failed for half a minute, and then is forgotten', () => {
    const { metrics, now } = looks([{ name: 'queue_depth', value: 3 }]);
    metrics.record({ uid: 'a', at: now + 5_000, series: [], problem: 'connection refused' }, now + 5_000);
    expect(metrics.value('a', 'queue_depth', undefined, now + 5_000)).toEqual({ at: now, value: 3 });
    expect(metrics.problem('a')).toBe('connection refused');
    expect(metrics.value('a', 'queue_depth', undefined, now + 30_001)).toBeUndefined();
    metrics.record({ uid: 'b', at: now + 70_000, series: [] }, now + 70_000);
    expect([...metrics.uids]).toEqual(['b']);
  });

  it('has a bounded number of series', () => {
    const { metrics, now } = looks(
      Array.from({ length: 500 }, (_, index) => ({ name: 'g', labels: { i: `${index}` }, value: 1 })),
    );
    expect(metrics.value('a', 'g', undefined, now)?.value).toBe(200);
    expect([...metrics.names(['a'])]).toEqual(['g']);
  });
});
