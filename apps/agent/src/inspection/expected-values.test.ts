import { describe, expect, it } from 'vitest';
import { containerResources } from '../pod/resources.ts';
import { makePod } from '../testing/make-pod.ts';
import { containerExpectations, cpuWeightsOf } from './expected-values.ts';

function expectationsOf(requests: Record<string, string>, limits: Record<string, string>, pidsLimit?: number) {
  const pod = makePod({ container: { resources: { requests, limits } } });
  const [container] = pod.spec.containers;
  if (!container) throw new Error('no container');
  const facts = {
    nodeMemoryBytes: 2 ** 32,
    lowestOomScoreAdj: -1000,
    ...(pidsLimit ? { podPidsLimit: pidsLimit } : {}),
  };
  const blockIo = { readBytes: 1_000_000, writeOperations: 50 };
  return containerExpectations(pod, container, containerResources(pod, container, facts), blockIo);
}

describe('what a file should say', () => {
  const cases: readonly [string, string, boolean][] = [
    ['cpu.shares', '102', true],
    ['cpu.shares', '1024', false],
    ['cpu.weight', '4', true],
    ['cpu.weight', '17', true],
    ['cpu.weight', '100', false],
    ['cpu.cfs_quota_us', '-1', true],
    ['cpu.max', 'max 100000', true],
    ['cpu.max', '50000 100000', false],
    // The kernel keeps whole pages.
    ['memory.limit_in_bytes', '99999744', true],
    ['memory.max', '100000000', true],
    ['memory.max', '100003840', false],
    ['memory.max', 'max', false],
    ['memory.memsw.limit_in_bytes', '99999744', true],
    ['memory.swap.max', '0', true],
    ['pids.max', '50', true],
    ['blkio.throttle.read_bps_device', '8:0 1000000\n8:16 1000000', true],
    ['blkio.throttle.read_bps_device', '', false],
    ['io.max', '8:0 rbps=1000000 wbps=max riops=max wiops=50', true],
    ['io.max', '8:0 rbps=1000000 wbps=max riops=max wiops=max', false],
  ];
  it.each(cases)('%s %s', (name, text, agrees) => {
    expect(expectationsOf({ cpu: '100m' }, { memory: '100M' }, 50).get(name)?.agrees(text)).toBe(agrees);
  });

  it('is no limit where the YAML has none', () => {
    const expectations = expectationsOf({}, {});
    expect(expectations.get('memory.limit_in_bytes')?.agrees('9223372036854771712')).toBe(true);
    expect(expectations.get('memory.max')?.agrees('max')).toBe(true);
    expect(expectations.get('memory.max')).not.toHaveProperty('value');
    expect(expectations.has('memory.swap.max')).toBe(false);
  });

  it('takes a limit alone for the request too', () => {
    const shares = expectationsOf({}, { cpu: '2' }).get('cpu.shares');
    expect(shares).toMatchObject({ field: 'resources.limits.cpu', value: '2', expected: '2048' });
  });
});

it('knows both ways in which runc makes weights of shares', () => {
  expect([2, 1024, 262_144].map(cpuWeightsOf)).toEqual([[1], [39, 100], [10_000]]);
});
