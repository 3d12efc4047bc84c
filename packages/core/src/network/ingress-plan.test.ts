import type { EndpointSlice, Ingress, IngressClass, Service } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { type IngressWorld, ingressController, isOurs, planIngress } from './ingress-plan.ts';

const meta = (name: string, creationTimestamp = '2026-01-01T00:00:00Z') => ({
  name,
  namespace: 'shop',
  uid: name,
  resourceVersion: '1',
  creationTimestamp,
});

function ingress(name: string, spec: Ingress['spec'], created?: string): Ingress {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: meta(name, created), spec, status: {} };
}

function ingressClass(name: string, controller: string, isDefault: boolean): IngressClass {
  const annotations = { 'ingressclass.kubernetes.io/is-default-class': String(isDefault) };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { ...meta(name), annotations },
    spec: { controller },
  };
}

const gantryClass = ingressClass('gantry', ingressController, true);
const web = { service: { name: 'web', port: { name: 'http' } } };
const webService: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: meta('web'),
  spec: { ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
  status: {},
};
const webSlice: EndpointSlice = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: meta('web-1'),
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080 }],
  endpoints: [
    { addresses: ['10.0.0.1'], conditions: { ready: true } },
    { addresses: ['10.0.0.2'], conditions: { ready: false } },
  ],
};
const world: IngressWorld = {
  classes: [gantryClass],
  service: (_, name) => (name === 'web' ? webService : undefined),
  slices: (_, name) => (name === 'web' ? [webSlice] : []),
  secret: () => undefined,
};

it('takes its own class, and Ingresses without one while its class is the default', () => {
  const other = ingressClass('nginx', 'k8s.io/ingress-nginx', false);
  expect(isOurs(ingress('a', {}), [gantryClass, other])).toBe(true);
  expect(isOurs(ingress('a', { ingressClassName: 'nginx' }), [gantryClass, other])).toBe(false);
  expect(isOurs(ingress('a', { ingressClassName: 'gantry' }), [gantryClass])).toBe(true);
  expect(isOurs(ingress('a', {}), [ingressClass('gantry', ingressController, false)])).toBe(false);
});

it('leads to the ready endpoints of the port that the backend names', () => {
  const rules = [{ host: 'Shop.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend: web }] } }];
  expect(planIngress([ingress('a', { rules })], world).hosts).toEqual([
    {
      host: 'shop.example',
      paths: [{ type: 'Prefix', path: '/', service: 'shop/web', targets: [{ host: '10.0.0.1', port: 8080 }] }],
    },
  ]);
});

it('has no targets for a Service or a port that is not there', () => {
  const backends = [
    { service: { name: 'nope', port: { number: 80 } } },
    { service: { name: 'web', port: { number: 81 } } },
  ];
  for (const defaultBackend of backends)
    expect(planIngress([ingress('a', { defaultBackend })], world).defaultRoute).toMatchObject({ targets: [] });
});

it('gives a host and path that two claim to the older one', () => {
  const claim = (name: string, service: string, created: string) =>
    ingress(
      name,
      {
        rules: [
          {
            http: {
              paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: service, port: { number: 80 } } } }],
            },
          },
        ],
      },
      created,
    );
  const claims = [claim('a', 'late', '2026-01-02T00:00:00Z'), claim('b', 'early', '2026-01-01T00:00:00Z')];
  expect(planIngress(claims, world).hosts[0]?.paths.map(({ service }) => service)).toEqual(['shop/early']);
});

it('reads certificates from Secrets, and leaves those out that are not there', () => {
  const data = { 'tls.crt': btoa('CERT'), 'tls.key': btoa('KEY') };
  const withSecret: IngressWorld = {
    ...world,
    secret: (_, name) =>
      name === 'tls' ? { apiVersion: 'v1', kind: 'Secret', metadata: meta('tls'), data } : undefined,
  };
  const tls = [{ hosts: ['shop.example'], secretName: 'tls' }, { secretName: 'gone' }];
  expect(planIngress([ingress('a', { tls })], withSecret).certificates).toEqual([
    { hosts: ['shop.example'], certificate: 'CERT', key: 'KEY' },
  ]);
});
