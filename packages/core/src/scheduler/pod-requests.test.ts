import { makeContainer, makePod } from '@gantry/api-types/testing';
import { describe, expect, it } from 'vitest';
import { parsePodRequests } from './pod-requests.ts';

const container = (cpu: string, memory: string) => makeContainer({ cpu, memory });
const sidecar = (cpu: string, memory: string) => makeContainer({ cpu, memory, extra: { restartPolicy: 'Always' } });
const mib = 1024 * 1024;

describe('the requests of a pod', () => {
  it.each([
    ['sums containers', [container('100m', '1Mi'), container('200m', '2Mi')], [], 300, 3],
    [
      'takes the larger of an init container and the containers',
      [container('100m', '9Mi')],
      [container('1', '1Mi')],
      1000,
      9,
    ],
    [
      'does not sum init containers, which run one after another',
      [container('1m', '1Mi')],
      [container('500m', '4Mi'), container('400m', '8Mi')],
      500,
      8,
    ],
    ['adds sidecars to the containers', [container('100m', '1Mi')], [sidecar('50m', '1Mi')], 150, 2],
    [
      'adds the sidecars started before an init container to it',
      [container('10m', '1Mi')],
      [sidecar('50m', '1Mi'), container('1', '1Mi'), sidecar('5', '1Mi')],
      5060,
      3,
    ],
  ])('%s', (_, containers, initContainers, milliCpu, mebibytes) => {
    const { requests } = parsePodRequests(makePod({ containers, initContainers }).spec);
    expect(requests).toMatchObject({ milliCpu, memoryBytes: mebibytes * mib });
  });

  it('adds the overhead and lets pod-level requests replace the sum', () => {
    const overhead = { cpu: '250m', memory: '10Mi' };
    const spec = makePod({ containers: [container('100m', '1Mi')], spec: { overhead } }).spec;
    expect(parsePodRequests(spec).requests).toMatchObject({ milliCpu: 350, memoryBytes: 11 * mib });
    const podLevel = { ...spec, resources: { requests: { cpu: '2' } } };
    expect(parsePodRequests(podLevel).requests).toMatchObject({ milliCpu: 2250, memoryBytes: 11 * mib });
  });

  it('keeps extended resources by name and never counts pods', () => {
    const requests = { 'example.com/gpu': '2', pods: '5', 'ephemeral-storage': '1Gi' };
    const spec = makePod({ extra: { resources: { requests } } }).spec;
    expect(parsePodRequests(spec).requests).toEqual({
      milliCpu: 0,
      memoryBytes: 0,
      ephemeralStorageBytes: 1024 * mib,
      scalars: new Map([['example.com/gpu', 2]]),
    });
  });

  it('assumes 100m and 200Mi for containers that declare nothing, for scoring alone', () => {
    const { requests, assumed } = parsePodRequests(makePod().spec);
    expect(requests).toMatchObject({ milliCpu: 0, memoryBytes: 0 });
    expect(assumed).toEqual({ milliCpu: 100, memoryBytes: 200 * mib });
  });
});
