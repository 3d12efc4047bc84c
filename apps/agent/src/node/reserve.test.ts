import { expect, it } from 'vitest';
import { reserveOf } from './reserve.ts';

const mebi = 1024 * 1024;
const none = { cpu: undefined, memory: undefined, reservedCpu: undefined, reservedMemory: undefined };

it.each([
  ['a host of its own', {}, 16_384, { milliCpu: 100, memoryBytes: 820 * mebi }],
  ['a small host', {}, 1_024, { milliCpu: 100, memoryBytes: 100 * mebi }],
  ['a node on a shared engine', { cpu: '2', memory: '4Gi' }, 16_384, { milliCpu: 0, memoryBytes: 0 }],
  ['flags', { reservedCpu: '0', reservedMemory: '1Gi' }, 16_384, { milliCpu: 0, memoryBytes: 1024 * mebi }],
  ['flags beside a size', { cpu: '2', reservedCpu: '50m' }, 16_384, { milliCpu: 50, memoryBytes: 0 }],
])('%s', (_, config, hostMebibytes, expected) => {
  expect(reserveOf({ ...none, ...config }, hostMebibytes * mebi)).toEqual(expected);
});
