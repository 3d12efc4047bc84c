import type { IngressConfig, IngressPathRoute } from '@gantry/api-types/ingress-config';
import { expect, it } from 'vitest';
import { findRoute } from './ingress-routes.ts';

const route = (type: 'Exact' | 'Prefix', path: string, service: string): IngressPathRoute => ({
  type,
  path,
  service,
  targets: [],
});

const config: IngressConfig = {
  hosts: [
    {
      host: 'shop.example',
      paths: [
        route('Prefix', '/', 'root'),
        route('Prefix', '/cart/', 'cart'),
        route('Prefix', '/cart/items', 'items'),
        route('Exact', '/cart/items', 'exact'),
      ],
    },
    { host: '*.example', paths: [route('Prefix', '/', 'wildcard')] },
    { host: '', paths: [route('Prefix', '/any', 'any')] },
  ],
  defaultRoute: route('Prefix', '/', 'default'),
  certificates: [],
};

it.each([
  ['shop.example', '/', 'root'],
  ['SHOP.example:8080', '/cart', 'cart'],
  ['shop.example', '/cart/', 'cart'],
  ['shop.example', '/cartoon', 'root'],
  ['shop.example', '/cart/items', 'exact'],
  ['shop.example', '/cart/items/7', 'items'],
  ['blog.example', '/x', 'wildcard'],
  ['a.blog.example', '/x', 'default'],
  ['example', '/any/thing', 'any'],
  ['10.0.0.1:30080', '/else', 'default'],
])('leads %s%s to %s', (host, path, service) => {
  expect(findRoute(config, host, path)?.service).toBe(service);
});

it('has no route where nothing matches and there is no default', () => {
  expect(findRoute({ hosts: [], certificates: [] }, 'shop.example', '/')).toBeUndefined();
});
