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

it('finds the credentials for the registry of the image', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const config = {
    auths: { 'https://quay.io/v1/': { auth: base64('ann:pass:word') }, 'other.example': { auth: '!' } },
  };
  const secret: Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'pull', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    data: { '.dockerconfigjson': base64(JSON.stringify(config)) },
  };
  const pod = makePod({ spec: { imagePullSecrets: [{ name: 'none' }, { name: 'pull' }] } });
  const find = (reference: string) =>
    pullCredentials(pod, reference, (_, name) => (name === 'pull' ? secret : undefined));
  expect(find('quay.io/a/b')).toMatchObject({ username: 'ann', password: 'pass:word' });
  expect(find('nginx')).toBeUndefined();
  expect(find('other.example/a')).toBeUndefined();
});
