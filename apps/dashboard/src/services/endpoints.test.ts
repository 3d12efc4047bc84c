import { makeEndpointSlice } from '@gantry/api-types/testing';
import { expect, it } from 'vitest';
import { endpointsOf, trafficOf } from './endpoints.ts';

const endpoint = (name: string, conditions: object) => ({
  addresses: [`10.0.0.${name.length}`],
  conditions,
  nodeName: 'node-1',
  targetRef: { kind: 'Pod', namespace: 'default', name, uid: `uid-${name}` },
});

it('lists the pods behind a Service, ready ones first, with what each is', () => {
  const slices = [
    makeEndpointSlice({
      name: 'a',
      endpoints: [endpoint('ending', { ready: false, terminating: true }), endpoint('b', {})],
    }),
    makeEndpointSlice({
      name: 'b',
      endpoints: [
        endpoint('draining', { ready: false, serving: true, terminating: true }),
        endpoint('slow', { ready: false }),
      ],
    }),
  ];
  expect(endpointsOf(slices).map(({ state, pod }) => [pod?.name, state])).toEqual([
    ['b', 'ready'],
    ['draining', 'serving'],
    ['slow', 'not ready'],
    ['ending', 'terminating'],
  ]);
  expect(endpointsOf([makeEndpointSlice({ endpoints: [{ addresses: ['192.0.2.1'] }] })])).toMatchObject([
    { address: '192.0.2.1', state: 'ready', pod: undefined },
  ]);
});

it('tells the last known traffic of a pod, and of none that is not counted', () => {
  const answer = {
    at: 1,
    from: 0,
    stepMs: 2000,
    series: [
      { of: 'pod/a', values: { cpuMilli: [1, 1], rxBytes: [10, 30], txBytes: [5, null] } },
      { of: 'pod/b', values: { cpuMilli: [1, 1] } },
      { of: 'pod/c', values: {} },
    ],
  };
  expect([...trafficOf(answer)]).toEqual([['a', { rx: 30, tx: 5 }]]);
  expect(trafficOf(undefined).size).toBe(0);
});
