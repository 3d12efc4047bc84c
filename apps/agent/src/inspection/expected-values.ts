import type { Container, DeclaredValue, Pod } from '@gantry/api-types';
import type { BlockIoLimits } from '@gantry/core/pod/block-io';
import { blockIoPrefix } from '@gantry/core/pod/block-io';
import { qosClassOf } from '@gantry/core/pod/qos-class';
import type { PodLimits } from '../cgroups/pod-limits.ts';
import { cpuSharesOf } from '../pod/resources.ts';
import type { ContainerResources } from '../runtime/container-runtime.ts';

/** What a file should say, and whether it does. */
export interface Expectation extends Omit<DeclaredValue, 'agrees'> {
  readonly agrees: (text: string) => boolean;
}

/** By the file's name. */
export type Expectations = ReadonlyMap<string, Expectation>;

const periodMicros = 100_000;
/** The kernel's "no limit" of v1 is the largest number of whole pages. */
const unlimitedBytes = 2 ** 62;
/** The kernel keeps whole pages, of up to 64 KiB. */
const pageBytes = 65_536;

/** What the YAML means for the files of a container's cgroup. `resources` are what the engine was to be given. Pure. */
export function containerExpectations(
  pod: Pod,
  container: Container,
  resources: ContainerResources,
  blockIo: BlockIoLimits | undefined,
): Expectations {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const cpu = source('cpu', requests, limits);
  const memory = source('memory', requests, limits);
  const cpuLimit = written('resources.limits.cpu', limits.cpu);
  const memoryLimit = written('resources.limits.memory', limits.memory);
  const { memoryReservationBytes: reservation, oomScoreAdj } = resources;
  const qosClass = { field: 'the pod’s QoS class', value: qosClassOf(pod) };
  return new Map([
    ...weights(cpu, resources.cpuShares),
    ...quotas(cpuLimit, resources.cpuQuota),
    ...memoryLimits(memoryLimit, resources.memoryBytes),
    ...(resources.memoryBytes === undefined ? [] : swapLimits(memoryLimit, resources.memoryBytes)),
    ...(reservation === undefined ? [] : reservations(memory, reservation)),
    ...(resources.pidsLimit === undefined ? [] : processLimits(resources.pidsLimit)),
    ['oom_score_adj', exactly(qosClass, String(oomScoreAdj))] as const,
    ...blockIoLimits(blockIo),
  ]);
}

/** The same for the cgroup of the pod as a whole. Pure. */
export function podExpectations(limits: PodLimits, podPidsLimit: number | undefined): Expectations {
  const sum = (field: string) => ({ field: `sum of all containers’ ${field}` });
  return new Map([
    ...weights(sum('requests.cpu'), cpuSharesOf(limits.milliCpu)),
    ...quotas(sum('limits.cpu'), limits.cpuQuota),
    ...memoryLimits(sum('limits.memory'), limits.memoryBytes),
    ...(podPidsLimit === undefined ? [] : processLimits(podPidsLimit)),
  ]);
}

type Origin = Pick<DeclaredValue, 'field' | 'value'>;
type Entries = readonly (readonly [string, Expectation])[];

function written(field: string, value: string | undefined): Origin {
  return value === undefined ? { field } : { field, value };
}

/** A limit alone counts as the request too. */
function source(resource: string, requests: Record<string, string>, limits: Record<string, string>): Origin {
  const isRequested = requests[resource] !== undefined || limits[resource] === undefined;
  return isRequested
    ? written(`resources.requests.${resource}`, requests[resource])
    : written(`resources.limits.${resource}`, limits[resource]);
}

function exactly(origin: Origin, expected: string): Expectation {
  return { ...origin, expected, agrees: (text) => text.split(/\s+/).join(' ') === expected };
}

function weights(origin: Origin, shares: number): Entries {
  const known = cpuWeightsOf(shares);
  return [
    ['cpu.shares', exactly(origin, String(shares))],
    ['cpu.weight', { ...origin, expected: known.join(' or '), agrees: (text) => known.includes(Number(text)) }],
  ];
}

/** v2's weight for v1's shares: runc converted in a straight line, and since 1.3.2 along a curve. Pure. */
export function cpuWeightsOf(shares: number): readonly number[] {
  const line = 1 + Math.floor(((shares - 2) * 9999) / 262_142);
  const log = Math.log2(shares);
  const curve = shares <= 2 ? 1 : Math.min(10_000, Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34)));
  return [...new Set([line, curve])];
}

function quotas(origin: Origin, quota: number | undefined): Entries {
  return [
    ['cpu.cfs_quota_us', exactly(origin, String(quota ?? -1))],
    ['cpu.max', exactly(origin, `${quota ?? 'max'} ${periodMicros}`)],
  ];
}

function bytes(origin: Origin, expected: number | undefined, none: string): Expectation {
  if (expected === undefined) {
    return { ...origin, expected: none, agrees: (text) => text === 'max' || Number(text) >= unlimitedBytes };
  }
  const agrees = (text: string) => Number(text) <= expected && Number(text) > expected - pageBytes;
  return { ...origin, expected: String(expected), agrees };
}

function memoryLimits(origin: Origin, limit: number | undefined): Entries {
  return [
    ['memory.limit_in_bytes', bytes(origin, limit, 'no limit')],
    ['memory.max', bytes(origin, limit, 'max')],
  ];
}

/** Memory and swap together are as much as memory alone: no swap. */
function swapLimits(origin: Origin, limit: number): Entries {
  return [
    ['memory.memsw.limit_in_bytes', bytes(origin, limit, 'no limit')],
    ['memory.swap.max', exactly(origin, '0')],
  ];
}

function reservations(origin: Origin, reservation: number): Entries {
  return [
    ['memory.soft_limit_in_bytes', bytes(origin, reservation, 'no limit')],
    ['memory.low', bytes(origin, reservation, 'max')],
  ];
}

function processLimits(limit: number): Entries {
  return [['pids.max', exactly({ field: 'the node’s --pod-pids-limit', value: String(limit) }, String(limit))]];
}

const throttles = [
  { field: 'readBytes', annotation: 'read-bps', file: 'blkio.throttle.read_bps_device', key: 'rbps' },
  { field: 'writeBytes', annotation: 'write-bps', file: 'blkio.throttle.write_bps_device', key: 'wbps' },
  { field: 'readOperations', annotation: 'read-iops', file: 'blkio.throttle.read_iops_device', key: 'riops' },
  { field: 'writeOperations', annotation: 'write-iops', file: 'blkio.throttle.write_iops_device', key: 'wiops' },
] as const;

function blockIoLimits(limits: BlockIoLimits | undefined): Entries {
  const set = throttles.flatMap(({ field, ...names }) => {
    const limit = limits?.[field];
    return limit === undefined ? [] : [{ ...names, limit }];
  });
  const v1 = set.map(({ annotation, file, limit }): Entries[number] => {
    const origin = { field: `annotation ${blockIoPrefix}${annotation}`, value: String(limit) };
    return [file, { ...origin, expected: `DEVICE ${limit}`, agrees: everyLine(new RegExp(`^\\d+:\\d+ ${limit}$`)) }];
  });
  if (set.length === 0) return v1;
  const origin = { field: `annotations ${blockIoPrefix}${set.map(({ annotation }) => annotation).join(', ')}` };
  const expected = `DEVICE ${set.map(({ key, limit }) => `${key}=${limit}`).join(' ')}`;
  const agrees = (text: string) =>
    set.every(({ key, limit }) => everyLine(new RegExp(`^\\d+:\\d+ .*\\b${key}=${limit}\\b`))(text));
  return [...v1, ['io.max', { ...origin, expected, agrees }]];
}

function everyLine(pattern: RegExp): (text: string) => boolean {
  return (text) => text !== '' && text.split('\n').every((line) => pattern.test(line));
}
