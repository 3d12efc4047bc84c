import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findKubectl, type Kubectl } from '../api/testing/kubectl.ts';
import { type ServedKubectl, serveKubectl } from '../api/testing/serve-kubectl.ts';
import { createTestMetrics, type TestMetrics } from './testing/test-metrics.ts';

describe.each(['1.27', '1.33'])('kubectl %s top', { timeout: 60_000 }, (version) => {
  const binary = findKubectl(version);
  if (!binary) {
    it.skip(`is not installed: no kubectl.${version} beside the kubectl on the PATH`, () => undefined);
    return;
  }
  let test: TestMetrics;
  let rig: ServedKubectl<TestMetrics>;
  let kubectl: Kubectl;
  beforeAll(async () => {
    rig = await serveKubectl(binary, createTestMetrics, (made) => made.api);
    ({ served: test, kubectl } = rig);
    await test.createNode('node-1');
    await test.createNode('node-2');
    const quiet = await test.createPod('quiet', { labels: { app: 'quiet' } });
    const busy = await test.createPod('busy', { containers: ['app', 'side'] });
    test.use('node-1', 500, { [quiet]: { app: 5 }, [busy]: { app: 200, side: 50 } });
  });
  afterAll(() => rig[Symbol.asyncDispose]());

  /** What it printed, each line in words. */
  const top = async (line: string) => {
    const { code, stdout, stderr } = await kubectl(['top', ...line.split(' ')]);
    expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: '' });
    return stdout
      .trim()
      .split('\n')
      .map((row) => row.trim().split(/ {2,}/));
  };

  it('nodes shows cpu and memory and their share of the allocatable', async () => {
    const [head, ...rows] = await top('nodes');
    expect(head?.[0]).toBe('NAME');
    expect(rows[0]).toEqual(['node-1', '500m', '25%', '512Mi', '50%']);
    expect(rows[1]?.slice(0, 2)).toEqual(['node-2', '<unknown>']);
  });

  it('pods, one of them, by selector, sorted and by container', async () => {
    expect((await top('pods')).slice(1)).toEqual([
      ['busy', '250m', '6Mi'],
      ['quiet', '5m', '3Mi'],
    ]);
    expect(await top('pod quiet --no-headers')).toEqual([['quiet', '5m', '3Mi']]);
    expect(await top('pods -l app=quiet --no-headers')).toEqual([['quiet', '5m', '3Mi']]);
    expect((await top('pods -A --sort-by=cpu --no-headers')).map(([, name]) => name)).toEqual(['busy', 'quiet']);
    expect(await top('pod busy --containers --no-headers')).toEqual([
      ['busy', 'app', '200m', '3Mi'],
      ['busy', 'side', '50m', '3Mi'],
    ]);
  });
});
