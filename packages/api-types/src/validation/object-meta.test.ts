import { describe, expect, it } from 'vitest';
import type { ObjectMeta } from '../generated/types.ts';
import { makePod } from '../testing/index.ts';
import { nameProblems, validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';

const rules = { isNamespaced: true, nameRule: 'subdomain' } as const;
const meta: ObjectMeta = makePod({ name: 'web' }).metadata;

function textsOf(change: Partial<ObjectMeta>, isNamespaced = true): string[] {
  return validateObjectMeta({ ...meta, ...change }, { ...rules, isNamespaced }).map((e) => `${e.field}: ${e.message}`);
}

describe('validateObjectMeta', () => {
  it('takes ordinary metadata', () => {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'u', controller: true };
    const change = {
      labels: { app: 'web', 'example.com/tier': '' },
      annotations: { 'Example.com/Note': 'any text at all' },
      ownerReferences: [owner],
      finalizers: ['foregroundDeletion', 'example.com/hold'],
    };
    expect(textsOf(change)).toEqual([]);
  });

  it.each([
    [{ name: '' }, ['metadata.name: Required value: name or generateName is required']],
    [{ namespace: '' }, ['metadata.namespace: Required value']],
    [{ generation: -1 }, ['metadata.generation: Invalid value: -1: must be greater than or equal to 0']],
    [
      { annotations: { a: 'x'.repeat(256 * 1024) } },
      ['metadata.annotations: Too long: may not be more than 262144 bytes'],
    ],
    [
      { finalizers: ['mine'] },
      [
        'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
      ],
    ],
    [
      { finalizers: ['orphan', 'foregroundDeletion'] },
      [
        'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
      ],
    ],
    [
      { ownerReferences: [{ apiVersion: '', kind: '', name: '', uid: '' }] },
      [
        'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
        'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
        'metadata.ownerReferences.name: Invalid value: "": must not be empty',
        'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
      ],
    ],
  ])('refuses %o', (change, texts) => {
    expect(textsOf(change)).toEqual(texts);
  });

  it('refuses two controllers', () => {
    const owner = (name: string) => ({ apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: name, controller: true });
    expect(textsOf({ ownerReferences: [owner('a'), owner('b')] })).toEqual([
      expect.stringContaining(
        'Only one reference can have Controller set to true. Found "true" in references for ReplicaSet/a and ReplicaSet/b',
      ),
    ]);
  });

  it('refuses a namespace where the kind has none', () => {
    expect(textsOf({}, false)).toEqual(['metadata.namespace: Forbidden: not allowed on this type']);
  });

  it('lets a generated name end with a dash', () => {
    expect(nameProblems('subdomain', 'web-', true)).toEqual([]);
    expect(nameProblems('subdomain', 'web-')).toHaveLength(1);
  });
});

describe('validateObjectMetaUpdate', () => {
  it('takes changed labels and left-out server fields', () => {
    expect(validateObjectMetaUpdate({ name: 'web', namespace: 'default', labels: { a: 'b' } }, meta)).toEqual([]);
  });

  it.each(['name', 'namespace', 'uid', 'creationTimestamp'] as const)('refuses a changed %s', (field) => {
    expect(validateObjectMetaUpdate({ ...meta, [field]: 'other' }, meta)).toEqual([
      {
        field: `metadata.${field}`,
        reason: 'FieldValueInvalid',
        message: 'Invalid value: "other": field is immutable',
      },
    ]);
  });

  it('refuses new finalizers on an object that is being deleted', () => {
    const dying = { ...meta, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a.b/c'] };
    const errors = validateObjectMetaUpdate({ ...dying, finalizers: ['a.b/c', 'a.b/d'] }, dying);
    expect(errors.map((e) => e.message)).toEqual([
      'Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a.b/d"}',
    ]);
    expect(validateObjectMetaUpdate({ ...dying, finalizers: [] }, dying)).toEqual([]);
  });
});
