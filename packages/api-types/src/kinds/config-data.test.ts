import { describe, expect, it } from 'vitest';
import type { Secret } from '../generated/types.ts';
import { makeConfigMap, makeSecret } from '../testing/index.ts';
import { configMapKind } from './config-map.ts';
import { secretKind } from './secret.ts';

const locked = 'Forbidden: field is immutable when `immutable` is set';

describe('a ConfigMap', () => {
  it('has keys that can be file names and at most 1 MiB', () => {
    const texts = (data: Record<string, string>): string[] =>
      configMapKind.validate(makeConfigMap({ data })).map((error) => `${error.field}: ${error.message}`);
    expect(texts({ 'a.b_c-d': 'x' })).toEqual([]);
    expect(texts({ '..a': 'x' })).toEqual([`data[..a]: Invalid value: "..a": must not start with '..'`]);
    expect(texts({ a: 'x'.repeat(1024 * 1024 + 1) })).toEqual([': Too long: may not be more than 1048576 bytes']);
    expect(texts({ a: 'é'.repeat(600_000) })).toHaveLength(1);
  });

  it('stays as it is once it is immutable', () => {
    const previous = makeConfigMap({ data: { a: '1' }, immutable: true });
    const next = makeConfigMap({ data: { a: '2' } });
    expect(configMapKind.validateUpdate(next, previous).map((error) => `${error.field}: ${error.message}`)).toEqual([
      `immutable: ${locked}`,
      `data: ${locked}`,
    ]);
    expect(configMapKind.validateUpdate(structuredClone(previous), previous)).toEqual([]);
  });
});

describe('a Secret', () => {
  it('turns stringData into data, which it overrides', () => {
    const secret: Secret = { ...makeSecret({ data: { a: 'eA==', b: 'eQ==' } }), stringData: { a: 'häagen' } };
    delete secret.type;
    secretKind.setDefaults(secret);
    expect(secret.type).toBe('Opaque');
    expect(secret.stringData).toBeUndefined();
    expect(secret.data).toEqual({ a: Buffer.from('häagen').toString('base64'), b: 'eQ==' });
  });

  it.each([
    ['kubernetes.io/tls', {}, ['data[tls.crt]: Required value', 'data[tls.key]: Required value']],
    ['kubernetes.io/basic-auth', {}, ['data[username]: Required value', 'data[password]: Required value']],
    ['kubernetes.io/ssh-auth', {}, ['data[ssh-privatekey]: Required value']],
    [
      'kubernetes.io/service-account-token',
      {},
      ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
    ],
    ['kubernetes.io/dockerconfigjson', {}, ['data[.dockerconfigjson]: Required value']],
    [
      'kubernetes.io/dockerconfigjson',
      { '.dockerconfigjson': btoa('nope') },
      [
        `data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character 'n' looking for beginning of value`,
      ],
    ],
    ['kubernetes.io/dockerconfigjson', { '.dockerconfigjson': btoa('{"auths":{}}') }, []],
    ['helm.sh/release.v1', { release: 'eA==' }, []],
    ['Opaque', { a: 'not base64' }, ['data[a]: Invalid value: "<contents redacted>": illegal base64 data']],
  ])('of type %s with %o: %o', (type, data, texts) => {
    const errors = secretKind.validate(makeSecret({ type, data }));
    expect(errors.map((error) => `${error.field}: ${error.message}`)).toEqual(texts);
  });

  it('keeps its type', () => {
    const errors = secretKind.validateUpdate(makeSecret({ type: 'other' }), makeSecret());
    expect(errors.map((error) => `${error.field}: ${error.message}`)).toEqual([
      'type: Invalid value: "other": field is immutable',
    ]);
  });
});
