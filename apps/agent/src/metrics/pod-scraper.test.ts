import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ScrapedPod } from '@gantry/api-types/scrape';
import { makePod } from '@gantry/api-types/testing';
import { FakeClock } from '@gantry/core/testing';
import { describe, expect, it } from 'vitest';
import { PodScraper } from './pod-scraper.ts';

/** An endpoint of a pod on a free port of the loopback, and a scraper that reaches it. */
async function rig(
  listener: RequestListener,
  options: { annotations?: Record<string, string>; timeoutMs?: number } = {},
) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const annotations = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': `${port}`, ...options.annotations };
  const pod = makePod({ namespace: 'shop', annotations });
  const clock = new FakeClock();
  const rounds: (readonly ScrapedPod[])[] = [];
  let onRound: () => void = () => undefined;
  const scraper = new PodScraper({
    pods: () => [{ pod, host: '127.0.0.1' }],
    clock,
    send: (items) => {
      rounds.push(items);
      onRound();
    },
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  });
  return {
    scraper,
    clock,
    rounds,
    uid: pod.metadata.uid,
    port,
    /** The next round that is sent. */
    round: () =>
      new Promise<void>((resolve) => {
        onRound = resolve;
      }),
    async [Symbol.asyncDispose]() {
      await scraper.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const text = 'queue_depth 7\n# TYPE hits_total counter\nhits_total{code="200"} 12\nunwanted 1\n';
const wanted = [{ namespace: 'shop', names: ['queue_depth', 'hits_total'] }];

describe('the scraper', () => {
  it('sends the wanted series of annotated pods, at once and then every five seconds', async () => {
    await using test = await rig((_request, response) => response.end(text));
    const first = test.round();
    test.scraper.setWanted(wanted);
    await first;
    const series = [
      { name: 'queue_depth', value: 7 },
      { name: 'hits_total', value: 12, labels: { code: '200' }, isCounter: true },
    ];
    expect(test.rounds).toEqual([[{ uid: test.uid, at: test.clock.now(), series }]]);
    const second = test.round();
    // The first is over a moment after it was sent.
    await new Promise((resolve) => setImmediate(resolve));
    test.clock.advance(5_000);
    await second;
    expect(test.rounds).toHaveLength(2);
  });

  it('asks at the annotated path', async () => {
    const asked: unknown[] = [];
    await using test = await rig(
      (request, response) => {
        asked.push(request.url, request.headers.accept);
        response.end('');
      },
      { annotations: { 'prometheus.io/path': '/stats?x=1' } },
    );
    const round = test.round();
    test.scraper.setWanted(wanted);
    await round;
    expect(asked).toEqual(['/stats?x=1', 'text/plain;version=0.0.4, */*;q=0.1']);
  });

  it('asks nobody while nothing is wanted of the namespace', async () => {
    let asked = 0;
    await using test = await rig((_request, response) => {
      asked += 1;
      response.end(text);
    });
    test.scraper.setWanted([{ namespace: 'other', names: ['queue_depth'] }]);
    test.clock.advance(5_000);
    test.scraper.setWanted([]);
    expect(test.clock.pendingTimers).toBe(0);
    await test.scraper.stop();
    expect({ asked, rounds: test.rounds }).toEqual({ asked: 0, rounds: [] });
  });

  it.each<[string, RequestListener, string]>([
    ['another status', (_request, response) => response.writeHead(503).end('no'), 'it answers 503, not 200'],
    ['no answer in time', () => undefined, 'no answer within 0.1 s'],
    ['a broken answer', (_request, response) => response.destroy(), 'socket hang up'],
    [
      'too long an answer',
      (_request, response) => response.end('x'.repeat(2 * 1024 * 1024 + 1)),
      'it answers more than 2097152 bytes',
    ],
  ])('says why there is nothing: %s', async (_what, listener, why) => {
    await using test = await rig(listener, { timeoutMs: 100 });
    const round = test.round();
    test.scraper.setWanted(wanted);
    await round;
    const problem = `http://127.0.0.1:${test.port}/metrics: ${why}`;
    expect(test.rounds).toEqual([[{ uid: test.uid, at: test.clock.now(), series: [], problem }]]);
  });
});
