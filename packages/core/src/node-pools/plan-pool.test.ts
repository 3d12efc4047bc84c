import type { Node, NodePool, NodePoolSpec } from '@gantry/api-types';
import { makeNode } from '@gantry/api-types/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTime } from '../lib/timestamp.ts';
import type { Dispensability } from './find-dispensable.ts';
import type { RoomAnswer } from './find-room.ts';
import { planPool } from './plan-pool.ts';
import type { HostOutcome, PoolPlan, PoolWorld } from './pool-world.ts';

const startMs = Date.UTC(2026, 0, 1);
const noRoomNeeded: RoomAnswer = {
  reason: 'NoPodsWait',
  message: 'no pod waits for room',
  hosts: 0,
  helped: [],
  images: [],
};
const needs = (hosts: number): RoomAnswer => ({
  reason: 'PodsWait',
  message: `pods wait for ${hosts}`,
  hosts,
  helped: ['default/a'],
  images: [],
});

/** A pool whose provider and agents do what the test says; the plan's status is its only memory. */
class Pool {
  pool: NodePool;
  nowMs = startMs;
  readonly nodes = new Map<string, Node>();
  room: RoomAnswer | undefined = noRoomNeeded;
  dispensable: ReadonlyMap<string, Dispensability> | undefined = new Map();
  podsLeft = 0;
  readonly events: string[] = [];

  constructor(spec: Partial<NodePoolSpec> = {}) {
    this.pool = {
      apiVersion: 'gantry.io/v1',
      kind: 'NodePool',
      metadata: { name: 'burst', uid: 'u', resourceVersion: '1', creationTimestamp: '', generation: 1 },
      spec: { provider: 'docker', maxNodes: 3, template: { cpu: '2', memory: '4Gi' }, ...spec },
      status: { nodes: 0, readyNodes: 0, waitingPods: 0 },
    };
  }

  pass(outcomes: Readonly<Record<string, HostOutcome>> = {}): PoolPlan {
    const plan = planPool(this.world(outcomes));
    this.pool = { ...this.pool, status: plan.status };
    this.events.push(...plan.events.map(({ reason }) => reason));
    return plan;
  }

  world(outcomes: Readonly<Record<string, HostOutcome>> = {}): PoolWorld {
    const { pool, nowMs, room, dispensable } = this;
    return {
      pool,
      nowMs,
      room,
      dispensable,
      node: (name) => this.nodes.get(name),
      podsLeft: () => this.podsLeft,
      drainBlocker: () => undefined,
      outcomes: new Map(Object.entries(outcomes)),
    };
  }

  setReady(name: string, status = 'True', sinceMs = this.nowMs): void {
    const node = makeNode({ name });
    const conditions = [{ type: 'Ready', status, lastTransitionTime: formatTime(sinceMs) }];
    this.nodes.set(name, { ...node, status: { ...node.status, conditions } });
  }

  /** `burst-1 Ready, burst-2 Joining` */
  get told(): string {
    return (this.pool.status.hosts ?? []).map(({ name, phase }) => `${name} ${phase}`).join(', ');
  }

  condition(type: string): string {
    const found = this.pool.status.conditions?.find((condition) => condition.type === type);
    return `${found?.status} ${found?.reason}`;
  }

  /** As many hosts, at work. */
  grow(count: number): this {
    this.room = needs(count);
    this.pass();
    const names = Array.from({ length: count }, (_, i) => `burst-${i + 1}`);
    this.room = noRoomNeeded;
    this.pass(Object.fromEntries(names.map((name) => [name, { action: 'create' }])));
    for (const name of names) this.setReady(name);
    this.pass();
    this.events.length = 0;
    return this;
  }

  idle(...names: string[]): void {
    this.dispensable = new Map(
      (this.pool.status.hosts ?? []).map(({ name }) => [
        name,
        { isDispensable: names.includes(name), message: names.includes(name) ? 'idle' : 'busy', pods: 0 },
      ]),
    );
  }
}

describe('a pool that grows', () => {
  it('records hosts before they are made, and takes them in when their Node is Ready', () => {
    const it = new Pool();
    it.room = needs(2);
    expect(it.pass().create).toEqual(['burst-1', 'burst-2']);
    expect(it.told).toBe('burst-1 Provisioning, burst-2 Provisioning');
    expect(it.condition('ScalingUp')).toBe('True HostsComing');
    // They are on their way, so that the pods that wait need no further ones.
    it.room = noRoomNeeded;
    expect(it.pass({ 'burst-1': { action: 'create' } }).create).toEqual(['burst-2']);
    it.setReady('burst-1');
    it.pass({ 'burst-2': { action: 'create' } });
    expect(it.told).toBe('burst-1 Ready, burst-2 Joining');
    expect(it.pool.status).toMatchObject({ nodes: 2, readyNodes: 1 });
    expect(it.events).toEqual(['ScaleUp', 'HostReady']);
  });

  it.each([
    [{ maxNodes: 2 }, 5, 2],
    [{ maxNodes: 9, limits: { cpu: '7' } }, 5, 3],
    [{ maxNodes: 9, limits: { memory: '4Gi' } }, 5, 1],
    [{ maxNodes: 9, minNodes: 2 }, 0, 2],
    [{ maxNodes: 9, minNodes: 2 }, 4, 4],
  ])('with %j and room wanted for %i has %i hosts', (spec, wanted, expected) => {
    const it = new Pool(spec);
    it.room = wanted > 0 ? needs(wanted) : noRoomNeeded;
    expect(it.pass().create).toHaveLength(expected);
  });

  it('says why it does not', () => {
    const it = new Pool();
    it.room = { ...noRoomNeeded, reason: 'WouldNotHelp', message: 'too large for the template' };
    it.pass();
    expect(it.told).toBe('');
    expect(it.condition('ScalingUp')).toBe('False WouldNotHelp');
    it.room = { ...needs(1), hosts: 0, reason: 'AtMaximum' };
    it.pass();
    expect(it.condition('ScalingUp')).toBe('False AtMaximum');
  });

  it('takes no name that a Node has', () => {
    const it = new Pool();
    it.setReady('burst-1');
    it.room = needs(1);
    expect(it.pass().create).toEqual(['burst-2']);
  });

  it('backs off when the provider fails, and gives the host up after five failures', () => {
    const it = new Pool();
    it.room = needs(1);
    it.pass();
    it.room = noRoomNeeded;
    const failed = { 'burst-1': { action: 'create', problem: 'no engine' } } as const;
    const waits: number[] = [];
    for (let failure = 1; failure <= 4; failure += 1) {
      const plan = it.pass(failed);
      expect(plan.create).toEqual([]);
      waits.push(plan.recheckAfterMs ?? 0);
      it.nowMs += plan.recheckAfterMs ?? 0;
      expect(it.pass().create).toEqual(['burst-1']);
    }
    expect(waits).toEqual([5_000, 10_000, 20_000, 40_000]);
    expect(it.condition('Ready')).toBe('False ProviderFailed');
    it.pass(failed);
    expect(it.told).toBe('burst-1 Removing');
    it.nowMs += 300_000;
    expect(it.pass().remove).toEqual(['burst-1']);
    it.pass({ 'burst-1': { action: 'delete' } });
    expect(it.told).toBe('');
    expect(it.condition('Ready')).toBe('True Settled');
  });

  it('gives a host up that does not join', () => {
    const it = new Pool();
    it.room = needs(1);
    it.pass();
    it.room = noRoomNeeded;
    const { recheckAfterMs = 0 } = it.pass({ 'burst-1': { action: 'create' } });
    it.nowMs += recheckAfterMs;
    it.pass();
    expect(it.told).toBe('burst-1 Removing');
    expect(it.pool.status.failures).toBe(1);
  });

  it('has the provider see to a host whose Node stays not Ready', () => {
    const it = new Pool().grow(1);
    it.setReady('burst-1', 'Unknown');
    const { create, recheckAfterMs = 0 } = it.pass();
    expect(create).toEqual([]);
    it.nowMs += recheckAfterMs;
    expect(it.pass().create).toEqual(['burst-1']);
  });
});

describe('a pool that shrinks', () => {
  it('empties a host that was idle for long enough, and then removes it', () => {
    const it = new Pool({ scaleDown: { afterSeconds: 60 } }).grow(2);
    it.idle('burst-2');
    const { recheckAfterMs } = it.pass();
    expect(it.condition('ScalingDown')).toBe('False Idling');
    expect(recheckAfterMs).toBe(60_000);
    it.nowMs += 60_000;
    it.podsLeft = 1;
    expect(it.pass().drain).toEqual(['burst-2']);
    expect(it.pass().remove).toEqual([]);
    it.podsLeft = 0;
    expect(it.pass().remove).toEqual(['burst-2']);
    it.pass({ 'burst-2': { action: 'delete' } });
    expect(it.told).toBe('burst-1 Ready');
    expect(it.events).toEqual(['ScaleDown', 'HostRemoved']);
  });

  it('forgets how long a host was idle when it is needed in between', () => {
    const it = new Pool({ scaleDown: { afterSeconds: 60 } }).grow(1);
    it.idle('burst-1');
    it.pass();
    it.nowMs += 59_000;
    it.idle();
    it.pass();
    it.nowMs += 5_000;
    it.idle('burst-1');
    it.pass();
    it.nowMs += 59_000;
    it.pass();
    expect(it.told).toBe('burst-1 Ready');
  });

  it('removes one host at a time, never below its minimum', () => {
    const it = new Pool({ minNodes: 1, scaleDown: { afterSeconds: 0 } }).grow(3);
    it.idle('burst-1', 'burst-2', 'burst-3');
    it.podsLeft = 1;
    expect(it.pass().drain).toEqual(['burst-3']);
    expect(it.pass().drain).toEqual(['burst-3']);
    it.podsLeft = 0;
    it.pass();
    it.pass({ 'burst-3': { action: 'delete' } });
    it.pass();
    expect(it.told).toBe('burst-1 Ready, burst-2 Removing');
    it.pass({ 'burst-2': { action: 'delete' } });
    it.pass();
    expect(it.told).toBe('burst-1 Ready');
    expect(it.condition('ScalingDown')).toBe('False AtMinimum');
  });

  it('drains nothing on an answer of before', () => {
    const it = new Pool({ scaleDown: { afterSeconds: 60 } }).grow(1);
    it.idle('burst-1');
    it.pass();
    it.nowMs += 120_000;
    it.dispensable = undefined;
    it.pass();
    expect(it.told).toBe('burst-1 Ready');
  });

  it('takes a host back that is needed again before it starts another', () => {
    const it = new Pool({ scaleDown: { afterSeconds: 0 } }).grow(1);
    it.idle('burst-1');
    it.podsLeft = 2;
    it.pass();
    it.room = needs(1);
    const plan = it.pass();
    expect([plan.uncordon, plan.create]).toEqual([['burst-1'], []]);
    expect(it.told).toBe('burst-1 Ready');
  });

  it('gives up a drain that takes too long', () => {
    const it = new Pool({ scaleDown: { afterSeconds: 0, drainTimeoutSeconds: 30 } }).grow(1);
    it.idle('burst-1');
    it.podsLeft = 2;
    const { recheckAfterMs = 0 } = it.pass();
    it.idle();
    it.nowMs += recheckAfterMs;
    expect(it.pass().uncordon).toEqual(['burst-1']);
    expect(it.told).toBe('burst-1 Ready');
    expect(it.events).toContain('DrainTimedOut');
  });

  it('is emptied when it is deleted, or larger than it may be', () => {
    const it = new Pool({ minNodes: 2 }).grow(2);
    it.podsLeft = 1;
    it.pool = { ...it.pool, spec: { ...it.pool.spec, minNodes: 0, maxNodes: 1 } };
    expect(it.pass().drain).toEqual(['burst-2']);
    it.pool = { ...it.pool, metadata: { ...it.pool.metadata, deletionTimestamp: formatTime(startMs) } };
    expect(it.pass().drain).toEqual(['burst-1', 'burst-2']);
    expect(it.condition('ScalingDown')).toBe('True PoolDeleted');
  });
});

describe('whatever happens', () => {
  const step = fc.record({
    room: fc.integer({ min: 0, max: 4 }),
    outcome: fc.constantFrom(undefined, 'ok', 'failed'),
    ready: fc.constantFrom('True', 'False', undefined),
    idle: fc.boolean(),
    podsLeft: fc.integer({ min: 0, max: 1 }),
    passesMs: fc.constantFrom(0, 1_000, 70_000, 400_000),
    maxNodes: fc.integer({ min: 1, max: 3 }),
  });

  it('never has more hosts than it may, asks for nothing that is not recorded, and comes to rest', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const it = new Pool({ scaleDown: { afterSeconds: 60 } });
        for (const { room, outcome, ready, idle, podsLeft, passesMs, maxNodes } of steps) {
          const before = it.pool.status.hosts ?? [];
          it.nowMs += passesMs;
          it.pool = { ...it.pool, spec: { ...it.pool.spec, maxNodes } };
          it.room = room > 0 ? needs(room) : noRoomNeeded;
          it.podsLeft = podsLeft;
          for (const { name } of before) {
            if (ready) it.setReady(name, ready);
            else it.nodes.delete(name);
          }
          it.idle(...(idle ? before.map(({ name }) => name) : []));
          const outcomes = before.map(({ name, phase }): [string, HostOutcome] => [
            name,
            { action: phase === 'Removing' ? 'delete' : 'create', ...(outcome === 'failed' ? { problem: 'x' } : {}) },
          ]);
          const plan = it.pass(outcome ? Object.fromEntries(outcomes) : {});
          const names = (plan.status.hosts ?? []).map(({ name }) => name);
          expect(new Set(names).size).toBe(names.length);
          for (const name of [...plan.create, ...plan.remove, ...plan.drain]) expect(names).toContain(name);
          const kept = (plan.status.hosts ?? []).filter(({ phase }) => phase !== 'Draining' && phase !== 'Removing');
          const keptBefore = before.filter(({ phase }) => phase !== 'Draining' && phase !== 'Removing');
          expect(kept.length).toBeLessThanOrEqual(Math.max(maxNodes, keptBefore.length));
          // The same world again changes nothing: a plan that was written and not carried out is carried on.
          it.room = noRoomNeeded;
          for (let phase = 0; phase < 4; phase += 1) it.pass();
          expect(planPool(it.world()).status).toEqual(it.pool.status);
        }
      }),
      { numRuns: 200 },
    );
  });
});
