import { queryObjects } from 'node:v8';
import { makePod } from '@gantry/api-types/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ObjectVersion } from './object-version.ts';
import { byKey } from './ordered-cells.ts';
import { ResourceIndex } from './resource-index.ts';

const step = fc.record({
  action: fc.constantFrom('put', 'put', 'remove', 'look'),
  namespace: fc.constantFrom('a', 'a-b', 'b'),
  name: fc.constantFrom('x', 'y', 'z', 'x-1', 'x.1'),
  owner: fc.constantFrom(undefined, 'o1', 'o2'),
});

it('agrees with a plain map under random changes, however rarely somebody looks', () => {
  void fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const index = new ResourceIndex<ReturnType<typeof makePod>>();
      const model = new Map<string, { key: string; namespace: string; owner: string | undefined; revision: number }>();
      for (const [revision, { action, namespace, name, owner }] of steps.entries()) {
        const key = `${namespace}/${name}`;
        if (action === 'put') {
          expect(index.put(version(namespace, name, owner, revision))?.revision).toBe(model.get(key)?.revision);
          model.set(key, { key, namespace, owner, revision });
        } else if (action === 'remove') {
          expect(index.remove(key)?.revision).toBe(model.get(key)?.revision);
          model.delete(key);
        } else check(index, [...model.values()].sort(byKey));
      }
      check(index, [...model.values()].sort(byKey));
    }),
  );
});

it('lets go of objects that were removed, though nobody ever looks', () => {
  const index = new ResourceIndex<ReturnType<typeof makePod>>();
  index.put(version('a', 'kept', undefined, 0));
  for (let number = 1; number <= 1_000; number += 1) {
    index.put(version('a', `event-${number}`, undefined, number));
    index.remove(`a/event-${number}`);
  }
  expect(queryObjects(ObjectVersion, { format: 'count' })).toBeLessThan(100);
  expect(index.versions('a').map(({ key }) => key)).toEqual(['a/kept']);
});

function version(namespace: string, name: string, owner: string | undefined, revision: number) {
  const ownerReferences = owner ? [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: owner, controller: true }] : [];
  const object = makePod({ namespace, name, ownerReferences });
  return new ObjectVersion('ADDED', { key: `${namespace}/${name}`, revision, text: '{"metadata":{}}', object }, true);
}

function check(
  index: ResourceIndex<ReturnType<typeof makePod>>,
  expected: readonly { key: string; namespace: string; owner: string | undefined; revision: number }[],
): void {
  const facts = (versions: readonly { key: string; revision: number }[]) => versions.map((v) => [v.key, v.revision]);
  expect(index.size).toBe(expected.length);
  expect(facts(index.versions())).toEqual(facts(expected));
  for (const namespace of ['a', 'a-b', 'b', 'none']) {
    const inNamespace = expected.filter((item) => item.namespace === namespace);
    expect(facts(index.versions(namespace))).toEqual(facts(inNamespace));
    expect(index.list(namespace).map((pod) => pod.metadata.name)).toEqual(
      inNamespace.map(({ key }) => key.split('/')[1]),
    );
  }
  for (const owner of ['o1', 'o2']) {
    const owned = index.listByOwner(owner).map((pod) => `${pod.metadata.namespace}/${pod.metadata.name}`);
    expect(owned.sort()).toEqual(
      expected
        .filter((item) => item.owner === owner)
        .map((item) => item.key)
        .sort(),
    );
  }
}
