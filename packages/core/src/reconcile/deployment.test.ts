import type { Deployment } from '@gantry/api-types';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planDeployment } from './deployment.ts';
import { revisionAnnotation, revisionHistoryAnnotation } from './deployment-revisions.ts';
import { deploymentCondition } from './deployment-status.ts';
import { isPodReady } from './pod-state.ts';
import { rolloutLimits } from './rollout-limits.ts';
import { testDeployment } from './test-builders.ts';
import { TestWorld } from './test-world.ts';

function conditionsOf(deployment: Deployment): Record<string, string> {
  const entries = (deployment.status.conditions ?? []).map(
    ({ type, status, reason, message }) => [type, `${status} ${reason}: ${message}`] as const,
  );
  return Object.fromEntries(entries);
}

function sizes(world: TestWorld): Record<string, number | undefined> {
  const entries = [...world.replicaSets.values()].map(
    (replicaSet) => [replicaSet.spec.template?.spec.containers[0]?.image ?? '', replicaSet.spec.replicas] as const,
  );
  return Object.fromEntries(entries);
}

function replicaSetOf(world: TestWorld, image: string) {
  const found = [...world.replicaSets.values()].find(
    (replicaSet) => replicaSet.spec.template?.spec.containers[0]?.image === image,
  );
  if (!found) throw new Error(`no ReplicaSet of ${image}`);
  return found;
}

describe('a new Deployment', () => {
  it('creates a ReplicaSet of full size, labelled with the hash of its template', () => {
    const plan = planDeployment({ deployment: testDeployment(), replicaSets: [], pods: [], nowMs: 0 });
    const created = plan.createReplicaSet;
    const hash = created?.metadata.labels?.['pod-template-hash'] ?? '';
    expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{7}$/);
    expect(created?.metadata.name).toBe(`web-${hash}`);
    expect(created?.spec.replicas).toBe(3);
    expect(created?.spec.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash });
    expect(created?.spec.template?.metadata?.labels).toEqual({ app: 'web', 'pod-template-hash': hash });
    expect(created?.metadata.annotations).toEqual({
      'deployment.kubernetes.io/revision': '1',
      'deployment.kubernetes.io/desired-replicas': '3',
      'deployment.kubernetes.io/max-replicas': '4',
    });
    expect(plan.annotations).toEqual({ [revisionAnnotation]: '1' });
  });

  it('reports what kubectl rollout status and describe show', () => {
    const world = new TestWorld(testDeployment());
    world.passDeployment();
    const [name] = world.replicaSets.keys();
    expect(conditionsOf(world.deployment)).toEqual({
      Progressing: `True NewReplicaSetCreated: Created new replica set "${name}"`,
      Available: 'False MinimumReplicasUnavailable: Deployment does not have minimum availability.',
    });
    expect(world.deployment.status.observedGeneration).toBe(1);
    world.settle();
    expect(conditionsOf(world.deployment)).toEqual({
      Progressing: `True NewReplicaSetAvailable: ReplicaSet "${name}" has successfully progressed.`,
      Available: 'True MinimumReplicasAvailable: Deployment has minimum availability.',
    });
    expect(world.deployment.status).toMatchObject({
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
    });
    expect(world.messages).toEqual([`Scaled up replica set ${name} from 0 to 3`]);
  });

  it('takes another hash after a collision', () => {
    const deployment = testDeployment();
    const first = planDeployment({ deployment, replicaSets: [], pods: [], nowMs: 0 });
    const collided = { ...deployment, status: { collisionCount: 1 } };
    const second = planDeployment({ deployment: collided, replicaSets: [], pods: [], nowMs: 0 });
    expect(second.createReplicaSet?.metadata.name).not.toBe(first.createReplicaSet?.metadata.name);
  });

  it('does nothing but report once it is being deleted', () => {
    const deployment = testDeployment();
    const metadata = { ...deployment.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    const plan = planDeployment({ deployment: { ...deployment, metadata }, replicaSets: [], pods: [], nowMs: 0 });
    expect(plan.createReplicaSet).toBeUndefined();
  });
});

describe('a rolling update', () => {
  it('surges first, then replaces pod by pod as the new ones become available', () => {
    const world = new TestWorld(testDeployment());
    world.settle();
    world.messages.length = 0;
    world.setImage('web:2');
    world.passDeployment();
    expect(sizes(world)).toEqual({ 'web:1': 3, 'web:2': 1 });
    world.passReplicaSets();
    world.passDeployment();
    expect(sizes(world)).toEqual({ 'web:1': 3, 'web:2': 1 });
    world.settle();
    expect(sizes(world)).toEqual({ 'web:1': 0, 'web:2': 3 });
    const [oldName, newName] = world.replicaSets.keys();
    expect(world.messages).toEqual([
      `Scaled up replica set ${newName} from 0 to 1`,
      `Scaled down replica set ${oldName} from 3 to 2`,
      `Scaled up replica set ${newName} from 1 to 2`,
      `Scaled down replica set ${oldName} from 2 to 1`,
      `Scaled up replica set ${newName} from 2 to 3`,
      `Scaled down replica set ${oldName} from 1 to 0`,
    ]);
  });

  it('keeps the old pods while the new ones never become ready', () => {
    const world = new TestWorld(testDeployment({ replicas: 4 }));
    world.settle();
    world.setImage('broken');
    for (let round = 0; round < 20; round += 1) {
      world.passDeployment();
      world.passReplicaSets();
    }
    expect(sizes(world)).toEqual({ 'web:1': 3, broken: 2 });
    expect(world.availableCount()).toBe(3);
  });

  it('removes unhealthy old pods first', () => {
    const world = new TestWorld(testDeployment({ replicas: 4 }, 'broken'));
    world.passDeployment();
    world.passReplicaSets();
    world.setImage('web:2');
    for (let round = 0; round < 3; round += 1) {
      world.passDeployment();
      world.passReplicaSets();
    }
    expect(sizes(world).broken).toBeLessThan(4);
    world.settle();
    expect(sizes(world)).toEqual({ broken: 0, 'web:2': 4 });
  });

  it('goes back to the old ReplicaSet on rollback and stamps it with a new revision', () => {
    const world = new TestWorld(testDeployment());
    world.settle();
    world.setImage('web:2');
    world.settle();
    expect(world.deployment.metadata.annotations?.[revisionAnnotation]).toBe('2');
    world.setImage('web:1');
    world.settle();
    expect(sizes(world)).toEqual({ 'web:1': 3, 'web:2': 0 });
    expect(world.replicaSets.size).toBe(2);
    const annotations = replicaSetOf(world, 'web:1').metadata.annotations;
    expect(annotations?.[revisionAnnotation]).toBe('3');
    expect(annotations?.[revisionHistoryAnnotation]).toBe('1');
    expect(world.deployment.metadata.annotations?.[revisionAnnotation]).toBe('3');
  });

  it('forgets revisions beyond the history limit, oldest first', () => {
    const world = new TestWorld(testDeployment({ revisionHistoryLimit: 2 }));
    for (let version = 1; version <= 5; version += 1) {
      world.setImage(`web:${version}`);
      world.settle();
    }
    expect(sizes(world)).toEqual({ 'web:3': 0, 'web:4': 0, 'web:5': 3 });
  });

  it('copies the annotations of the Deployment, but not what kubectl applied', () => {
    const world = new TestWorld(testDeployment());
    const metadata = {
      ...world.deployment.metadata,
      annotations: { 'kubernetes.io/change-cause': 'first', 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
    };
    world.deployment = { ...world.deployment, metadata };
    world.settle();
    const annotations = replicaSetOf(world, 'web:1').metadata.annotations ?? {};
    expect(annotations['kubernetes.io/change-cause']).toBe('first');
    expect(annotations['kubectl.kubernetes.io/last-applied-configuration']).toBeUndefined();
  });
});

describe('the progress deadline', () => {
  it('is missed when nothing moves for that long, and says so once', () => {
    const world = new TestWorld(testDeployment({ progressDeadlineSeconds: 60 }));
    const first = world.passDeployment();
    expect(first.recheckAfterMs).toBe(61_000);
    world.passReplicaSets();
    world.passDeployment();
    world.nowMs += 62_000;
    world.passDeployment();
    const [name] = world.replicaSets.keys();
    expect(conditionsOf(world.deployment).Progressing).toBe(
      `False ProgressDeadlineExceeded: ReplicaSet "${name}" has timed out progressing.`,
    );
    expect(world.passDeployment().isStatusChanged).toBe(false);
  });

  it('starts anew with every pod that becomes ready', () => {
    const world = new TestWorld(testDeployment({ progressDeadlineSeconds: 60 }));
    world.passDeployment();
    world.passReplicaSets();
    for (const pod of world.activePods()) {
      world.nowMs += 50_000;
      world.passDeployment();
      world.setReady(pod, true);
      world.passReplicaSets();
      world.passDeployment();
    }
    expect(deploymentCondition(world.deployment.status.conditions, 'Progressing')?.reason).toBe(
      'NewReplicaSetAvailable',
    );
  });
});

describe('a paused Deployment', () => {
  it('does not roll out a change until it is resumed', () => {
    const world = new TestWorld(testDeployment());
    world.settle();
    world.edit((spec) => ({ ...spec, paused: true }));
    world.setImage('web:2');
    world.settle();
    expect(sizes(world)).toEqual({ 'web:1': 3 });
    expect(conditionsOf(world.deployment).Progressing).toBe('Unknown DeploymentPaused: Deployment is paused');
    world.edit((spec) => ({ ...spec, paused: false }));
    world.settle();
    expect(sizes(world)).toEqual({ 'web:1': 0, 'web:2': 3 });
  });

  it('is still resized', () => {
    const world = new TestWorld(testDeployment());
    world.settle();
    world.edit((spec) => ({ ...spec, paused: true, replicas: 7 }));
    world.settle();
    expect(sizes(world)).toEqual({ 'web:1': 7 });
  });

  it('shares a resize in mid-rollout in proportion to what the ReplicaSets hold', () => {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } };
    const world = new TestWorld(testDeployment({ replicas: 10, strategy }));
    world.settle();
    world.setImage('broken');
    for (let round = 0; round < 10; round += 1) {
      world.passDeployment();
      world.passReplicaSets();
    }
    expect(sizes(world)).toEqual({ 'web:1': 8, broken: 5 });
    world.edit((spec) => ({ ...spec, replicas: 15 }));
    world.passDeployment();
    expect(sizes(world)).toEqual({ 'web:1': 11, broken: 7 });
  });
});

describe('Recreate', () => {
  it('starts no new pod while an old one is left, even a terminating one', () => {
    const world = new TestWorld(testDeployment({ strategy: { type: 'Recreate' } }));
    world.settle();
    world.setImage('web:2');
    world.passDeployment();
    world.passReplicaSets(true);
    for (let round = 0; round < 5; round += 1) {
      world.passDeployment();
      world.passReplicaSets(true);
    }
    expect(sizes(world)).toEqual({ 'web:1': 0 });
    for (const pod of [...world.pods.values()]) world.remove(pod);
    world.settle();
    expect(sizes(world)).toEqual({ 'web:1': 0, 'web:2': 3 });
  });
});

const intOrPercent = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
);

describe('any rollout', () => {
  it('keeps within surge and unavailable at every step and comes to rest', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 12 }),
        intOrPercent,
        intOrPercent,
        fc.array(fc.tuple(fc.constantFrom('deployment', 'replicasets', 'ready', 'report'), fc.nat(20)), {
          maxLength: 80,
        }),
        (replicas, maxSurge, maxUnavailable, steps) => {
          const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } };
          const world = new TestWorld(testDeployment({ replicas, strategy }));
          world.settle();
          const limits = rolloutLimits(world.deployment);
          world.setImage('web:2');
          for (const [step, index] of steps) {
            takeStep(world, step, index);
            expect(world.activePods().length).toBeLessThanOrEqual(replicas + limits.maxSurge);
            expect(world.availableCount()).toBeGreaterThanOrEqual(replicas - limits.maxUnavailable);
          }
          world.settle();
          expect(sizes(world)['web:2']).toBe(replicas);
          expect(world.availableCount()).toBe(replicas);
          expect(world.activePods().length).toBe(replicas);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('comes to rest at the desired size whatever was changed on the way', () => {
    const change = fc.oneof(
      fc.record({ image: fc.constantFrom('web:1', 'web:2', 'web:3') }),
      fc.record({ replicas: fc.integer({ min: 0, max: 10 }) }),
      fc.record({ strategy: fc.constantFrom('Recreate', 'RollingUpdate') }),
      fc.record({ step: fc.constantFrom('deployment', 'replicasets', 'ready', 'report') }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const world = new TestWorld(testDeployment());
        for (const next of changes) {
          if ('image' in next) world.setImage(next.image);
          else if ('replicas' in next) world.edit((spec) => ({ ...spec, replicas: next.replicas }));
          else if ('strategy' in next) world.edit((spec) => ({ ...spec, strategy: { type: next.strategy } }));
          else takeStep(world, next.step, 0);
        }
        world.settle();
        const image = world.deployment.spec.template.spec.containers[0]?.image ?? '';
        expect(world.activePods().length).toBe(world.deployment.spec.replicas);
        expect(sizes(world)[image]).toBe(world.deployment.spec.replicas);
        expect(world.passDeployment().isStatusChanged).toBe(false);
      }),
      { numRuns: 150 },
    );
  });
});

function takeStep(world: TestWorld, step: string, index: number): void {
  if (step === 'deployment') world.passDeployment();
  else if (step === 'replicasets') world.passReplicaSets();
  else if (step === 'report') for (const replicaSet of world.replicaSets.values()) world.reportReplicaSet(replicaSet);
  else {
    const waiting = world.activePods().filter((pod) => !isPodReady(pod));
    const pod = waiting[index % Math.max(1, waiting.length)];
    if (pod) world.setReady(pod, true);
  }
}
