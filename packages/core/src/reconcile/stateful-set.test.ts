import type { StatefulSet } from '@gantry/api-types';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPodReady } from './pod-state.ts';
import { isClaimLeaving, planClaimOwners } from './stateful-set-claims.ts';
import { newClaims, newStatefulPod } from './stateful-set-identity.ts';
import { StatefulSetWorld } from './stateful-set-world.ts';
import { testPod, testStatefulSet } from './test-builders.ts';

function settled(changes: Partial<StatefulSet['spec']> = {}): StatefulSetWorld {
  const world = new StatefulSetWorld(testStatefulSet(changes));
  world.settle();
  return world;
}

const kinds = (steps: readonly { type: string }[]) => steps.map(({ type }) => type);

describe('a StatefulSet that starts', () => {
  it('makes one pod after the other, each when the one before is ready', () => {
    const world = new StatefulSetWorld(testStatefulSet());
    world.pass();
    world.pass();
    expect(world.names()).toEqual(['db-0']);
    world.setReady('db-0', true);
    world.pass();
    expect(world.names()).toEqual(['db-0', 'db-1']);
    world.settle();
    expect(world.names()).toEqual(['db-0', 'db-1', 'db-2']);
  });

  it('waits for minReadySeconds before the next', () => {
    const world = new StatefulSetWorld(testStatefulSet({ minReadySeconds: 30 }));
    world.pass();
    world.setReady('db-0', true);
    world.pass();
    expect(world.names()).toEqual(['db-0']);
    expect(world.set.status).toMatchObject({ readyReplicas: 1, availableReplicas: 0 });
    world.nowMs += 30_000;
    world.pass();
    expect(world.names()).toEqual(['db-0', 'db-1']);
  });

  it('makes all at once with Parallel', () => {
    const world = new StatefulSetWorld(testStatefulSet({ podManagementPolicy: 'Parallel' }));
    world.pass();
    expect(world.names()).toEqual(['db-0', 'db-1', 'db-2']);
  });

  it('counts from ordinals.start', () => {
    expect(settled({ ordinals: { start: 5 }, replicas: 2 }).names()).toEqual(['db-5', 'db-6']);
  });

  it('recreates a pod that ended, once it is gone', () => {
    const world = settled();
    world.setPhase('db-1', 'Failed');
    const [step] = world.pass();
    expect(step).toMatchObject({
      type: 'delete',
      event: { reason: 'RecreatingFailedPod', message: 'StatefulSet default/db is recreating failed Pod db-1' },
    });
    expect(kinds(world.pass())).toEqual([]);
    world.removeLeaving();
    expect(kinds(world.pass())).toEqual(['create']);
  });

  it('gives each pod its name, host name, labels and claims', () => {
    const volumeClaimTemplates = [
      { metadata: { name: 'data' }, spec: {} },
    ] as StatefulSet['spec']['volumeClaimTemplates'];
    const set = testStatefulSet({ volumeClaimTemplates: volumeClaimTemplates ?? [] });
    const pod = newStatefulPod(set, 2, set.spec.template, 'db-hash');
    expect(pod.metadata).toMatchObject({
      name: 'db-2',
      labels: {
        app: 'web',
        'statefulset.kubernetes.io/pod-name': 'db-2',
        'apps.kubernetes.io/pod-index': '2',
        'controller-revision-hash': 'db-hash',
      },
    });
    expect(pod.spec).toMatchObject({
      hostname: 'db-2',
      subdomain: 'db',
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-2' } }],
    });
    expect(newClaims(set, 2)[0]?.metadata).toMatchObject({ name: 'data-db-2', labels: { app: 'web' } });
  });
});

describe('a StatefulSet that shrinks', () => {
  it('goes down from the highest, one at a time, while all others are ready', () => {
    const world = settled();
    world.edit({ replicas: 1 });
    expect(kinds(world.pass())).toEqual(['condemn', 'delete']);
    expect(world.pass()).toEqual([]);
    world.removeLeaving();
    world.setReady('db-0', false);
    expect(world.pass()).toEqual([]);
    world.setReady('db-0', true);
    world.settle();
    expect(world.names()).toEqual(['db-0']);
  });

  it('removes a broken pod although it is not ready', () => {
    const world = settled();
    world.setReady('db-2', false);
    world.edit({ replicas: 2 });
    expect(kinds(world.pass())).toEqual(['condemn', 'delete']);
  });

  it('removes all at once with Parallel', () => {
    const world = settled({ podManagementPolicy: 'Parallel' });
    world.edit({ replicas: 0 });
    expect(kinds(world.pass()).filter((type) => type === 'delete')).toHaveLength(3);
  });
});

describe('a rolling update', () => {
  it('replaces the highest ordinal first and waits for each', () => {
    const world = settled();
    world.setImage('web:2');
    world.pass();
    world.removeLeaving();
    world.pass();
    expect(world.images()).toEqual({ 'db-0': 'web:1', 'db-1': 'web:1', 'db-2': 'web:2' });
    expect(world.pass()).toEqual([]);
    expect(world.set.status.currentRevision).not.toBe(world.set.status.updateRevision);
    world.settle();
    world.pass();
    expect(Object.values(world.images())).toEqual(['web:2', 'web:2', 'web:2']);
    expect(world.set.status).toMatchObject({ updatedReplicas: 3, currentReplicas: 3, readyReplicas: 3 });
    expect(world.set.status.currentRevision).toBe(world.set.status.updateRevision);
  });

  it('leaves pods below the partition as they are, also when they are made anew', () => {
    const world = settled();
    world.edit({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } });
    world.setImage('web:2');
    world.settle();
    world.pods.delete('db-0');
    world.settle();
    expect(world.images()).toEqual({ 'db-0': 'web:1', 'db-1': 'web:1', 'db-2': 'web:2' });
  });

  it('touches nothing with OnDelete, and makes deleted pods anew as the new revision', () => {
    const world = settled();
    world.edit({ updateStrategy: { type: 'OnDelete' } });
    world.setImage('web:2');
    world.settle();
    expect(Object.values(world.images())).toEqual(['web:1', 'web:1', 'web:1']);
    world.pods.delete('db-1');
    world.settle();
    expect(world.images()).toEqual({ 'db-0': 'web:1', 'db-1': 'web:2', 'db-2': 'web:1' });
  });

  it('replaces as many at once as maxUnavailable says', () => {
    const world = settled({ replicas: 5, podManagementPolicy: 'Parallel' });
    world.edit({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable: 2 } } });
    world.setImage('web:2');
    expect(world.pass()).toMatchObject([
      { pod: { metadata: { name: 'db-4' } } },
      { pod: { metadata: { name: 'db-3' } } },
    ]);
    expect(world.pass()).toEqual([]);
    world.settle();
    expect(new Set(Object.values(world.images()))).toEqual(new Set(['web:2']));
  });

  it('goes back to a former revision, which becomes the newest', () => {
    const world = settled();
    const first = world.set.status.updateRevision;
    world.setImage('web:2');
    world.settle();
    world.setImage('web:1');
    world.settle();
    expect(world.set.status.updateRevision).toBe(first);
    expect(world.revisions.size).toBe(2);
    expect(world.revisions.get(first ?? '')?.revision).toBe(3);
  });
});

describe('properties of StatefulSets', () => {
  const action = fc.oneof(
    fc.record({ type: fc.constant('pass' as const) }),
    fc.record({ type: fc.constant('ready' as const), ordinal: fc.nat(5), isReady: fc.boolean() }),
    fc.record({ type: fc.constant('gone' as const) }),
    fc.record({ type: fc.constant('fail' as const), ordinal: fc.nat(5) }),
    fc.record({ type: fc.constant('scale' as const), replicas: fc.nat(5) }),
    fc.record({ type: fc.constant('image' as const), version: fc.nat(3) }),
    fc.record({ type: fc.constant('deleted' as const), ordinal: fc.nat(5) }),
  );

  function act(world: StatefulSetWorld, step: typeof action extends fc.Arbitrary<infer T> ? T : never): void {
    const name = 'ordinal' in step ? `db-${step.ordinal}` : '';
    if (step.type === 'pass') world.pass();
    else if (step.type === 'gone') world.removeLeaving();
    else if (step.type === 'scale') world.edit({ replicas: step.replicas });
    else if (step.type === 'image') world.setImage(`web:${step.version}`);
    else if (!world.pods.has(name)) return;
    else if (step.type === 'ready') world.setReady(name, step.isReady);
    else if (step.type === 'fail') world.setPhase(name, 'Failed');
    else world.pods.delete(name);
  }

  it.each(['OrderedReady', 'Parallel'])(
    'comes to rest as wanted whatever happened before (%s)',
    (podManagementPolicy) => {
      fc.assert(
        fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
          // The world throws where a second pod of an ordinal would be made.
          const world = new StatefulSetWorld(testStatefulSet({ podManagementPolicy }));
          for (const step of actions) act(world, step);
          // A human gives up on pods that never become ready; settle makes every pod ready.
          world.settle();
          world.settle();
          const { replicas = 0, template } = world.set.spec;
          expect(world.names()).toEqual(Array.from({ length: replicas }, (_, index) => `db-${index}`));
          const image = template.spec?.containers[0]?.image;
          expect(Object.values(world.images()).every((other) => other === image)).toBe(true);
        }),
        { numRuns: 150 },
      );
    },
  );

  it('never starts an ordinal before those below it are ready under OrderedReady', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const world = new StatefulSetWorld(testStatefulSet());
        for (const step of actions) {
          const before = new Map(world.pods);
          if (step.type !== 'pass') {
            act(world, step);
            continue;
          }
          for (const done of world.pass()) {
            if (done.type !== 'create') continue;
            for (let lower = 0; lower < done.ordinal; lower += 1) {
              const pod = before.get(`db-${lower}`);
              expect(pod && isPodReady(pod) && !pod.metadata.deletionTimestamp).toBe(true);
            }
          }
        }
      }),
    );
  });
});

describe('claims of a StatefulSet', () => {
  const claim = (owners: { kind: string; name: string; uid: string }[] = []) =>
    ({
      metadata: { name: 'data-db-1', ownerReferences: owners.map((owner) => ({ apiVersion: 'v1', ...owner })) },
    }) as never;
  const pod = testPod({ name: 'db-1' });
  const policy = (whenDeleted: string, whenScaled: string) =>
    testStatefulSet({ persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled } });

  it.each([
    ['Retain', 'Retain', false, []],
    ['Retain', 'Retain', true, []],
    ['Delete', 'Retain', false, ['uid-db']],
    ['Delete', 'Retain', true, ['uid-db']],
    ['Retain', 'Delete', false, []],
    ['Retain', 'Delete', true, ['uid-db-1']],
    ['Delete', 'Delete', false, ['uid-db']],
    ['Delete', 'Delete', true, ['uid-db-1']],
  ])('whenDeleted %s, whenScaled %s, scaled down %s: owned by %j', (whenDeleted, whenScaled, isCondemned, owners) => {
    const before = claim([
      { kind: 'StatefulSet', name: 'db', uid: 'uid-db' },
      { kind: 'Pod', name: 'db-1', uid: 'uid-x' },
    ]);
    const planned = planClaimOwners(policy(whenDeleted, whenScaled), before, pod, isCondemned);
    expect(planned?.map(({ uid }) => uid)).toEqual(owners);
  });

  it('are waited for while they go with an earlier pod', () => {
    expect(isClaimLeaving(testStatefulSet(), claim([{ kind: 'Pod', name: 'db-1', uid: 'uid-x' }]))).toBe(true);
    expect(isClaimLeaving(testStatefulSet(), claim([{ kind: 'StatefulSet', name: 'db', uid: 'uid-db' }]))).toBe(false);
  });
});
