import type { Node, Pod, Taint, Toleration } from '@gantry/api-types';
import { makeNode, makePod } from '@gantry/api-types/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTime } from '../lib/timestamp.ts';
import { defaultEvictionRates, EvictionLimiter, zoneState } from './disruption.ts';
import { HeartbeatWatch, maxAgentRetryMs, reconnectMs } from './heartbeat-watch.ts';
import { lostNodeConditions, returnedNodeConditions } from './node-health.ts';
import { evictionTime, planNodeTaints, tolerates } from './taints.ts';

const startMs = Date.UTC(2026, 0, 1);

describe('HeartbeatWatch', () => {
  const options = { graceMs: 4_000, startupGraceMs: 60_000, intervalMs: 1_000 };
  const session = (lastSeenMs: number) => ({ lastSeenMs, leaseFreshUntilMs: undefined });

  it('finds a node lost once it was silent for the grace period, as seen by somebody awake', () => {
    const watch = new HeartbeatWatch(options, 0);
    const verdicts = [0, 1, 2, 3, 4].map((second) => {
      watch.beginLook(second * 1000);
      return watch.judge('n1', session(0));
    });
    expect(verdicts).toEqual(['alive', 'alive', 'alive', 'alive', 'lost']);
  });

  it('never finds a node lost that was heard within the grace period, however late the looks come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 60 }), (delays) => {
        const watch = new HeartbeatWatch(options, 0);
        let nowMs = 0;
        for (const delay of delays) {
          nowMs += delay;
          watch.beginLook(nowMs);
          // Heartbeats are read between looks: the newest is at most a second old, however long a look took.
          expect(watch.judge('n1', session(nowMs - 1_000))).toBe('alive');
        }
      }),
    );
  });

  it('finds any dead node lost soon after the grace period while looks come in time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 50, max: 1_000 }), { minLength: 120, maxLength: 120 }), (delays) => {
        const watch = new HeartbeatWatch(options, 0);
        let nowMs = 0;
        for (const delay of delays) {
          nowMs += delay;
          watch.beginLook(nowMs);
          const verdict = watch.judge('n1', session(0));
          if (nowMs >= 6_000) expect(verdict).toBe('lost');
        }
      }),
    );
  });

  it('gives everybody the full grace period after a stall', () => {
    const watch = new HeartbeatWatch(options, 0);
    for (const second of [1, 2, 3]) {
      watch.beginLook(second * 1000);
      watch.judge('n1', session(0));
    }
    expect(watch.beginLook(60_000)).toBe(true);
    expect(watch.judge('n1', session(0))).toBe('alive');
    watch.beginLook(61_000);
    expect(watch.graceLeftMs('n1')).toBe(4_000);
  });

  it('gives every agent the time to try again and to connect when the controller was away for long', () => {
    const watch = new HeartbeatWatch(options, 0);
    const stale = { lastSeenMs: undefined, leaseFreshUntilMs: -60_000 };
    const connectingMs = 5_000;
    const verdicts: [second: number, verdict: string][] = [];
    for (let second = 0; second <= reconnectMs / 1000; second += 1) {
      watch.beginLook(second * 1000);
      verdicts.push([second, watch.judge('n1', stale)]);
    }
    const tooEarly = verdicts.filter(([second]) => second * 1000 <= maxAgentRetryMs + connectingMs);
    expect(tooEarly.map(([, verdict]) => verdict)).toEqual(tooEarly.map(() => 'undecided'));
    expect(verdicts.at(-1)?.[1]).toBe('lost');
  });
});

describe('the conditions of a silent node', () => {
  it('become Unknown, and go back to what the node last said', () => {
    const node = makeNode({ name: 'n1' });
    const lost: Node = { ...node, status: { ...node.status, conditions: [...lostNodeConditions(node, startMs)] } };
    for (const type of ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']) {
      expect(lost.status.conditions?.find((condition) => condition.type === type)?.status).toBe('Unknown');
    }
    expect(lostNodeConditions(lost, startMs + 1000)).toEqual(lost.status.conditions);
    const returned = returnedNodeConditions(lost, node.status.conditions ?? [], startMs);
    expect(returned?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    const forgotten = returnedNodeConditions(lost, [], startMs);
    expect(forgotten?.find(({ type }) => type === 'MemoryPressure')?.status).toBe('False');
  });

  it('that the node set itself are not touched by its return', () => {
    const conditions = [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'no engine' }];
    const node: Node = { ...makeNode({ name: 'n1' }), status: { conditions } };
    expect(returnedNodeConditions(node, [], startMs)).toBeUndefined();
  });
});

describe('planNodeTaints', () => {
  const withReady = (status: string, taints: Taint[] = []): Node => ({
    ...makeNode({ name: 'n1' }),
    spec: { taints },
    status: { conditions: [{ type: 'Ready', status }] },
  });
  const keys = (taints: readonly Taint[] | undefined) => taints?.map(({ key, effect }) => `${key}:${effect}`);

  it.each([
    ['False', 'node.kubernetes.io/not-ready'],
    ['Unknown', 'node.kubernetes.io/unreachable'],
  ])('marks a node whose Ready is %s with %s', (status, key) => {
    const { taints } = planNodeTaints(withReady(status), startMs, () => true);
    expect(keys(taints)).toEqual([`${key}:NoSchedule`, `${key}:NoExecute`]);
    expect(taints?.[1]?.timeAdded).toBe('2026-01-01T00:00:00Z');
  });

  it('keeps the taints of others and swaps its own', () => {
    const present = [
      { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
      { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute' },
    ];
    const { taints } = planNodeTaints(withReady('Unknown', present), startMs, () => false);
    expect(keys(taints)).toEqual([
      'dedicated:NoSchedule',
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ]);
  });

  it('asks before it evicts, and says that it waits', () => {
    const plan = planNodeTaints(withReady('Unknown'), startMs, () => false);
    expect(plan.waitsForEviction).toBe(true);
    expect(keys(plan.taints)).toEqual(['node.kubernetes.io/unreachable:NoSchedule']);
  });

  it('has nothing to do twice', () => {
    for (const status of ['True', 'False', 'Unknown']) {
      const node = withReady(status);
      const { taints } = planNodeTaints(node, startMs, () => true);
      const next = { ...node, spec: { ...node.spec, taints: [...(taints ?? node.spec.taints ?? [])] } };
      expect(planNodeTaints(next, startMs, () => true).taints).toBeUndefined();
    }
  });
});

describe('evictionTime', () => {
  const taint = { key: 'k', value: 'v', effect: 'NoExecute', timeAdded: formatTime(startMs) };
  const podWith = (...tolerations: Toleration[]): Pod => {
    const pod = makePod({ name: 'p' });
    const metadata = { ...pod.metadata, creationTimestamp: formatTime(startMs - 60_000) };
    return { ...pod, metadata, spec: { ...pod.spec, tolerations } };
  };

  it.each<[string, Toleration[], number | undefined]>([
    ['at once without a toleration', [], startMs],
    ['never with a toleration without end', [{ key: 'k', operator: 'Exists' }], undefined],
    ['after the toleration ends', [{ key: 'k', operator: 'Exists', tolerationSeconds: 30 }], startMs + 30_000],
    [
      'after the shortest of several',
      [
        { key: 'k', operator: 'Exists', tolerationSeconds: 30 },
        { key: 'k', operator: 'Equal', value: 'v', tolerationSeconds: 5 },
      ],
      startMs + 5_000,
    ],
    ['at once with a toleration of another value', [{ key: 'k', operator: 'Equal', value: 'w' }], startMs],
    ['at once with a toleration of another effect', [{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }], startMs],
  ])('is %s', (_, tolerations, expected) => {
    expect(evictionTime(podWith(...tolerations), [taint], 0)).toBe(expected);
  });

  it('is not before the controller looked', () => {
    expect(evictionTime(podWith(), [taint], startMs + 9_000)).toBe(startMs + 9_000);
  });

  it('ignores taints that do not evict', () => {
    expect(evictionTime(podWith(), [{ ...taint, effect: 'NoSchedule' }], 0)).toBeUndefined();
  });
});

it('lets an empty key with Exists tolerate everything', () => {
  expect(tolerates({ operator: 'Exists' }, { key: 'any', effect: 'NoExecute' })).toBe(true);
  expect(tolerates({ operator: 'Equal' }, { key: 'any', effect: 'NoExecute' })).toBe(false);
});

describe('disruption', () => {
  it.each([
    [{ ready: 2, notReady: 1 }, 'normal'],
    [{ ready: 1, notReady: 2 }, 'normal'],
    [{ ready: 0, notReady: 1 }, 'full'],
    [{ ready: 2, notReady: 3 }, 'partial'],
    [{ ready: 60, notReady: 40 }, 'normal'],
  ] as const)('sees %j as %s', (health, expected) => {
    expect(zoneState(health, defaultEvictionRates)).toBe(expected);
  });

  it('evicts a lost zone while another is well, slowly in a large half-lost one, and not at all with all gone', () => {
    const limiter = new EvictionLimiter(defaultEvictionRates);
    const count = (zones: [string, { ready: number; notReady: number }][], ms: number) => {
      let allowed = 0;
      for (let at = 0; at < ms; at += 10) if (limiter.mayEvict('a', new Map(zones), at + ms * 10)) allowed += 1;
      return allowed;
    };
    const lost = { ready: 0, notReady: 5 };
    expect(
      count(
        [
          ['a', lost],
          ['b', { ready: 3, notReady: 0 }],
        ],
        1_000,
      ),
    ).toBeGreaterThanOrEqual(10);
    expect(count([['a', { ready: 40, notReady: 60 }]], 5_000)).toBeLessThanOrEqual(7);
    expect(count([['a', { ready: 4, notReady: 6 }]], 5_000)).toBe(0);
    expect(
      count(
        [
          ['a', lost],
          ['b', lost],
        ],
        5_000,
      ),
    ).toBe(0);
  });
});
