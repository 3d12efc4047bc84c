import { describe, expect, it } from 'vitest';
import { parseConfig } from './config.ts';

describe('the command line of the controller', () => {
  it('has a default for everything', () => {
    expect(parseConfig([])).toMatchObject({
      address: '127.0.0.1',
      port: 6443,
      clusterCidr: '10.244.0.0/16',
      heartbeatMs: 1000,
      nodeGraceMs: 4000,
      logLevel: 'info',
    });
  });

  it('takes an IPv6 address', () => {
    expect(parseConfig(['--address', 'fd00::1']).address).toBe('fd00::1');
  });

  it.each([
    ['--address', 'example.org'],
    ['--address', '0.0.0.0'],
    ['--address', '::'],
    ['--port', '65536'],
    ['--port', 'x'],
    ['--cluster', 'My Cluster'],
    ['--cluster-cidr', '10.244.0.0'],
    ['--cluster-cidr', '10.244.0.0/28'],
    ['--cluster-cidr', 'fd00::/64'],
    ['--service-cidr', '10.244.5.0/24'],
    ['--service-cidr', '300.0.0.0/8'],
    ['--node-cidr-mask', '31'],
    ['--node-grace-ms', '1500'],
    ['--heartbeat-ms', '10'],
    ['--log-level', 'loud'],
  ])('refuses %s %s by its name', (flag, value) => {
    expect(() => parseConfig([flag, value])).toThrow(flag);
  });
});
