import { describe, expect, it } from 'vitest';
import { writeExposition } from './exposition.ts';
import { Counter, Histogram, readWhenAsked } from './instruments.ts';
import { parseExposition } from './parse-exposition.ts';

describe('the text of instruments', () => {
  it('is what Prometheus reads', () => {
    const requests = new Counter({ name: 'requests_total', help: 'Requests.\nAll.', labelNames: ['verb', 'path'] });
    requests.with('GET', 'a"b\\c\n').inc();
    requests.with('GET', 'a"b\\c\n').inc(2);
    const seconds = new Histogram({ name: 'request_seconds', help: 'How long.', bounds: [0.1, 1] });
    for (const value of [0.05, 0.1, 0.5, 7]) seconds.with().observe(value);
    const up = readWhenAsked({ name: 'up', help: 'Whether it is.', type: 'gauge' }, () => 1);
    expect(writeExposition([requests, seconds, up])).toBe(
      [
        '# HELP requests_total Requests.\\nAll.',
        '# TYPE requests_total counter',
        'requests_total{verb="GET",path="a\\"b\\\\c\\n"} 3',
        '# HELP request_seconds How long.',
        '# TYPE request_seconds histogram',
        'request_seconds_bucket{le="0.1"} 2',
        'request_seconds_bucket{le="1"} 3',
        'request_seconds_bucket{le="+Inf"} 4',
        'request_seconds_sum 7.65',
        'request_seconds_count 4',
        '# HELP up Whether it is.',
        '# TYPE up gauge',
        'up 1',
        '',
      ].join('\n'),
    );
  });

  it('is read back as it was meant', () => {
    const labels = ['with "quotes", {braces} and \\', 'x=1'];
    const text = writeExposition([
      readWhenAsked({ name: 'g', help: '', type: 'gauge', labelNames: ['a', 'b'] }, () => [
        { labels, value: 1.5e-9, at: 1_700_000_000_000 },
      ]),
    ]);
    expect(parseExposition(text)).toEqual([
      { name: 'g', labels: { a: labels[0], b: labels[1] }, value: 1.5e-9, isCounter: false },
    ]);
  });

  it('has counters without labels from the beginning, so that their first rate is right', () => {
    expect(writeExposition([new Counter({ name: 'c_total', help: 'C.' })])).toMatch(/^c_total 0$/m);
  });
});
