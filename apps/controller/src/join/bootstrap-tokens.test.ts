import type { Secret } from '@gantry/api-types';
import type { Lister } from '@gantry/core';
import { describe, expect, it } from 'vitest';
import { refuseBootstrapToken } from './bootstrap-tokens.ts';

const now = new Date('2026-01-01T12:00:00Z');

function listerWith(fields: Record<string, string>, type = 'bootstrap.kubernetes.io/token'): Lister<Secret> {
  const data = Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  const metadata = {
    name: 'bootstrap-token-abcdef',
    namespace: 'kube-system',
    uid: '1',
    resourceVersion: '1',
    creationTimestamp: '',
  };
  const secret: Secret = { apiVersion: 'v1', kind: 'Secret', metadata, type, data };
  return {
    get: (key) => (key === 'kube-system/bootstrap-token-abcdef' ? secret : undefined),
    list: () => [secret],
    listByOwner: () => [],
    size: 1,
  };
}

const good = {
  'token-id': 'abcdef',
  'token-secret': '0123456789abcdef',
  expiration: '2026-01-01T12:00:01Z',
  'usage-bootstrap-authentication': 'true',
};

describe('bootstrap tokens', () => {
  it('accepts a token until it expires', () => {
    expect(refuseBootstrapToken(listerWith(good), 'abcdef.0123456789abcdef', now)).toBeUndefined();
    const later = new Date('2026-01-01T12:00:01Z');
    expect(refuseBootstrapToken(listerWith(good), 'abcdef.0123456789abcdef', later)).toBe('the token has expired');
  });

  it.each([
    ['nonsense', good, 'the token is malformed'],
    ['abcdef.0123456789abcdeg', good, 'the token is unknown'],
    ['zzzzzz.0123456789abcdef', good, 'the token is unknown'],
    ['abcdef.0123456789abcdef', { ...good, expiration: 'soon' }, 'the token has expired'],
    [
      'abcdef.0123456789abcdef',
      { ...good, 'usage-bootstrap-authentication': 'false' },
      'the token may not be used for joining',
    ],
  ])('refuses %s (%o)', (token, fields, refusal) => {
    expect(refuseBootstrapToken(listerWith(fields), token, now)).toBe(refusal);
  });

  it('refuses a Secret of another type', () => {
    expect(refuseBootstrapToken(listerWith(good, 'Opaque'), 'abcdef.0123456789abcdef', now)).toBe(
      'the token is unknown',
    );
  });
});
