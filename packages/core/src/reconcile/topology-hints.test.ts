import type { Endpoint, Node, Service } from '@gantry/api-types';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testNode } from './test-builders.ts';
import { hintGroups } from './topology-hints.ts';
import { servedZones, type ZoneShares, zoneSharesOf } from './zones.ts';

const service = (spec: Partial<Service['spec']>, annotations: Record<string, string> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', uid: 'u', resourceVersion: '1', creationTimestamp: '', annotations },
  spec: { clusterIP: '10.96.0.1', ...spec },
  status: {},
});

const endpoint = (last: number, zone?: string, ready = true): Endpoint => ({
  addresses: [`10.1.0.${last}`],
  nodeName: `n${last}`,
  ...(zone === undefined ? {} : { zone }),
  conditions: { ready, serving: ready, terminating: false },
});

const halves: ZoneShares = { shares: new Map(['a', 'b'].map((zone) => [zone, 0.5])) };

/** `a/n1`: the zones and nodes that the hints of each endpoint name; '' for none. */
function hintsOf(owner: Service, endpoints: readonly Endpoint[], shares: ZoneShares = halves) {
  const { groups, problem } = hintGroups(owner, [{ addressType: 'IPv4', ports: [], endpoints }], () => shares);
  const texts = groups.flatMap((group) =>
    group.endpoints.map(({ hints = {} }) =>
      [hints.forZones, hints.forNodes].flatMap((names) => names?.map(({ name }) => name) ?? []).join('/'),
    ),
  );
  return problem ?? texts;
}

describe('the hints of endpoints', () => {
  const some = [endpoint(1, 'a'), endpoint(2), endpoint(3, 'b', false)];
  const auto = { 'service.kubernetes.io/topology-mode': 'Auto' };

  it.each<[string, Service, readonly Endpoint[], string | string[]]>([
    ['are none without a preference', service({}), some, ['', '', '']],
    [
      'name the own zone of those that are ready',
      service({ trafficDistribution: 'PreferSameZone' }),
      some,
      ['a', '', ''],
    ],
    ['are the same by the older name', service({ trafficDistribution: 'PreferClose' }), some, ['a', '', '']],
    ['name node and zone', service({ trafficDistribution: 'PreferSameNode' }), some, ['a/n1', 'n2', '']],
    [
      'share zones by cpu, where the annotation goes first',
      service({ trafficDistribution: 'PreferSameNode' }, auto),
      [endpoint(1, 'a'), endpoint(2, 'a'), endpoint(3, 'a'), endpoint(4, 'b')],
      ['b', 'a', 'a', 'b'],
    ],
    [
      'share zones where the annotation has its older name',
      service({}, { 'service.kubernetes.io/topology-aware-hints': 'auto' }),
      [endpoint(1, 'a'), endpoint(2, 'b')],
      ['a', 'b'],
    ],
    [
      'need a zone of each endpoint',
      service({}, auto),
      [endpoint(1, 'a'), endpoint(2)],
      'One or more endpoints do not have a zone specified',
    ],
    [
      'need an endpoint for each zone',
      service({}, auto),
      [endpoint(1, 'a'), endpoint(2, 'b', false)],
      'Insufficient number of endpoints (1 endpoints, 2 zones)',
    ],
    ['need any endpoint', service({}, auto), [], 'Insufficient number of endpoints (0 endpoints, 2 zones)'],
  ])('%s', (_, owner, endpoints, expected) => {
    expect(hintsOf(owner, endpoints)).toEqual(expected);
  });
});

describe('zones that share endpoints', () => {
  const ready = (name: string, zone: string | undefined, cpu = '2', more = {}): Node => ({
    ...testNode(name, {}, { ...(zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }), ...more }),
    status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status: 'True' }] },
  });

  it('do so by the cpu of their ready nodes that carry pods', () => {
    const controlPlane = ready('c', undefined, '2', { 'node-role.kubernetes.io/control-plane': '' });
    const away = testNode('away', {}, { 'topology.kubernetes.io/zone': 'c' });
    const nodes = [ready('n1', 'a'), ready('n2', 'b', '500m'), ready('n3', 'b', '1500m'), controlPlane, away];
    expect(zoneSharesOf(nodes)).toEqual({
      shares: new Map([
        ['a', 0.5],
        ['b', 0.5],
      ]),
    });
  });

  it.each<[readonly Node[], RegExp]>([
    [[], /Insufficient Node information/],
    [[ready('n1', 'a'), ready('n2', undefined)], /Insufficient Node information/],
    [[ready('n1', 'a'), ready('n2', 'b', '0')], /Insufficient Node information/],
    [[ready('n1', 'a'), ready('n2', 'a')], /Nodes only ready in one zone/],
  ])('are not known from %#', (nodes, problem) => {
    expect(zoneSharesOf(nodes)).toEqual({ problem: expect.stringMatching(problem) });
  });

  it('are refused what would overload one of them', () => {
    const shares = new Map([
      ['a', 0.5],
      ['b', 0.5],
    ]);
    expect(servedZones(['a', 'a', 'b'], shares)).toMatch(/^Unable to allocate minimum required endpoints/);
    expect(
      servedZones(
        ['a', 'a', 'a'],
        new Map([
          ['a', 1 / 3],
          ['b', 1 / 3],
          ['c', 1 / 3],
        ]),
      ),
    ).toEqual(['b', 'c', 'a']);
  });

  it('serve no zone without ready nodes, though no zone lacks much', () => {
    const shares = new Map([
      ['a', 52 / 164],
      ['b', 56 / 164],
      ['c', 56 / 164],
    ]);
    expect(servedZones(['a', 'gone', 'gone', 'gone', 'b', 'a', 'c'], shares)).not.toContain('gone');
  });

  it('have no more than a fifth too few, and move only what that takes', () => {
    const zones = ['a', 'b', 'c', 'gone'];
    const sizes = fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 2, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...zones), { maxLength: 60 }), sizes, (own, cpus) => {
        const total = cpus.reduce((sum, cpu) => sum + cpu, 0);
        const shares = new Map(cpus.map((cpu, index) => [zones[index] ?? '', cpu / total]));
        const served = servedZones(own, shares);
        if (typeof served === 'string') return;
        const count = (list: readonly string[], zone: string) => list.filter((each) => each === zone).length;
        expect(count(served, 'gone')).toBe(0);
        for (const [zone, share] of shares) {
          expect(count(served, zone)).toBeGreaterThanOrEqual(Math.floor((share * own.length) / 1.2));
          // An endpoint only goes to a zone that has too few.
          if (count(own, zone) >= Math.ceil(share * own.length) + 1)
            expect(served.every((each, index) => each !== zone || own[index] === zone)).toBe(true);
        }
        // What it decided it does not move again.
        expect(servedZones(served, shares)).toEqual(served);
      }),
    );
  });
});
