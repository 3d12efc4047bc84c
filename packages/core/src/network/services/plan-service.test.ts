import type { EndpointSlice, Service } from '@gantry/api-types';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frontend, planService } from './plan-service.ts';
import { assembleRuleset, diffRulesets, emptyRuleset, isEmptyChange, type Ruleset } from './ruleset.ts';

const facts = { place: { nodeName: 'n1', zone: 'z1' }, own: new Map() };

function service(spec: Partial<Service['spec']> = {}, name = 'web', status: Service['status'] = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop', uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.9',
      ports: [{ name: 'http', port: 80, targetPort: 'web' }],
      ...spec,
    },
    status,
  };
}

interface Place {
  readonly node?: string;
  readonly zone?: string;
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
  readonly forNodes?: readonly string[];
  readonly forZones?: readonly string[];
}

const named = (names: readonly string[]) => names.map((name) => ({ name }));

function slice(places: Readonly<Record<string, Place>>, port = 8080, name = 'http'): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 's', namespace: 'shop', uid: 's', resourceVersion: '1', creationTimestamp: '' },
    addressType: 'IPv4',
    endpoints: Object.entries(places).map(
      ([ip, { node = 'n2', zone = 'z2', ready = true, serving = true, terminating = false, ...hints }]) => ({
        addresses: [ip],
        nodeName: node,
        zone,
        conditions: { ready, serving, terminating },
        hints: { forNodes: named(hints.forNodes ?? []), forZones: named(hints.forZones ?? []) },
      }),
    ),
    ports: [{ name, port, protocol: 'TCP' }],
  };
}

const find = (frontends: readonly Frontend[], key: string, from = 'anywhere') =>
  frontends.find((frontend) => frontend.key === key && frontend.from === from)?.backend;

describe('the endpoints behind a cluster IP', () => {
  const endpointsOf = (spec: Partial<Service['spec']>, places: Readonly<Record<string, Place>>) =>
    find(planService(service(spec), [slice(places)], facts).frontends, '10.96.0.9 . tcp . 80')?.endpoints;

  it.each<[string, Partial<Service['spec']>, Readonly<Record<string, Place>>, string[]]>([
    [
      'are all that are ready',
      {},
      { '10.1.0.2': {}, '10.1.0.1': { node: 'n1' }, '10.1.0.3': { ready: false } },
      ['10.1.0.1', '10.1.0.2'],
    ],
    [
      'are those that are leaving where no other is left',
      {},
      {
        '10.1.0.1': { ready: false, terminating: true },
        '10.1.0.2': { ready: false, serving: false, terminating: true },
      },
      ['10.1.0.1'],
    ],
    ['are none that are only not ready', {}, { '10.1.0.1': { ready: false, serving: false } }, []],
    [
      "are the node's own with an internal policy Local",
      { internalTrafficPolicy: 'Local' },
      { '10.1.0.1': { node: 'n1' }, '10.1.0.2': {} },
      ['10.1.0.1'],
    ],
    [
      'are those that hints name for the node',
      {},
      { '10.1.0.1': { forNodes: ['n1'], forZones: ['z1'] }, '10.1.0.2': { forNodes: ['n2'], forZones: ['z1'] } },
      ['10.1.0.1'],
    ],
    [
      "are those that hints name for the node's zone where none is for the node",
      {},
      { '10.1.0.3': { forNodes: ['n3'], forZones: ['z2'] }, '10.1.0.2': { forNodes: ['n2'], forZones: ['z1'] } },
      ['10.1.0.2'],
    ],
    [
      'are those that hints name for the zone, also on other nodes and in other zones',
      {},
      { '10.1.0.1': { forZones: ['z2', 'z1'] }, '10.1.0.2': { forZones: ['z1'] }, '10.1.0.3': { forZones: ['z2'] } },
      ['10.1.0.1', '10.1.0.2'],
    ],
    [
      'are all where hints name none for the zone',
      {},
      { '10.1.0.2': { forZones: ['z2'] }, '10.1.0.3': { forZones: ['z3'] } },
      ['10.1.0.2', '10.1.0.3'],
    ],
    [
      'are all where a ready one has no hint',
      {},
      { '10.1.0.1': { forNodes: ['n1'], forZones: ['z1'] }, '10.1.0.2': {} },
      ['10.1.0.1', '10.1.0.2'],
    ],
    [
      'are those of the hints though one that is not ready has none',
      {},
      { '10.1.0.1': { forZones: ['z1'] }, '10.1.0.2': { forZones: ['z2'] }, '10.1.0.3': { ready: false } },
      ['10.1.0.1'],
    ],
    [
      "are the node's own with an internal policy Local, whatever hints say",
      { internalTrafficPolicy: 'Local' },
      { '10.1.0.1': { node: 'n1', forZones: ['z2'] }, '10.1.0.2': { forZones: ['z1'] } },
      ['10.1.0.1'],
    ],
    [
      'are all without hints, wherever they are',
      {},
      { '10.1.0.1': { node: 'n1', zone: 'z1' }, '10.1.0.3': {} },
      ['10.1.0.1', '10.1.0.3'],
    ],
  ])('%s', (_, spec, places, expected) => {
    expect(endpointsOf(spec, places)).toEqual(expected.map((ip) => `${ip} . 8080`));
  });

  it('are refused where there are none and dropped where others have some and the policy is Local', () => {
    const of = (places: Readonly<Record<string, Place>>) =>
      find(
        planService(service({ internalTrafficPolicy: 'Local' }), [slice(places)], facts).frontends,
        '10.96.0.9 . tcp . 80',
      );
    expect(of({})).toMatchObject({ endpoints: [], dropsIfEmpty: false });
    expect(of({ '10.1.0.2': {} })).toMatchObject({ endpoints: [], dropsIfEmpty: true });
  });
});

describe('the frontends of a Service', () => {
  it('are its cluster IP, node ports, external addresses and those of the balancer', () => {
    const spec = {
      type: 'LoadBalancer',
      ports: [{ name: 'http', port: 80, nodePort: 30080 }],
      externalIPs: ['192.0.2.7'],
    };
    const status = { loadBalancer: { ingress: [{ ip: '192.0.2.2', ipMode: 'VIP' }] } };
    const { frontends } = planService(service(spec, 'web', status), [slice({ '10.1.0.1': {} })], facts);
    expect(frontends.map(({ key }) => key)).toEqual([
      '10.96.0.9 . tcp . 80',
      'tcp . 30080',
      '192.0.2.7 . tcp . 80',
      '192.0.2.2 . tcp . 80',
    ]);
  });

  it("lead clients from outside to the node's own endpoints only, with their address, where the policy is Local", () => {
    const spec = {
      type: 'NodePort',
      externalTrafficPolicy: 'Local',
      ports: [{ name: 'http', port: 80, nodePort: 30080 }],
    };
    const { frontends } = planService(service(spec), [slice({ '10.1.0.1': { node: 'n1' }, '10.1.0.2': {} })], facts);
    expect(find(frontends, 'tcp . 30080')?.endpoints).toHaveLength(2);
    expect(find(frontends, 'tcp . 30080', 'outside')).toMatchObject({
      endpoints: ['10.1.0.1 . 8080'],
      keepsSource: true,
    });
  });

  it('are none of a headless Service or an ExternalName', () => {
    for (const spec of [{ clusterIP: 'None' }, { type: 'ExternalName', externalName: 'a.example' }]) {
      expect(planService(service(spec), [slice({ '10.1.0.1': {} })], facts).frontends).toEqual([]);
    }
  });

  it('take each port to the port of that name', () => {
    const spec = {
      ports: [
        { name: 'http', port: 80 },
        { name: 'admin', port: 81 },
      ],
    };
    const slices = [slice({ '10.1.0.1': {} }), slice({ '10.1.0.1': {} }, 9090, 'admin')];
    const { frontends } = planService(service(spec), slices, facts);
    expect(frontends.map(({ backend }) => backend.endpoints)).toEqual([['10.1.0.1 . 8080'], ['10.1.0.1 . 9090']]);
  });

  it("are the older Service's where two ask for the same", () => {
    const young = service({ clusterIP: '10.96.0.1', externalIPs: ['192.0.2.7'] }, 'a-young');
    const old = service({ clusterIP: '10.96.0.2', externalIPs: ['192.0.2.7'] }, 'old');
    const older = { ...old, metadata: { ...old.metadata, creationTimestamp: '2025-01-01T00:00:00Z' } };
    const plans = [
      planService(young, [slice({ '10.1.0.1': {} })], facts),
      planService(older, [slice({ '10.1.0.2': {} })], facts),
    ];
    for (const order of [plans, plans.toReversed()]) {
      const { frontends } = assembleRuleset(order);
      expect(frontends.get('anywhere 192.0.2.7 . tcp . 80')?.backend.endpoints).toEqual(['10.1.0.2 . 8080']);
    }
  });
});

/** What a kernel would hold after the change. */
function apply(before: Ruleset, after: Ruleset): Ruleset {
  const change = diffRulesets(before, after);
  const frontends = new Map(before.frontends);
  for (const frontend of change.remove) expect(frontends.delete(`${frontend.from} ${frontend.key}`)).toBe(true);
  for (const { frontend, before: old } of change.set) {
    const key = `${frontend.from} ${frontend.key}`;
    expect(frontends.get(key)?.backend).toEqual(old);
    frontends.set(key, frontend);
  }
  const localIps = new Set(before.localIps);
  for (const ip of change.removeIps) expect(localIps.delete(ip)).toBe(true);
  for (const ip of change.addIps) localIps.add(ip);
  return { frontends, localIps };
}

describe('a change from one ruleset to another', () => {
  const places = fc.dictionary(
    fc.integer({ min: 1, max: 6 }).map((last) => `10.1.0.${last}`),
    fc.record({
      node: fc.constantFrom('n1', 'n2'),
      ready: fc.boolean(),
      serving: fc.boolean(),
      terminating: fc.boolean(),
    }),
  );
  const planned = fc
    .record({
      number: fc.integer({ min: 1, max: 6 }),
      places,
      externalTrafficPolicy: fc.constantFrom('Local', 'Cluster'),
      sessionAffinity: fc.constantFrom('ClientIP', 'None'),
      nodePort: fc.constantFrom(0, 30001, 30002),
    })
    .map(({ number, places: found, nodePort, ...more }) => {
      const ports = [{ name: 'http', port: 80, nodePort }];
      const spec = { ...more, type: 'NodePort', clusterIP: `10.96.0.${number}`, ports };
      return { number, plan: planService(service(spec, `s${number}`), [slice(found)], facts) };
    });
  const rulesets = fc
    .uniqueArray(planned, { maxLength: 6, selector: ({ number }) => number })
    .map((plans) => assembleRuleset(plans.map(({ plan }) => plan)));

  it('makes any ruleset of any other, and nothing of the same', () => {
    fc.assert(
      fc.property(fc.array(rulesets, { minLength: 1, maxLength: 5 }), (history) => {
        let state = emptyRuleset;
        for (const next of history) {
          state = apply(state, next);
          const plain = ({ frontends, localIps }: Ruleset) => [
            Object.fromEntries([...frontends].map(([key, { backend }]) => [key, backend])),
            [...localIps].sort(),
          ];
          expect(plain(state)).toEqual(plain(next));
          expect(isEmptyChange(diffRulesets(state, next))).toBe(true);
        }
      }),
    );
  });
});
