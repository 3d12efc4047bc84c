import type { Endpoint, EndpointSlice, EndpointSubset, Endpoints } from '@gantry/api-types';
import { makeEndpointSlice, makeEndpoints, makeService } from '@gantry/api-types/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repackSubsets } from './repack-subsets.ts';
import { planServiceEndpoints } from './service-endpoints.ts';

const ready = { ready: true, serving: true, terminating: false };
const service = makeService({ name: 'web', labels: { tier: 'front' } });
const ports = [{ name: '', protocol: 'TCP', port: 8080 }];

function endpoint(index: number, conditions: Endpoint['conditions'] = ready): Endpoint {
  const ip = `10.244.${Math.floor(index / 250)}.${(index % 250) + 2}`;
  return {
    addresses: [ip],
    conditions,
    nodeName: 'n1',
    targetRef: { kind: 'Pod', name: `p${index}`, uid: `u${index}` },
  };
}

function sliceOf(...endpoints: Endpoint[]): EndpointSlice {
  return makeEndpointSlice({ name: 'web-1', endpoints, ports });
}

/** `10.0.0.1,!10.0.0.2:http/80`, where `!` marks what is not ready. */
function textOf({ addresses = [], notReadyAddresses = [], ports: list = [] }: EndpointSubset): string {
  const all = [...addresses.map(({ ip }) => ip), ...notReadyAddresses.map(({ ip }) => `!${ip}`)];
  return `${all.join()}:${list.map(({ name = '', port }) => `${name}/${port}`).join()}`;
}

function subsetsOf(slices: readonly EndpointSlice[], of = service): readonly EndpointSubset[] {
  const plan = planServiceEndpoints({ service: of, slices, present: undefined });
  if (plan.action !== 'create') throw new Error(`the plan is ${plan.action}`);
  return plan.object.subsets ?? [];
}

describe('repackSubsets', () => {
  const http = { name: 'http', port: 80, protocol: 'TCP' };
  const admin = { name: 'admin', port: 9000, protocol: 'TCP' };
  const other = { name: 'http', port: 81, protocol: 'TCP' };
  const at = (ip: string, isReady: boolean, ...its: (typeof http)[]) => ({ address: { ip }, isReady, ports: its });

  it.each<[string, Parameters<typeof repackSubsets>[0], string[]]>([
    ['nothing', [], []],
    [
      'one subset for what has the same ports',
      [at('10.0.0.2', false, http), at('10.0.0.1', true, http)],
      ['10.0.0.1,!10.0.0.2:http/80'],
    ],
    [
      'a port of its own where a name means different numbers',
      [at('10.0.0.1', true, http, admin), at('10.0.0.2', true, other, admin)],
      ['10.0.0.1,10.0.0.2:admin/9000', '10.0.0.1:http/80', '10.0.0.2:http/81'],
    ],
    ['no ports for a headless Service without', [at('10.0.0.1', true), at('10.0.0.2', true)], ['10.0.0.1,10.0.0.2:']],
    [
      'an address once, not ready if in doubt',
      [at('10.0.0.1', true, http), at('10.0.0.1', false, http)],
      ['!10.0.0.1:http/80'],
    ],
  ])('makes %s', (_, members, expected) => {
    expect(repackSubsets(members).map(textOf)).toEqual(expected);
  });

  it('gives the same whatever the order', () => {
    const member = fc
      .tuple(fc.nat(9), fc.boolean(), fc.subarray([http, admin, other]))
      .map(([host, isReady, its]) => at(`10.0.0.${host}`, isReady, ...its));
    const shuffled = fc
      .array(member)
      .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
    fc.assert(
      fc.property(shuffled, ([a, b]) => {
        expect(repackSubsets(a)).toEqual(repackSubsets(b));
      }),
    );
  });
});

describe('the Endpoints of a Service', () => {
  it('say what its slices say', () => {
    const plan = planServiceEndpoints({
      service,
      slices: [sliceOf({ ...endpoint(1), hostname: 'db-0' })],
      present: undefined,
    });
    expect(plan).toEqual({
      action: 'create',
      object: {
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: {
          name: 'web',
          namespace: 'default',
          labels: { tier: 'front', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' },
        },
        subsets: [
          {
            addresses: [
              { ip: '10.244.0.3', hostname: 'db-0', nodeName: 'n1', targetRef: { kind: 'Pod', name: 'p1', uid: 'u1' } },
            ],
            ports: [{ port: 8080, protocol: 'TCP' }],
          },
        ],
      },
    });
  });

  it.each<[string, Endpoint['conditions'], string[]]>([
    ['ready', ready, ['10.244.0.3:/8080']],
    ['not ready', { ready: false, serving: false, terminating: false }, ['!10.244.0.3:/8080']],
    ['leaving', { ready: false, serving: true, terminating: true }, []],
    ['leaving but published all the same', { ready: true, serving: true, terminating: true }, ['10.244.0.3:/8080']],
  ])('show a pod that is %s', (_, conditions, expected) => {
    expect(subsetsOf([sliceOf(endpoint(1, conditions))]).map(textOf)).toEqual(expected);
  });

  it('leave out pods in which the ports mean nothing, and addresses of the second family', () => {
    const v6 = { ...sliceOf({ addresses: ['fd00::1'] }), addressType: 'IPv6' };
    expect(subsetsOf([{ ...sliceOf(endpoint(1)), ports: [] }, v6])).toEqual([]);
  });

  it('wait for the first slice', () => {
    expect(planServiceEndpoints({ service, slices: [], present: undefined })).toEqual({ action: 'none' });
  });

  it('are written only when they change, and keep what others annotated', () => {
    const slices = [sliceOf(endpoint(1))];
    const annotations = { note: 'mine' };
    const old = makeEndpoints({ name: 'web', annotations, subsets: [{ addresses: [{ ip: '10.0.0.9' }] }] });
    const plan = planServiceEndpoints({ service, slices, present: old });
    if (plan.action !== 'update') throw new Error(`the plan is ${plan.action}`);
    expect(plan.object.metadata.annotations).toEqual(annotations);
    expect(planServiceEndpoints({ service, slices, present: plan.object })).toEqual({ action: 'none' });
  });

  it.each([
    [990, 20, 990, 10, 'truncated'],
    [1200, 20, 1000, 0, 'truncated'],
    [980, 20, 980, 20, undefined],
  ])('of %i ready and %i other pods list %i and %i', (isReady, isNot, shown, shownNot, note) => {
    const notReady = { ready: false, serving: false, terminating: false };
    const pods = Array.from({ length: isReady + isNot }, (_, at) => endpoint(at, at < isReady ? ready : notReady));
    const present: Endpoints = makeEndpoints({ name: 'web' });
    const plan = planServiceEndpoints({ service, slices: [sliceOf(...pods)], present });
    if (plan.action !== 'update') throw new Error(`the plan is ${plan.action}`);
    const { subsets = [], metadata } = plan.object;
    expect(subsets.flatMap(({ addresses = [] }) => addresses)).toHaveLength(shown);
    expect(subsets.flatMap(({ notReadyAddresses = [] }) => notReadyAddresses)).toHaveLength(shownNot);
    expect(metadata.annotations?.['endpoints.kubernetes.io/over-capacity']).toBe(note);
  });
});
