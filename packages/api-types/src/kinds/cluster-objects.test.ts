import { describe, expect, it } from 'vitest';
import type { EndpointSlice, Namespace, Node } from '../generated/types.ts';
import { makeEndpointSlice, makeEvent, makeLease, makeNamespace, makeNode } from '../testing/index.ts';
import { endpointSliceKind } from './endpoint-slice.ts';
import { eventKind } from './event.ts';
import { leaseKind } from './lease.ts';
import { namespaceKind } from './namespace.ts';
import { nodeKind } from './node.ts';

const now = new Date('2026-01-01T01:00:00Z');

function texts(errors: readonly { field: string; message: string }[]): string[] {
  return errors.map((error) => `${error.field}: ${error.message}`);
}

describe('a Node', () => {
  it.each<[Partial<Node['spec']>, string[]]>([
    [{ podCIDR: '10.0.0.0/24', podCIDRs: ['10.0.0.0/24', 'fd00::/64'] }, []],
    [{ taints: [{ key: 'a', effect: 'NoSchedule' }] }, []],
    [
      { podCIDRs: ['10.0.0.0'] },
      ['spec.podCIDRs[0]: Invalid value: "10.0.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
    ],
    [{ taints: [{ key: 'a', effect: '' }] }, ['metadata.taints[0].effect: Required value']],
    [
      {
        taints: [
          { key: 'a', effect: 'NoExecute' },
          { key: 'a', effect: 'NoExecute', value: 'b' },
        ],
      },
      [
        'metadata.taints[1]: Duplicate value: {"key":"a","effect":"NoExecute","value":"b"}: taints must be unique by key and effect pair',
      ],
    ],
  ])('with %o: %o', (spec, expected) => {
    expect(texts(nodeKind.validate(makeNode({ spec })))).toEqual(expected);
  });

  it('has sound capacities', () => {
    const node = makeNode({ status: { capacity: { cpu: '-1', pods: '1.5' } } });
    expect(texts(nodeKind.validate(node))).toEqual([
      'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
      'status.capacity.pods: Invalid value: "1.5": must be an integer',
    ]);
  });

  it('keeps its pod CIDR', () => {
    const previous = makeNode({ spec: { podCIDRs: ['10.0.0.0/24'] } });
    expect(texts(nodeKind.validateUpdate(makeNode(), previous))).toEqual([
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    ]);
    expect(nodeKind.validateUpdate(previous, makeNode())).toEqual([]);
  });

  it.each([
    [{}, 'Ready', '<none>'],
    [{ isReady: false, isUnschedulable: true }, 'NotReady,SchedulingDisabled', '<none>'],
    [{ status: { conditions: [] } }, 'Unknown', '<none>'],
    [
      { labels: { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/control-plane': '' } },
      'Ready',
      'control-plane,worker',
    ],
  ])('made of %o is printed as %s, %s', (options, status, roles) => {
    const cells = nodeKind.columns.map((column) => column.value(makeNode(options), now));
    expect(cells.slice(1, 3)).toEqual([status, roles]);
  });
});

describe('a Namespace', () => {
  it('gets its finalizer, its phase and its name as a label', () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } } as unknown as Namespace;
    namespaceKind.setDefaults(namespace);
    namespaceKind.prepareForCreate(namespace);
    expect(namespace).toMatchObject({
      metadata: { labels: { 'kubernetes.io/metadata.name': 'shop' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    });
  });

  it('lets no ordinary update touch its finalizers or its phase', () => {
    const previous = makeNamespace({ name: 'shop', phase: 'Terminating' });
    const next = { ...makeNamespace({ name: 'shop' }), spec: {} };
    namespaceKind.prepareForUpdate(next, previous);
    expect([next.spec, next.status]).toEqual([previous.spec, previous.status]);
  });
});

describe('a Lease', () => {
  it('lasts longer than no time at all', () => {
    expect(texts(leaseKind.validate(makeLease({ leaseDurationSeconds: 0 })))).toEqual([
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    ]);
    expect(leaseKind.validate(makeLease())).toEqual([]);
  });
});

describe('an EndpointSlice', () => {
  const slice = (change: Partial<EndpointSlice>): EndpointSlice => ({ ...makeEndpointSlice(), ...change });

  it.each<[Partial<EndpointSlice>, string[]]>([
    [{ endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ name: '', protocol: 'TCP', port: 80 }] }, []],
    [{ addressType: 'IPX' }, ['addressType: Unsupported value: "IPX": supported values: "FQDN", "IPv4", "IPv6"']],
    [{ endpoints: [{ addresses: [] }] }, ['endpoints[0].addresses: Required value: must contain at least 1 address']],
    [
      { endpoints: [{ addresses: ['::1'] }] },
      ['endpoints[0].addresses[0]: Invalid value: "::1": must be a valid IPv4 address'],
    ],
    [
      {
        endpoints: [
          {
            addresses: ['10.0.0.1'],
            hints: { forZones: [{ name: 'z' }, { name: 'z' }], forNodes: Array(9).fill({ name: 'n' }) },
          },
        ],
      },
      [
        'endpoints[0].hints.forZones[1].name: Duplicate value: "z"',
        'endpoints[0].hints.forNodes: Too many: 9: must have at most 8 items',
      ],
    ],
    [
      { ports: [{ name: 'a' }, { name: 'a', protocol: 'TCP', port: 0 }] },
      [
        'ports[0].protocol: Required value',
        'ports[1].name: Duplicate value: "a"',
        'ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      ],
    ],
  ])('with %o: %o', (change, expected) => {
    expect(texts(endpointSliceKind.validate(slice(change)))).toEqual(expected);
  });

  it('is printed with its first three ports and addresses', () => {
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5'];
    const full = slice({ endpoints: addresses.map((a) => ({ addresses: [a] })), ports: [{ port: 80 }, { port: 443 }] });
    const cells = (s: EndpointSlice): unknown[] => endpointSliceKind.columns.map((column) => column.value(s, now));
    expect(cells(full).slice(1, 4)).toEqual(['IPv4', '80,443', '10.0.0.1,10.0.0.2,10.0.0.3 + 2 more...']);
    expect(cells(slice({})).slice(2, 4)).toEqual(['<unset>', '<unset>']);
  });
});

describe('an Event', () => {
  it('lives beside its object', () => {
    expect(eventKind.validate(makeEvent())).toEqual([]);
    expect(eventKind.validate(makeEvent({ involvedObject: { kind: 'Node', name: 'n1' } }))).toEqual([]);
    expect(texts(eventKind.validate(makeEvent({ namespace: 'shop' })))).toEqual([
      'involvedObject.namespace: Invalid value: "default": does not match event.namespace',
    ]);
  });

  it('is printed with when, what and how often', () => {
    const event = makeEvent({
      involvedObject: { kind: 'Pod', name: 'web', namespace: 'default', fieldPath: 'spec.containers{main}' },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:59:30Z',
      count: 7,
      source: { component: 'agent', host: 'n1' },
      message: ' pulled ',
      reason: 'Pulled',
    });
    const cells = eventKind.columns.map((column) => column.value(event, now));
    expect(cells).toEqual([
      '30s',
      'Normal',
      'Pulled',
      'pod/web',
      'spec.containers{main}',
      'agent, n1',
      'pulled',
      '60m',
      7,
      'event',
    ]);
  });
});
