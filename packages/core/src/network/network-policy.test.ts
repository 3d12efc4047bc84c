import type { NetworkPolicy } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { looksBeyondItsNamespace, type PolicyPod, type PolicyWorld, resolvePolicy } from './network-policy.ts';

const pods: readonly PolicyPod[] = [
  pod('shop', '10.0.0.1', { app: 'web' }, { http: 8080 }),
  pod('shop', '10.0.0.2', { app: 'db' }, { sql: 5432 }),
  pod('shop', '10.0.0.3', { app: 'db' }, { sql: 5433 }),
  pod('ops', '10.0.1.1', { app: 'metrics' }, {}),
  pod('ops', '10.0.1.2', { app: 'web' }, {}),
];

const world: PolicyWorld = {
  podsIn: (namespace) => pods.filter((each) => each.namespace === namespace),
  namespaces: () => [
    { name: 'shop', labels: { team: 'shop' } },
    { name: 'ops', labels: { team: 'ops' } },
  ],
};

describe('resolvePolicy', () => {
  it.each<[string, NetworkPolicy['spec'], object]>([
    ['isolates from everybody with no rules', { podSelector: {} }, { ingress: [] }],
    ['allows everybody with an empty rule', { podSelector: {}, ingress: [{}] }, { ingress: [{}] }],
    ['restricts what leaves only where it says so', { podSelector: {}, policyTypes: ['Egress'] }, { egress: [] }],
    [
      'restricts both directions where it has egress rules and no types',
      { podSelector: {}, egress: [{}] },
      { ingress: [], egress: [{}] },
    ],
    [
      'takes a podSelector as pods of its own namespace',
      { podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }] },
      { ingress: [{ peers: { ips: ['10.0.0.1'], blocks: [] } }] },
    ],
    [
      'takes both selectors of one peer together',
      {
        podSelector: {},
        ingress: [
          {
            from: [
              {
                namespaceSelector: { matchLabels: { team: 'ops' } },
                podSelector: { matchLabels: { app: 'web' } },
              },
            ],
          },
        ],
      },
      { ingress: [{ peers: { ips: ['10.0.1.2'], blocks: [] } }] },
    ],
    [
      'takes a namespaceSelector alone as all pods of these namespaces, and peers as alternatives',
      {
        podSelector: {},
        ingress: [
          {
            from: [
              { namespaceSelector: { matchLabels: { team: 'ops' } } },
              { podSelector: { matchLabels: { app: 'db' } } },
            ],
          },
        ],
      },
      { ingress: [{ peers: { ips: ['10.0.0.2', '10.0.0.3', '10.0.1.1', '10.0.1.2'], blocks: [] } }] },
    ],
    [
      'keeps address blocks with their exceptions, ranges of ports, and names of the ports of the protected pod',
      {
        podSelector: {},
        ingress: [
          {
            from: [{ ipBlock: { cidr: '192.168.0.0/16', except: ['192.168.7.0/24'] } }],
            ports: [{ port: 80, endPort: 90 }, { port: 'http', protocol: 'UDP' }, { protocol: 'SCTP' }],
          },
        ],
      },
      {
        ingress: [
          {
            peers: { ips: [], blocks: [{ cidr: '192.168.0.0/16', except: ['192.168.7.0/24'] }] },
            ports: [
              { protocol: 'tcp', port: 80, endPort: 90 },
              { protocol: 'udp', name: 'http' },
              { protocol: 'sctp' },
            ],
          },
        ],
      },
    ],
    [
      'looks the names of ports up in the pods that are called',
      {
        podSelector: {},
        policyTypes: ['Egress'],
        egress: [{ to: [{ podSelector: { matchLabels: { app: 'db' } } }], ports: [{ port: 'sql' }, { port: 53 }] }],
      },
      {
        egress: [
          { peers: { ips: ['10.0.0.2', '10.0.0.3'], blocks: [] }, ports: [{ protocol: 'tcp', port: 53 }] },
          { peers: { ips: ['10.0.0.2'], blocks: [] }, ports: [{ protocol: 'tcp', port: 5432 }] },
          { peers: { ips: ['10.0.0.3'], blocks: [] }, ports: [{ protocol: 'tcp', port: 5433 }] },
        ],
      },
    ],
    [
      'allows nobody where a selector selects nobody',
      { podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { app: 'none' } } }] }] },
      { ingress: [{ peers: { ips: [], blocks: [] } }] },
    ],
  ])('%s', (_, spec, expected) => {
    expect(resolvePolicy(policy(spec), world)).toEqual({
      namespace: 'shop',
      name: 'p',
      podSelector: {},
      ...expected,
    });
  });
});

describe('looksBeyondItsNamespace', () => {
  it.each<[boolean, NetworkPolicy['spec']]>([
    [false, { podSelector: {}, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 'http' }] }] }],
    [true, { podSelector: {}, ingress: [{ from: [{ namespaceSelector: {} }] }] }],
    [true, { podSelector: {}, egress: [{ ports: [{ port: 'sql' }] }] }],
  ])('is %s', (expected, spec) => {
    expect(looksBeyondItsNamespace(policy(spec))).toBe(expected);
  });
});

function policy(spec: NetworkPolicy['spec']): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', namespace: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    spec,
  };
}

function pod(namespace: string, ip: string, labels: Record<string, string>, ports: Record<string, number>): PolicyPod {
  return {
    namespace,
    labels,
    ips: [ip],
    ports: Object.entries(ports).map(([name, port]) => ({ name, protocol: 'TCP', port })),
  };
}
