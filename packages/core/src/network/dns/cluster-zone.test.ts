import type { EndpointSlice, Service } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { answerQuestion, type ZoneView } from './cluster-zone.ts';

const meta = (name: string) => ({ name, namespace: 'shop', uid: name, resourceVersion: '1', creationTimestamp: '' });
const service = (name: string, spec: Service['spec']): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: meta(name),
  spec,
  status: {},
});
const slice: EndpointSlice = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: meta('db-1'),
  addressType: 'IPv4',
  endpoints: [
    { addresses: ['10.244.0.5'], hostname: 'db-0' },
    { addresses: ['10.244.0.6'] },
    { addresses: ['10.244.0.7'], conditions: { ready: false } },
  ],
  ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
};
const services = new Map([
  ['shop/web', service('web', { clusterIP: '10.96.0.9', ports: [{ name: 'http', port: 80, targetPort: 8080 }] })],
  ['shop/db', service('db', { clusterIP: 'None', ports: [{ name: 'sql', port: 5432 }] })],
  ['shop/out', service('out', { type: 'ExternalName', externalName: 'API.example.com.' })],
]);
const view: ZoneView = {
  domain: 'cluster.local',
  dnsIp: '10.96.0.10',
  service: (key) => services.get(key),
  slicesOf: (key) => (key === 'shop/db' ? [slice] : []),
  hasNamespace: (name) => name === 'shop',
  namesOf: (ip) => (ip === '10.96.0.9' ? ['web.shop.svc.cluster.local'] : []),
};
const ask = (name: string, type = 'A') => {
  const answer = answerQuestion(view, name, type);
  if (!answer) return 'elsewhere';
  if (!answer.exists) return 'no such name';
  return answer.answers.map(({ type: kind, data }) => (typeof data === 'string' ? `${kind} ${data}` : data));
};

describe('the cluster zone', () => {
  it.each<[string, string, unknown]>([
    ['web.shop.svc.cluster.local', 'A', ['A 10.96.0.9']],
    ['web.shop.svc.cluster.local', 'AAAA', []],
    ['web.shop.svc.cluster.local', 'MX', []],
    ['web.other.svc.cluster.local', 'A', 'no such name'],
    ['gone.shop.svc.cluster.local', 'A', 'no such name'],
    ['api.example.com.shop.svc.cluster.local', 'A', 'no such name'],
    ['shop.svc.cluster.local', 'A', []],
    ['svc.cluster.local', 'A', []],
    ['cluster.local', 'A', []],
    ['other.cluster.local', 'A', 'no such name'],
    ['db.shop.svc.cluster.local', 'A', ['A 10.244.0.5', 'A 10.244.0.6']],
    ['db-0.db.shop.svc.cluster.local', 'A', ['A 10.244.0.5']],
    ['10-244-0-6.db.shop.svc.cluster.local', 'A', ['A 10.244.0.6']],
    ['db-9.db.shop.svc.cluster.local', 'A', 'no such name'],
    ['10-1-2-3.shop.pod.cluster.local', 'A', ['A 10.1.2.3']],
    ['10-1-2-333.shop.pod.cluster.local', 'A', 'no such name'],
    ['out.shop.svc.cluster.local', 'A', ['CNAME api.example.com']],
    ['9.0.96.10.in-addr.arpa', 'PTR', ['PTR web.shop.svc.cluster.local']],
    ['8.8.8.8.in-addr.arpa', 'PTR', 'elsewhere'],
    ['example.com', 'A', 'elsewhere'],
    ['dns-version.cluster.local', 'TXT', [['1.1.0']]],
    ['ns.dns.cluster.local', 'A', ['A 10.96.0.10']],
  ])('answers %s %s', (name, type, expected) => {
    expect(ask(name, type)).toEqual(expected);
  });

  it('names ports, those of each endpoint of a headless Service, with the addresses beside', () => {
    expect(ask('_http._tcp.web.shop.svc.cluster.local', 'SRV')).toEqual([
      { target: 'web.shop.svc.cluster.local', port: 80, priority: 0, weight: 100 },
    ]);
    expect(ask('_http._udp.web.shop.svc.cluster.local', 'SRV')).toBe('no such name');
    const answer = answerQuestion(view, '_sql._tcp.db.shop.svc.cluster.local', 'SRV');
    expect(answer?.answers.map(({ data }) => data)).toEqual([
      { target: 'db-0.db.shop.svc.cluster.local', port: 5432, priority: 0, weight: 100 },
      { target: '10-244-0-6.db.shop.svc.cluster.local', port: 5432, priority: 0, weight: 100 },
    ]);
    expect(answer?.additionals).toEqual([
      { type: 'A', name: 'db-0.db.shop.svc.cluster.local', data: '10.244.0.5' },
      { type: 'A', name: '10-244-0-6.db.shop.svc.cluster.local', data: '10.244.0.6' },
    ]);
  });
});
