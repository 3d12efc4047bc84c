import { formatCidr } from '@gantry/core/network/pod-cidr';
import { expect, it } from 'vitest';
import { parseRoutes } from './cluster-cidr.ts';

it("reads the destinations of the host's routes", () => {
  const text = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
    '*\t0001F40A\t00000000\t0200\t0\t0\t10001\t00FFFFFF\t0\t0\t0',
  ].join('\n');
  expect(parseRoutes(text).map(formatCidr)).toEqual(['192.0.2.0/24', '10.244.1.0/24']);
});
