import { describe, expect, it } from 'vitest';
import { parseConfig, parseRemoveConfig } from './config.ts';

const required = ['--server', 'https://10.0.0.1:6443', '--ca-file', 'ca.pem', '--node-name', 'node-1'];

describe('the command line of the agent', () => {
  it('has defaults for all but the server and its CA', () => {
    const config = parseConfig(required, {});
    expect(config).toMatchObject({
      maxPods: 110,
      reservedCpu: undefined,
      pressureTransitionMs: 300_000,
      logLevel: 'info',
      joinToken: undefined,
    });
    expect(() => parseConfig([], {})).toThrow('--server');
    expect(() => parseConfig(['--server', 'https://a:1'], {})).toThrow('--ca-file');
  });

  it('takes quantities, labels, an IPv6 server and the token of the environment', () => {
    const args = [...required, '--cpu', '500m', '--memory', '1Gi', '--reserved-memory', '64Mi', '--label', 'disk=ssd'];
    const config = parseConfig([...args, '--server', 'https://[fd00::1]:6443/'], { GANTRY_JOIN_TOKEN: 'a.b' });
    expect(config).toMatchObject({ cpu: '500m', memory: '1Gi', reservedMemory: '64Mi', joinToken: 'a.b' });
    expect(config.labels).toEqual({ disk: 'ssd' });
    expect(config.server).toBe('https://[fd00::1]:6443');
  });

  it.each([
    ['--cpu', 'lots'],
    ['--cpu', '0'],
    ['--memory', '4Gb'],
    ['--reserved-cpu', 'x'],
    ['--eviction-hard', 'memory<1Gi'],
    ['--eviction-pressure-transition-period', '5'],
    ['--node-name', 'Node_1'],
    ['--node-ip', '300.1.1.1'],
    ['--server', 'http://10.0.0.1:6443'],
    ['--server', 'nonsense'],
    ['--max-pods', '0'],
    ['--label', 'disk'],
    ['--log-level', 'loud'],
    ['--parallel-starts', '1.5'],
    ['--max-parallel-image-pulls', '0'],
    ['--image-gc-high-threshold', '101'],
    ['--image-gc-low-threshold', '85'],
    ['--minimum-image-ttl-duration', '2'],
  ])('refuses %s %s by its name', (flag, value) => {
    expect(() => parseConfig([...required, flag, value], {})).toThrow(flag);
  });

  it('takes the taints that a node pool gives its hosts, with and without a value', () => {
    const flag = 'burst=yes:NoSchedule,example.com/spot:NoExecute';
    const { taints } = parseConfig([...required, '--register-with-taints', flag], {});
    expect(taints).toEqual([
      { key: 'burst', value: 'yes', effect: 'NoSchedule' },
      { key: 'example.com/spot', effect: 'NoExecute' },
    ]);
    expect(() => parseConfig([...required, '--register-with-taints', 'burst'], {})).toThrow('key=value:effect');
  });

  it('says when images are removed, in the words of the kubelet', () => {
    const defaults = {
      highThresholdPercent: 85,
      lowThresholdPercent: 80,
      minimumAgeMs: 120_000,
      removesForeign: false,
    };
    expect(parseConfig(required, {}).imageGarbage).toEqual(defaults);
    const args = ['--image-gc-high-threshold', '70', '--image-gc-low-threshold', '60', '--image-gc-all'];
    expect(parseConfig([...required, ...args, '--minimum-image-ttl-duration', '1h2m3s'], {}).imageGarbage).toEqual({
      highThresholdPercent: 70,
      lowThresholdPercent: 60,
      minimumAgeMs: 3_723_000,
      removesForeign: true,
    });
  });

  it('limits processes and allows sysctls where it is told to', () => {
    expect(parseConfig(required, {})).toMatchObject({ podPidsLimit: undefined, allowedUnsafeSysctls: [] });
    const args = ['--pod-pids-limit', '100', '--allowed-unsafe-sysctls', 'kernel.msg*,net.core.somaxconn'];
    expect(parseConfig([...required, ...args], {})).toMatchObject({
      podPidsLimit: 100,
      allowedUnsafeSysctls: ['kernel.msg*', 'net.core.somaxconn'],
    });
  });

  it('asks of `remove` whose things are to go', () => {
    expect(() => parseRemoveConfig(['--cluster', 'a'])).toThrow('--node-name');
    const config = parseRemoveConfig(['--cluster', 'a', '--node-name', 'node-1', '--data-dir', '/data']);
    expect(config).toEqual({ cluster: 'a', node: 'node-1', dataDir: '/data' });
  });
});
