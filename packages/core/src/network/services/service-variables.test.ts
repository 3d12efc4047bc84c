import type { Service } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { serviceVariables } from './service-variables.ts';

const service = (namespace: string, name: string, spec: Service['spec']): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace, uid: name, resourceVersion: '1', creationTimestamp: '' },
  spec,
  status: {},
});
const services = [
  service('default', 'kubernetes', { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443 }] }),
  service('shop', 'redis-cart', {
    clusterIP: '10.96.0.5',
    ports: [
      { name: 'tls-redis', port: 6379 },
      { port: 53, protocol: 'UDP' },
    ],
  }),
  service('shop', 'headless', { clusterIP: 'None', ports: [{ port: 1 }] }),
  service('other', 'web', { clusterIP: '10.96.0.6', ports: [{ port: 80 }] }),
];

it('are those of the namespace and of the API, as links', () => {
  expect(Object.fromEntries(serviceVariables(services, 'shop', true))).toEqual({
    KUBERNETES_SERVICE_HOST: '10.96.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    KUBERNETES_SERVICE_PORT_HTTPS: '443',
    KUBERNETES_PORT: 'tcp://10.96.0.1:443',
    KUBERNETES_PORT_443_TCP: 'tcp://10.96.0.1:443',
    KUBERNETES_PORT_443_TCP_PROTO: 'tcp',
    KUBERNETES_PORT_443_TCP_PORT: '443',
    KUBERNETES_PORT_443_TCP_ADDR: '10.96.0.1',
    REDIS_CART_SERVICE_HOST: '10.96.0.5',
    REDIS_CART_SERVICE_PORT: '6379',
    REDIS_CART_SERVICE_PORT_TLS_REDIS: '6379',
    REDIS_CART_PORT: 'tcp://10.96.0.5:6379',
    REDIS_CART_PORT_6379_TCP: 'tcp://10.96.0.5:6379',
    REDIS_CART_PORT_6379_TCP_PROTO: 'tcp',
    REDIS_CART_PORT_6379_TCP_PORT: '6379',
    REDIS_CART_PORT_6379_TCP_ADDR: '10.96.0.5',
    REDIS_CART_PORT_53_UDP: 'udp://10.96.0.5:53',
    REDIS_CART_PORT_53_UDP_PROTO: 'udp',
    REDIS_CART_PORT_53_UDP_PORT: '53',
    REDIS_CART_PORT_53_UDP_ADDR: '10.96.0.5',
  });
});

it('are only those of the API where links are not enabled', () => {
  const names = [...serviceVariables(services, 'shop', false).keys()];
  expect(names.every((name) => name.startsWith('KUBERNETES_'))).toBe(true);
  expect(names).toContain('KUBERNETES_SERVICE_HOST');
});
