import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExposition } from './parse-exposition.ts';

const text = `# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9
metric_without_timestamp_and_labels 12.47
something_weird{problem="division by zero"} +Inf -3982045
# TYPE queue_depth gauge
queue_depth 7
# TYPE rpc_duration_seconds summary
rpc_duration_seconds{quantile="0.01"} 3102
rpc_duration_seconds_sum 1.7560473e+07
rpc_duration_seconds_count 2693
jobs_total 5
# TYPE gone_total gauge
gone_total 2
no_value
`;

describe('the text of a Prometheus endpoint', () => {
  it('is read series by series', () => {
    const samples = parseExposition(text);
    expect(samples[0]).toEqual({
      name: 'http_requests_total',
      labels: { method: 'post', code: '200' },
      value: 1027,
      isCounter: true,
    });
    expect(samples[2]).toEqual({
      name: 'msdos_file_access_time_seconds',
      labels: { path: 'C:\\DIR\\FILE.TXT', error: 'Cannot find file:\n"FILE.TXT"' },
      value: 1458255915,
      isCounter: false,
    });
    expect(samples[3]).toEqual({
      name: 'metric_without_timestamp_and_labels',
      labels: {},
      value: 12.47,
      isCounter: false,
    });
  });

  it('tells counters by their declared type, and undeclared ones by their name', () => {
    const counters = Object.fromEntries(parseExposition(text).map(({ name, isCounter }) => [name, isCounter]));
    expect(counters).toEqual({
      http_requests_total: true,
      msdos_file_access_time_seconds: false,
      metric_without_timestamp_and_labels: false,
      queue_depth: false,
      rpc_duration_seconds: false,
      rpc_duration_seconds_sum: true,
      rpc_duration_seconds_count: true,
      jobs_total: true,
      gone_total: false,
    });
  });

  it('is read for what is wanted only, and no further than the bound', () => {
    const wanted = new Set(['queue_depth']);
    expect(parseExposition(text, { wanted }).map(({ name }) => name)).toEqual(['queue_depth']);
    expect(parseExposition(text, { maxSamples: 2 })).toHaveLength(2);
  });

  it('of OpenMetrics has its counters and no exemplars', () => {
    const open = '# TYPE a counter\na_total{x="1"} 4.0 1520879607.789 # {trace_id="KOO"} 0.67\n# EOF\n';
    expect(parseExposition(open)).toEqual([{ name: 'a_total', labels: { x: '1' }, value: 4, isCounter: true }]);
  });

  it('may be anything: lines that make no sense are left out', () => {
    expect(parseExposition('a{b="c 1\n{} 2\n= 3\nb 4\nc{x=1} 5\nd NaN\ne{x="1"')).toEqual([
      { name: 'b', labels: {}, value: 4, isCounter: false },
    ]);
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '{', '}', '"', '=', '\\', ',', ' ', '1', '\n', '#') }),
        (any) => {
          for (const { value } of parseExposition(any)) expect(Number.isFinite(value)).toBe(true);
        },
      ),
    );
  });
});
