import type { ConfigMap, Container, Secret } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { type Objects, resolveEnvironment } from './environment.ts';
import { expandVariables } from './expand-variables.ts';
import type { PodFacts } from './field-values.ts';

const metadata = { namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
const configMap: ConfigMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { ...metadata, name: 'conf' },
  data: { A: 'a', B: 'b' },
};
const secret: Secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { ...metadata, name: 'key' },
  data: { B: Buffer.from('secret b').toString('base64') },
};
const objects: Objects = {
  configMap: (_, name) => (name === 'conf' ? configMap : undefined),
  secret: (_, name) => (name === 'key' ? secret : undefined),
};

function resolve(container: Partial<Container>): Record<string, string> {
  const pod = makePod({
    name: 'web',
    uid: 'uid-1',
    labels: { 'app.kubernetes.io/name': 'shop', tier: 'front' },
    container: { resources: { requests: { cpu: '250m', memory: '64Mi' }, limits: { cpu: '1500m' } }, ...container },
    spec: { serviceAccountName: 'robot' },
  });
  const facts: PodFacts = {
    pod,
    nodeName: 'node-1',
    podIp: '10.0.0.7',
    hostIp: '192.0.2.1',
    allocatable: { milliCpu: 4000, memoryBytes: 1024 ** 3, storageBytes: 10 * 1024 ** 3 },
  };
  const [main] = pod.spec.containers;
  if (!main) throw new Error('no container');
  return Object.fromEntries(resolveEnvironment(main, facts, objects));
}

const field = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });
const resource = (name: string, divisor?: string) => ({
  valueFrom: { resourceFieldRef: { resource: name, ...(divisor === undefined ? {} : { divisor }) } },
});

describe('the environment of a container', () => {
  it('takes whole ConfigMaps and Secrets first, the later ones winning, and single variables over all', () => {
    const envFrom = [{ configMapRef: { name: 'conf' } }, { secretRef: { name: 'key' } }];
    expect(resolve({ envFrom, env: [{ name: 'A', value: 'own' }] })).toEqual({ A: 'own', B: 'secret b' });
    expect(resolve({ envFrom: [{ prefix: 'P_', configMapRef: { name: 'conf' } }] })).toEqual({ P_A: 'a', P_B: 'b' });
  });

  it('expands earlier variables only', () => {
    const env = [
      { name: 'FIRST', value: 'one' },
      { name: 'SECOND', value: '$(FIRST) two $(THIRD) $$(FIRST)' },
      { name: 'THIRD', value: '$(SECOND)!' },
    ];
    expect(resolve({ env })).toEqual({
      FIRST: 'one',
      SECOND: 'one two $(THIRD) $(FIRST)',
      THIRD: 'one two $(THIRD) $(FIRST)!',
    });
  });

  it.each([
    ['metadata.name', 'web'],
    ['metadata.namespace', 'default'],
    ['metadata.uid', 'uid-1'],
    ["metadata.labels['app.kubernetes.io/name']", 'shop'],
    ["metadata.annotations['none']", ''],
    ['spec.nodeName', 'node-1'],
    ['spec.serviceAccountName', 'robot'],
    ['status.podIP', '10.0.0.7'],
    ['status.hostIP', '192.0.2.1'],
  ])('knows the field %s', (path, value) => {
    expect(resolve({ env: [{ name: 'X', ...field(path) }] })).toEqual({ X: value });
  });

  it.each([
    ['limits.cpu', undefined, '2'],
    ['limits.cpu', '1m', '1500'],
    ['requests.cpu', '1', '1'],
    ['requests.memory', '1Mi', '64'],
    ['limits.memory', '1Mi', '1024'],
    ['limits.ephemeral-storage', '1Gi', '10'],
    ['requests.ephemeral-storage', '1Gi', '0'],
  ])('computes %s in units of %s, rounded up', (name, divisor, value) => {
    expect(resolve({ env: [{ name: 'X', ...resource(name, divisor) }] })).toEqual({ X: value });
  });

  it('leaves out what is optional and missing', () => {
    const env = [
      { name: 'X', valueFrom: { configMapKeyRef: { name: 'none', key: 'k', optional: true } } },
      { name: 'Y', valueFrom: { secretKeyRef: { name: 'key', key: 'none', optional: true } } },
    ];
    expect(resolve({ env, envFrom: [{ secretRef: { name: 'none', optional: true } }] })).toEqual({});
  });

  it('keeps what envFrom says where an optional key of the same name is missing', () => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'none', key: 'k', optional: true } } }];
    expect(resolve({ env, envFrom: [{ configMapRef: { name: 'conf' } }] })).toEqual({ A: 'a', B: 'b' });
  });

  it.each([
    [{ configMapKeyRef: { name: 'none', key: 'k' } }, 'configmap "none" not found'],
    [{ secretKeyRef: { name: 'none', key: 'k' } }, 'secret "none" not found'],
    [{ configMapKeyRef: { name: 'conf', key: 'k' } }, "couldn't find key k in ConfigMap default/conf"],
    [{ secretKeyRef: { name: 'key', key: 'k' } }, "couldn't find key k in Secret default/key"],
  ])('says in Kubernetes’ words what is missing: %j', (valueFrom, message) => {
    expect(() => resolve({ env: [{ name: 'X', valueFrom }] })).toThrow(message);
  });
});

describe('expansion', () => {
  const variables = new Map([['A', '1']]);
  it.each([
    ['$(A)', '1'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$1'],
    ['$A $(B) $( $', '$A $(B) $( $'],
    ['a$(A)b$(A)', 'a1b1'],
  ])('turns %s into %s', (text, expected) => {
    expect(expandVariables(text, variables)).toBe(expected);
  });
});
