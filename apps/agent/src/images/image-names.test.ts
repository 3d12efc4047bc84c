import type { Secret } from '@gantry/api-types';
import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { defaultPullPolicy, registryOf } from './image-reference.ts';
import { pullCredentials } from './pull-credentials.ts';

it.each([
  ['nginx', 'docker.io', 'Always'],
  ['nginx:latest', 'docker.io', 'Always'],
  ['nginx:1.2', 'docker.io', 'IfNotPresent'],
  ['me/app:1', 'docker.io', 'IfNotPresent'],
  ['localhost/app', 'localhost', 'Always'],
  ['registry.example:5000/app', 'registry.example:5000', 'Always'],
  ['quay.io/a/b:2', 'quay.io', 'IfNotPresent'],
  ['nginx:latest@sha256:00', 'docker.io', 'IfNotPresent'],
])('%s comes from %s, by default %s', (reference, registry, policy) => {
  expect(registryOf(reference)).toBe(registry);
  expect(defaultPullPolicy(reference)).toBe(policy);
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

function secretOf(key: string, config: object): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'pull', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    data: { [key]: base64(JSON.stringify(config)) },
  };
}

function usersFor(reference: string, servers: Record<string, string>): string[] {
  const auths = Object.fromEntries(
    Object.entries(servers).map(([server, user]) => [server, { auth: base64(`${user}:pass:word`) }]),
  );
  const pod = makePod({ spec: { imagePullSecrets: [{ name: 'pull' }] } });
  const { candidates } = pullCredentials(pod, reference, () => secretOf('.dockerconfigjson', { auths }));
  expect(candidates.every(({ password }) => password === 'pass:word')).toBe(true);
  return candidates.map(({ username }) => username);
}

it.each<[string, Record<string, string>, string[]]>([
  ['quay.io/a/b', { 'https://quay.io/v1/': 'ann' }, ['ann']],
  ['quay.io/a/b:1', { 'quay.io/a': 'team', 'quay.io': 'ann', 'quay.io/c': 'other' }, ['team', 'ann']],
  ['quay.io/a/b@sha256:00', { 'quay.io/a/b': 'one' }, ['one']],
  ['registry.example:5000/x', { 'registry.example': 'no', 'registry.example:5000': 'yes' }, ['yes']],
  ['eu.registry.example/x', { '*.registry.example': 'any', '*.example': 'no' }, ['any']],
  ['nginx', { 'https://index.docker.io/v1/': 'hub' }, ['hub']],
  ['me/app:1', { 'docker.io': 'short', 'quay.io': 'no' }, ['short']],
  ['docker.io/me/app', { 'index.docker.io': 'hub' }, ['hub']],
  ['quay.io/a', { 'index.docker.io': 'hub' }, []],
  ['quay.io/a', { 'quay.io': 'ann', 'https://quay.io': 'ann' }, ['ann']],
])('tries for %s of %j: %j', (reference, servers, users) => {
  expect(usersFor(reference, servers)).toEqual(users);
});

it('reads the older form of the secret, and user and password by name', () => {
  const pod = makePod({ spec: { imagePullSecrets: [{ name: 'pull' }] } });
  const secret = secretOf('.dockercfg', { 'quay.io': { username: 'ann', password: 'secret', auth: '!' } });
  const { candidates } = pullCredentials(pod, 'quay.io/a', () => secret);
  expect(candidates).toMatchObject([{ username: 'ann', password: 'secret' }]);
});

it('names the secrets that are not there or hold something else', () => {
  const pod = makePod({ spec: { imagePullSecrets: [{ name: 'none' }, { name: 'text' }, { name: 'pull' }] } });
  const secrets: Record<string, Secret> = {
    text: secretOf('password', {}),
    pull: secretOf('.dockerconfigjson', { auths: { 'quay.io': { auth: 'no colon' } } }),
  };
  expect(pullCredentials(pod, 'quay.io/a', (_, name) => secrets[name])).toEqual({
    candidates: [],
    missing: ['none', 'text'],
  });
});
