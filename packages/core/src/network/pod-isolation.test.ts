import type { ResolvedPolicy } from '@gantry/api-types/resolved-policy';
import { expect, it } from 'vitest';
import type { PolicyPod } from './network-policy.ts';
import { isIsolated, isolatePods } from './pod-isolation.ts';

const web: PolicyPod = {
  namespace: 'shop',
  labels: { app: 'web' },
  ips: ['10.0.0.1'],
  ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
};
const other: PolicyPod = { ...web, namespace: 'ops', ips: ['10.0.0.2'] };

function policy(parts: Partial<ResolvedPolicy>): ResolvedPolicy {
  return { namespace: 'shop', name: 'p', podSelector: {}, ...parts };
}

it('leaves pods alone that no policy of their namespace selects', () => {
  const policies = [policy({ podSelector: { matchLabels: { app: 'db' } }, ingress: [] })];
  expect(isolatePods([web, other], policies)).toEqual([]);
  expect(isIsolated(web, policies)).toBe(false);
  expect(isIsolated(other, [policy({ ingress: [] })])).toBe(false);
});

it('allows what any of the policies that select a pod allows, and restricts only their directions', () => {
  const peers = { ips: ['10.0.0.9'], blocks: [] };
  const policies = [policy({ ingress: [] }), policy({ name: 'q', ingress: [{ peers }] })];
  expect(isolatePods([web], policies)).toEqual([{ ip: '10.0.0.1', ingress: [{ peers }] }]);
});

it('finds the number of a named port in the pod, and allows nothing by a name that the pod does not have', () => {
  const rules = [
    { ports: [{ protocol: 'tcp', name: 'http' }] },
    { ports: [{ protocol: 'udp', name: 'http' }] },
  ] as const;
  expect(isolatePods([web], [policy({ ingress: rules })])).toEqual([
    { ip: '10.0.0.1', ingress: [{ ports: [{ protocol: 'tcp', port: 8080 }] }] },
  ]);
});
