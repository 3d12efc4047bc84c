import type { KubernetesObject, OwnerReference } from '@gantry/api-types';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAwaitingDependents, type OwnerState, planGarbage } from './garbage.ts';
import { planTerminatedPods } from './pod-garbage.ts';
import { podTemplateHash } from './pod-template-hash.ts';
import { startMs, testPod } from './test-builders.ts';

function testObject(name: string, owners: readonly [string, boolean][] = [], metadata: object = {}): KubernetesObject {
  const ownerReferences = owners.map(([owner, blockOwnerDeletion]) => reference(owner, blockOwnerDeletion));
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '', ownerReferences, ...metadata },
  };
}

function reference(name: string, blockOwnerDeletion = false): OwnerReference {
  return { apiVersion: 'v1', kind: 'ConfigMap', name, uid: name, blockOwnerDeletion };
}

/** Objects by name, with what the garbage collector does to them. */
class GarbageWorld {
  readonly objects = new Map<string, KubernetesObject>();

  delete(name: string, policy: 'Background' | 'Foreground' | 'Orphan'): void {
    const object = this.objects.get(name);
    if (!object || object.metadata.deletionTimestamp) return;
    const finalizers = { Background: [], Foreground: ['foregroundDeletion'], Orphan: ['orphan'] }[policy];
    this.#put({ ...object, metadata: { ...object.metadata, deletionTimestamp: 'now', finalizers } });
  }

  /** Passes over all objects until nothing changes. */
  collect(): void {
    for (let round = 0; round < 100; round += 1) {
      const before = JSON.stringify([...this.objects]);
      for (const name of [...this.objects.keys()]) this.#pass(name);
      if (JSON.stringify([...this.objects]) === before) return;
    }
    throw new Error('garbage collection never came to rest');
  }

  #pass(name: string): void {
    const object = this.objects.get(name);
    if (!object) return;
    const dependents = this.#dependentsOf(name);
    const plan = planGarbage({ object, ownerState: ({ uid }) => this.#stateOf(uid), dependents });
    const { metadata } = object;
    if (plan.type === 'delete') this.delete(name, plan.propagationPolicy);
    if (plan.type === 'setOwners')
      this.#put({ ...object, metadata: { ...metadata, ownerReferences: [...plan.ownerReferences] } });
    if (plan.type === 'removeFinalizer') this.#put({ ...object, metadata: { ...metadata, finalizers: [] } });
    if (plan.type !== 'orphanDependents') return;
    for (const dependent of dependents) {
      const ownerReferences = dependent.metadata.ownerReferences?.filter(({ uid }) => uid !== name) ?? [];
      this.#put({ ...dependent, metadata: { ...dependent.metadata, ownerReferences } });
    }
  }

  #put(object: KubernetesObject): void {
    const { name, deletionTimestamp, finalizers } = object.metadata;
    if (deletionTimestamp && !finalizers?.length) this.objects.delete(name);
    else this.objects.set(name, object);
  }

  #stateOf(uid: string): OwnerState {
    const owner = this.objects.get(uid);
    if (!owner) return 'absent';
    return isAwaitingDependents(owner) ? 'waiting' : 'present';
  }

  #dependentsOf(uid: string): KubernetesObject[] {
    return [...this.objects.values()].filter(({ metadata }) =>
      metadata.ownerReferences?.some((owner) => owner.uid === uid),
    );
  }
}

describe('planGarbage', () => {
  const states = (map: Record<string, OwnerState>) => (owner: OwnerReference) => map[owner.uid] ?? 'absent';

  it.each<[string, KubernetesObject, Record<string, OwnerState>, object]>([
    ['keeps what has no owner', testObject('x'), {}, { type: 'keep' }],
    ['keeps what has its owner', testObject('x', [['a', false]]), { a: 'present' }, { type: 'keep' }],
    [
      'deletes what lost its only owner',
      testObject('x', [['a', false]]),
      {},
      { type: 'delete', propagationPolicy: 'Background' },
    ],
    [
      'drops a lost owner where another is left',
      testObject('x', [
        ['a', false],
        ['b', true],
      ]),
      { b: 'present' },
      { type: 'setOwners', ownerReferences: [reference('b', true)] },
    ],
    [
      'lets go of an owner that waits, where another is left',
      testObject('x', [
        ['a', true],
        ['b', true],
      ]),
      { a: 'waiting', b: 'present' },
      { type: 'setOwners', ownerReferences: [reference('b', true)] },
    ],
    [
      'leaves alone what is being deleted already',
      testObject('x', [['a', false]], { deletionTimestamp: 'now' }),
      {},
      { type: 'keep' },
    ],
    [
      'honours an orphan finalizer set beforehand',
      testObject('x', [['a', false]], { finalizers: ['orphan'] }),
      {},
      { type: 'delete', propagationPolicy: 'Orphan' },
    ],
  ])('%s', (_, object, owners, expected) => {
    expect(planGarbage({ object, ownerState: states(owners), dependents: [] })).toEqual(expected);
  });

  it('comes to rest on any graph of owners, and leaves nothing that only has owners that are gone', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const edge = fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names), fc.boolean());
    const policy = fc.constantFrom('Background', 'Foreground', 'Orphan' as const);
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 14 }), fc.constantFrom(...names), policy, (edges, victim, how) => {
        const world = new GarbageWorld();
        for (const name of names) {
          const owners = new Map(edges.filter(([from]) => from === name).map(([, to, block]) => [to, block]));
          world.objects.set(name, testObject(name, [...owners]));
        }
        world.delete(victim, how as 'Background');
        world.collect();
        expect(world.objects.has(victim)).toBe(false);
        for (const { metadata } of world.objects.values()) {
          for (const { uid } of metadata.ownerReferences ?? []) expect(world.objects.has(uid)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

it('removes the oldest of too many ended pods', () => {
  const pods = [3, 1, 2].map((age) => testPod({ name: `p${age}`, phase: 'Failed', createdMs: startMs - age * 1000 }));
  expect(planTerminatedPods(pods, 1).map(({ metadata }) => metadata.name)).toEqual(['p3', 'p2']);
  expect(planTerminatedPods(pods, 0)).toEqual([]);
});

it('hashes a template by its content, not by the order of its keys', () => {
  const template = { metadata: { labels: { a: '1', b: '2' } }, spec: { containers: [{ name: 'x', image: 'y' }] } };
  const reordered = { spec: { containers: [{ image: 'y', name: 'x' }] }, metadata: { labels: { b: '2', a: '1' } } };
  expect(podTemplateHash(template)).toBe(podTemplateHash(reordered));
  expect(podTemplateHash(template)).not.toBe(podTemplateHash({ ...template, spec: { containers: [] } }));
  expect(podTemplateHash(template, 1)).not.toBe(podTemplateHash(template));
});
