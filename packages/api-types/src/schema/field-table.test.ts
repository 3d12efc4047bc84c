import { describe, expect, it } from 'vitest';
import { schemaTypes } from '../generated/schema-data.ts';
import { apiVersionOf } from '../kind.ts';
import { kinds } from '../kinds.ts';
import { schemaOfKind, structOf } from './field-table.ts';

describe('the field table', () => {
  it('flattens embedded structs in JSON and keeps them apart on the wire', () => {
    const volume = structOf('v1.Volume');
    expect([...(volume?.fields.keys() ?? [])]).toEqual(expect.arrayContaining(['name', 'emptyDir', 'configMap']));
    expect(volume?.wire.get(2)).toMatchObject({ form: 'embedded' });
  });

  it('knows merge keys and sets', () => {
    expect(structOf('v1.PodSpec')?.fields.get('containers')?.patch).toMatchObject({ merges: true, key: 'name' });
    expect(structOf('meta/v1.ObjectMeta')?.fields.get('finalizers')?.patch).toMatchObject({
      merges: true,
      key: undefined,
    });
    expect(structOf('v1.Container')?.fields.get('command')?.patch.merges).toBe(false);
  });

  it.each([
    ['v1', 'Binding'],
    ['v1', 'PodList'],
    ['v1', 'Status'],
    ['apps/v1', 'DeleteOptions'],
    ['apps/v1', 'DeploymentList'],
    ['autoscaling/v1', 'Scale'],
    ['policy/v1', 'Eviction'],
    ['events.k8s.io/v1', 'Event'],
    ['authentication.k8s.io/v1', 'SelfSubjectReview'],
    ['authentication.k8s.io/v1', 'TokenRequest'],
    ['authorization.k8s.io/v1', 'SelfSubjectAccessReview'],
    ['authorization.k8s.io/v1', 'SelfSubjectRulesReview'],
  ])('has the kind %s %s', (apiVersion, kind) => {
    expect(schemaOfKind({ apiVersion, kind })).toBeDefined();
  });

  it.each(kinds.map((kind) => [kind.kind, kind] as const))(
    'has %s, its list and the bodies of its subresources',
    (_, kind) => {
      const apiVersion = apiVersionOf(kind);
      expect(schemaOfKind({ apiVersion, kind: kind.kind })).toBeDefined();
      expect(schemaOfKind({ apiVersion, kind: `${kind.kind}List` })).toBeDefined();
      // What exec, attach and portforward are told comes in the query, not in a body.
      for (const sub of kind.subresources.filter((each) => !each.kind.endsWith('Options'))) {
        expect(schemaOfKind({ apiVersion: apiVersionOf(sub), kind: sub.kind }), sub.name).toBeDefined();
      }
    },
  );

  it('has no kind for what is only a part', () => {
    expect(schemaOfKind({ apiVersion: 'v1', kind: 'Container' })).toBeUndefined();
    expect(schemaOfKind({ apiVersion: 'v1', kind: 'toString' })).toBeUndefined();
  });

  it('gives no field number twice', () => {
    for (const [id, lines] of Object.entries(schemaTypes)) {
      const numbers = lines.split('\n').map((line) => line.split(' ')[1]);
      const known = numbers.filter((number) => number !== '-');
      expect(new Set(known).size, id).toBe(known.length);
    }
  });
});
