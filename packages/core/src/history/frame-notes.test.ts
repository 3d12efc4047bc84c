import { expect, it } from 'vitest';
import { FeedState } from './feed-state.ts';
import { noteFrame } from './frame-notes.ts';
import { deltaFrame, feedNode, feedPod, feedWorkload, snapshotFrame } from './test-frames.ts';

const lost = [{ type: 'Ready', status: 'Unknown' }];

function before(): FeedState {
  const state = new FeedState();
  state.apply(
    snapshotFrame(0, {
      nodes: [feedNode('node-1')],
      pods: [feedPod('a'), feedPod('b')],
      workloads: [feedWorkload('web')],
    }),
  );
  return state;
}

it('counts pods that appear, go, and are made anew under the same name', () => {
  const notes = noteFrame(
    before().objects,
    deltaFrame(10, {
      pods: { set: [feedPod('c'), feedPod('b', { uid: 'other' })], gone: ['default/a', 'default/nobody'] },
    }),
  );
  expect(notes).toEqual({ births: 2, deaths: 2, crashes: 0, marks: [] });
});

it('counts restarts and failures as crashes, and nothing else that happens to a pod', () => {
  const changed = [feedPod('a', { restarts: 2 }), feedPod('b', { phase: 'Failed' })];
  expect(noteFrame(before().objects, deltaFrame(10, { pods: { set: changed } })).crashes).toBe(3);
  const ready = [feedPod('a', { isReady: true })];
  expect(noteFrame(before().objects, deltaFrame(10, { pods: { set: ready } })).crashes).toBe(0);
});

it.each([
  [{ workloads: { set: [feedWorkload('api')] } }, 'rollout', 'api created'],
  [{ workloads: { set: [feedWorkload('web', { revision: '2' })] } }, 'rollout', 'web rolls out revision 2'],
  [{ workloads: { set: [feedWorkload('web', { replicas: 60 })] } }, 'scale', 'web scaled from 1 to 60'],
  [{ workloads: { gone: ['Deployment/default/web'] } }, 'rollout', 'web deleted'],
  [{ nodes: { set: [feedNode('node-2')] } }, 'node', 'node-2 joined'],
  [{ nodes: { set: [feedNode('node-1', { conditions: lost })] } }, 'node', 'node-1 does not answer'],
  [{ nodes: { set: [feedNode('node-1', { unschedulable: true })] } }, 'node', 'node-1 cordoned'],
  [{ nodes: { gone: ['node-1'] } }, 'node', 'node-1 left the cluster'],
] as const)('marks %j', (changes, kind, text) => {
  expect(noteFrame(before().objects, deltaFrame(10, changes)).marks).toMatchObject([{ at: 10, kind, text }]);
});

it('marks nothing for what a Deployment does to its ReplicaSets, nor for a status that moves on', () => {
  const owner = { kind: 'Deployment', name: 'web', uid: 'uid-web' };
  const changes = {
    workloads: { set: [feedWorkload('web-1', { owner, replicas: 5 }), feedWorkload('web', { readyReplicas: 1 })] },
  };
  expect(noteFrame(before().objects, deltaFrame(10, changes)).marks).toEqual([]);
});

it('marks how a Job ended, once, and no number that nobody set', () => {
  const job = (name: string, change: object) => feedWorkload(name, { kind: 'Job', job: progress, ...change });
  const progress = { completions: 2, parallelism: 2, succeeded: 0, failed: 0 };
  const complete = [{ type: 'Complete', status: 'True' }];
  const daemons = { kind: 'DaemonSet' } as const;
  const state = before();
  const start = { workloads: { set: [job('load', {}), feedWorkload('log', daemons)] } };
  state.apply(deltaFrame(5, start));
  const end = {
    workloads: {
      set: [job('load', { replicas: 0, conditions: complete }), feedWorkload('log', { ...daemons, replicas: 3 })],
    },
  };
  expect(noteFrame(state.objects, deltaFrame(10, end)).marks).toMatchObject([
    { kind: 'rollout', text: 'load completed', about: { kind: 'Job', name: 'load' } },
  ]);
  state.apply(deltaFrame(10, end));
  expect(noteFrame(state.objects, deltaFrame(15, end)).marks).toEqual([]);
});
