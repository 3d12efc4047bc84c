import type { SimulationStatus } from '@gantry/api-types/simulation';
import { describe, expect, it } from 'vitest';
import { ClusterStore } from '../state/cluster-store.ts';
import { feedNode, feedPod, feedWorkload, snapshot } from '../testing/feed-objects.ts';
import type { Preview } from '../what-if/preview.ts';
import { isUnderWay, kubectlScale, scaleAnswer, sliderEnd } from './scale-answer.ts';

const workload = feedWorkload('web', { replicas: 3 });
const reference = { kind: 'Deployment', namespace: 'default', name: 'web' } as const;

function preview(fitting: number, waiting: number): Preview {
  const counts = { placed: fitting - 3, moved: 0, waiting, lost: 0, deleted: 0 };
  const status: SimulationStatus = {
    summary: [`web (Deployment): ${fitting} of 60 fit, ${waiting} wait: each needs 250m cpu`],
    counts,
    workloads: [{ ...reference, replicas: 60, fitting, waiting }],
    placements: [],
    waits: [],
    lost: [],
    deleted: [],
    nodes: [],
    durationMs: 1,
  };
  const changes = [{ type: 'scale' as const, workload: reference, replicas: 60 }];
  return { owner: 'scale', label: '', spec: { changes }, status, at: 1 };
}

describe('what the scheduler says of a draft', () => {
  it('is a sentence, and how many fit where not all do', () => {
    expect(scaleAnswer(workload, 60, preview(46, 14))).toEqual({
      sentence: '46 of 60 fit, 14 wait: each needs 250m cpu.',
      fitting: 46,
    });
    expect(scaleAnswer(workload, 60, preview(60, 0)).fitting).toBeUndefined();
    expect(scaleAnswer(workload, 60, preview(3, 57)).fitting).toBeUndefined();
  });

  it('is not an older answer to another question', () => {
    expect(scaleAnswer(workload, 59, preview(46, 14)).sentence).toBe('Asking the scheduler…');
    expect(scaleAnswer(workload, 60, undefined).sentence).toBe('Asking the scheduler…');
  });

  it('is the refusal where there is one', () => {
    const refused = { ...preview(1, 1), error: 'too many requests' };
    expect(scaleAnswer(workload, 60, refused).sentence).toBe('No preview: too many requests');
  });
});

it('is under way until every replica is ready, or waits for a node it may never get', () => {
  const store = new ClusterStore();
  const owner = { kind: 'Deployment', name: 'web', uid: workload.uid };
  const pod = (name: string, change: object) => feedPod(name, { owner, ...change });
  const ready = pod('a', { nodeName: 'node-1', phase: 'Running', isReady: true });
  const set = (...pods: ReturnType<typeof feedPod>[]): void =>
    store.apply([snapshot({ nodes: [feedNode('node-1')], workloads: [{ ...workload, replicas: 2 }], pods })], 0);
  const asked = { ...workload, replicas: 2 };
  set(ready);
  expect(isUnderWay(store, asked, 2)).toBe(true);
  set(ready, pod('b', { nodeName: 'node-1' }));
  expect(isUnderWay(store, asked, 2)).toBe(true);
  set(ready, pod('b', { message: '0/1 nodes are available' }));
  expect(isUnderWay(store, asked, 2)).toBe(false);
  set(ready, pod('b', { nodeName: 'node-1', phase: 'Running', isReady: true }));
  expect(isUnderWay(store, asked, 2)).toBe(false);
  expect(isUnderWay(store, asked, undefined)).toBe(false);
});

it('has a shell line, and a slider with room to grow', () => {
  expect(kubectlScale(workload, 60)).toBe('kubectl scale deployment/web --replicas=60');
  expect(kubectlScale({ ...workload, key: 'Deployment/shop/web' }, 2)).toBe(
    'kubectl scale deployment/web -n shop --replicas=2',
  );
  expect([sliderEnd(3), sliderEnd(60), sliderEnd(104)]).toEqual([60, 70, 120]);
});
