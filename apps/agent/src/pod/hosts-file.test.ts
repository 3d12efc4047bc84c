import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { hostnameOf } from './hostname.ts';
import { hostsFile } from './hosts-file.ts';

const facts = { ip: '10.0.0.2', clusterDomain: 'cluster.local', hostFile: '127.0.0.1\tlocalhost\n' };

it('names the pod by its host name, with its domain where it has a subdomain', () => {
  const plain = hostsFile({ ...facts, pod: makePod({ name: 'web' }) });
  expect(plain.startsWith('# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n')).toBe(true);
  expect(plain.endsWith('\n10.0.0.2\tweb\n')).toBe(true);
  const inDomain = makePod({ name: 'web', spec: { hostname: 'w', subdomain: 'svc' } });
  expect(hostsFile({ ...facts, pod: inDomain })).toContain('10.0.0.2\tw.svc.default.svc.cluster.local\tw\n');
});

it('adds host aliases, to the host’s own file where the pod is on its network', () => {
  const hostAliases = [{ ip: '192.0.2.1', hostnames: ['a', 'b'] }];
  const pod = makePod({ spec: { hostAliases, hostNetwork: true } });
  expect(hostsFile({ ...facts, pod })).toBe(
    '# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n\n# Entries added by HostAliases.\n192.0.2.1\ta\tb\n',
  );
});

it('cuts host names at 63 characters, and refuses full names that the kernel does not take', () => {
  expect(hostnameOf(makePod({ name: `${'a'.repeat(62)}-b` }), 'cluster.local')).toBe('a'.repeat(62));
  const spec = { subdomain: 'svc', setHostnameAsFQDN: true };
  expect(hostnameOf(makePod({ name: 'web', spec }), 'cluster.local')).toBe('web.svc.default.svc.cluster.local');
  const pod = makePod({ name: 'a'.repeat(60), spec });
  expect(() => hostnameOf(pod, 'cluster.local')).toThrow(
    /is too long \(64 characters is the max, 90 characters requested\)/,
  );
});
