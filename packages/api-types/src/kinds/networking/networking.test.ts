import { describe, expect, it } from 'vitest';
import type { HTTPIngressPath, Ingress, IngressClass, NetworkPolicy } from '../../generated/types.ts';
import { cellsOf, makeIngress, makeMetadata, makeNetworkPolicy, problemsOf } from '../../testing/index.ts';
import { ingressKind } from './ingress.ts';
import { ingressClassKind } from './ingress-class.ts';
import { networkPolicyKind } from './network-policy.ts';

const backend = { service: { name: 'web', port: { number: 80 } } };
const withPath = (path: Partial<HTTPIngressPath>): Partial<Ingress['spec']> => ({
  rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...path }] } }],
});

describe('an Ingress', () => {
  it.each<[Partial<Ingress['spec']>, string[]]>([
    [{}, []],
    [{ rules: [], defaultBackend: backend }, []],
    [{ rules: [{ host: '*.example.com' }], tls: [{ hosts: ['a.example.com'], secretName: 'cert' }] }, []],
    [{ rules: [] }, ['spec: Invalid value: []: either `defaultBackend` or `rules` must be specified']],
    [
      { rules: [{ host: '10.0.0.1' }] },
      ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
    ],
    [
      withPath({ pathType: undefined as never }),
      ['spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified'],
    ],
    [withPath({ path: 'web' }), ['spec.rules[0].http.paths[0].path: Invalid value: "web": must be an absolute path']],
    [withPath({ path: '/a//b' }), [`spec.rules[0].http.paths[0].path: Invalid value: "/a//b": must not contain '//'`]],
    [
      withPath({ pathType: 'Regex' }),
      [
        'spec.rules[0].http.paths[0].pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"',
      ],
    ],
    [
      withPath({ backend: { service: { name: 'web' } } }),
      ['spec.rules[0].http.paths[0].backend.service.port: Required value: port name or number is required'],
    ],
    [
      withPath({ backend: {} }),
      ['spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required'],
    ],
  ])('with %o: %o', (spec, texts) => {
    expect(problemsOf(ingressKind, makeIngress({ spec }))).toEqual(texts);
  });

  it('is printed with its hosts and ports', () => {
    const hosts = ['a.de', 'b.de', 'c.de', 'd.de'].map((host) => ({ host }));
    const ingress = makeIngress({ name: 'web', spec: { ingressClassName: 'edge', rules: hosts, tls: [{}] } });
    ingress.status = { loadBalancer: { ingress: [{ ip: '10.0.0.2' }, { ip: '10.0.0.1' }] } };
    expect(cellsOf(ingressKind, ingress)).toEqual([
      'web',
      'edge',
      'a.de,b.de,c.de + 1 more...',
      '10.0.0.1,10.0.0.2',
      '80, 443',
      '60s',
    ]);
  });
});

describe('an IngressClass', () => {
  const makeClass = (spec: IngressClass['spec']): IngressClass => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: makeMetadata('IngressClass', { name: 'edge', isNamespaced: false }),
    spec,
  });

  it('names a controller and keeps it', () => {
    expect(problemsOf(ingressClassKind, makeClass({}))).toEqual(['spec.controller: Required value']);
    expect(problemsOf(ingressClassKind, makeClass({ controller: 'example.com/ingress/controller' }))).toEqual([]);
    const next = makeClass({ controller: 'example.com/b' });
    expect(ingressClassKind.validateUpdate(next, makeClass({ controller: 'example.com/a' }))).toHaveLength(1);
  });
});

describe('a NetworkPolicy', () => {
  it('says which directions it is about, and TCP where it says nothing', () => {
    const policy = {
      metadata: { name: 'x' },
      spec: { egress: [{ ports: [{ port: 53 }] }] },
    } as unknown as NetworkPolicy;
    networkPolicyKind.setDefaults(policy);
    expect(policy.spec).toEqual({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      egress: [{ ports: [{ port: 53, protocol: 'TCP' }] }],
    });
  });

  it.each<[Partial<NetworkPolicy['spec']>, string[]]>([
    [
      {
        ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }], ports: [{ port: 'http' }] }],
      },
      [],
    ],
    [{ ingress: [{ from: [{}] }] }, ['spec.ingress[0].from[0]: Required value: must specify a peer']],
    [
      { egress: [{ to: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] }] },
      ['spec.egress[0].to[0]: Forbidden: may not specify both ipBlock and another peer'],
    ],
    [
      { egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }] }] },
      ['spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`'],
    ],
    [
      { ingress: [{ ports: [{ port: 80, endPort: 79 }] }] },
      ['spec.ingress[0].ports[0].endPort: Invalid value: 79: must be greater than or equal to `port`'],
    ],
    [
      { policyTypes: ['Sideways'] },
      ['spec.policyTypes[0]: Unsupported value: "Sideways": supported values: "Egress", "Ingress"'],
    ],
  ])('with %o: %o', (spec, texts) => {
    expect(problemsOf(networkPolicyKind, makeNetworkPolicy({ spec }))).toEqual(texts);
  });

  it('is printed with the pods it is about', () => {
    const policy = makeNetworkPolicy({ spec: { podSelector: { matchLabels: { app: 'db' } } } });
    expect(cellsOf(networkPolicyKind, policy)).toEqual(['deny', 'app=db', '60s']);
    expect(cellsOf(networkPolicyKind, makeNetworkPolicy())).toEqual(['deny', '<none>', '60s']);
  });
});
