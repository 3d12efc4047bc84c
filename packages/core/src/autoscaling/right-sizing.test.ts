import type { HistoryAnswer, KubernetesObject, Pod } from '@gantry/api-types';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../simulation/simulate.ts';
import { deploymentOf, makeSimulationSource } from '../testing/index.ts';
import { readHistory } from './read-history.ts';
import { type PodHistory, recommend } from './recommend.ts';
import { defaultMargins, planRequests, type WorkloadHistory } from './right-sizing.ts';

const mebibyte = 1024 * 1024;

function historyOf(
  parts: Partial<WorkloadHistory['containers'][number]>,
  samples = 60,
  spanSeconds = 1800,
): WorkloadHistory {
  return { samples, spanSeconds, containers: [{ name: 'main', cpuMilli: [], memoryBytes: [], present: {}, ...parts }] };
}

describe('requests by what was used', () => {
  it('are the 95th percentile of cpu and the largest working set, with their margins', () => {
    const cpuMilli = Array.from({ length: 100 }, (_, index) => index + 1);
    const memoryBytes = [90, 100, 80].map((amount) => amount * mebibyte);
    const { confidence, containers } = planRequests(historyOf({ cpuMilli, memoryBytes }), defaultMargins);
    expect(confidence).toBe('high');
    // 95 x 1.15 = 109.25, and 100 MiB x 1.2.
    expect(containers[0]).toMatchObject({
      recommended: { cpuMilli: 110, memoryBytes: 120 * mebibyte },
      observed: { cpuP50Milli: 50, cpuHighMilli: 95, cpuMaxMilli: 100, memoryMaxBytes: 100 * mebibyte },
      isChanged: true,
    });
  });

  it('never fall below what a shell needs, and stay where they are right within a tenth', () => {
    const idle = planRequests(historyOf({ cpuMilli: [0, 0], memoryBytes: [mebibyte] }), defaultMargins).containers[0];
    expect(idle?.recommended).toEqual({ cpuMilli: 10, memoryBytes: 16 * mebibyte });
    const present = { cpuMilli: 105, memoryBytes: 110 * mebibyte };
    const right = planRequests(historyOf({ cpuMilli: [95], memoryBytes: [100 * mebibyte], present }), defaultMargins);
    expect(right.containers[0]).toMatchObject({ recommended: present, isChanged: false });
  });

  it.each([
    [5, 1800, 'none'],
    [30, 60, 'low'],
    [60, 600, 'medium'],
    [60, 1790, 'high'],
  ])('with %d samples over %d s: confidence %s', (samples, span, confidence) => {
    const { containers, ...sized } = planRequests(
      historyOf({ cpuMilli: [900], present: { cpuMilli: 100 } }, samples, span),
      defaultMargins,
    );
    expect(sized.confidence).toBe(confidence);
    expect(containers[0]?.isChanged).toBe(confidence !== 'none');
  });
});

const used = (cpu: number, memory: number): PodHistory => ({
  cpuMilli: Array(60).fill(cpu),
  memoryBytes: Array(60).fill(memory * mebibyte),
  samples: 60,
  spanSeconds: 1800,
  shares: new Map([['main', { cpu: 1, memory: 1 }]]),
});

function ask(objects: readonly KubernetesObject[], read: (pod: Pod) => PodHistory | undefined) {
  return runToEnd(recommend(makeSimulationSource(objects), read, {}));
}

describe('recommendations', () => {
  it('say what each workload would free, the most first, with patches for the pods and the template', () => {
    const objects = [
      ...deploymentOf({ name: 'web', cpu: '500m', memory: '512Mi', on: ['a', 'b'] }),
      ...deploymentOf({ name: 'tight', cpu: '100m', memory: '64Mi', on: ['a'] }),
    ];
    const status = ask(objects, (pod) => (pod.metadata.name.startsWith('web') ? used(100, 100) : used(200, 53)));
    // web: 115m and 120Mi for each of two; tight: 230m instead of 100m.
    expect(status.frees).toEqual({ cpuMilli: 2 * 385 - 130, memoryBytes: 2 * 392 * mebibyte });
    expect(status.summary[0]).toBe('right-sizing 2 of 2 workloads would free 640m cpu and free 784Mi memory');
    const [web] = status.workloads;
    expect(web).toMatchObject({ workload: { kind: 'Deployment', name: 'web' }, pods: 2, confidence: 'high' });
    expect(web?.resize).toHaveLength(2);
    expect(web?.resize[0]?.patch).toEqual({
      spec: { containers: [{ name: 'main', resources: { requests: { cpu: '115m', memory: '120Mi' } } }] },
    });
    expect(web?.template).toMatchObject({ kind: 'Deployment', name: 'web' });
    expect(web?.notes.join()).toContain('new replicas are made from the template');
  });

  it('keep the class of service: equal limits follow, others hold, and what requests nothing is left alone in place', () => {
    const tied = ask([...deploymentOf({ name: 'w', cpuLimit: '500m', memoryLimit: '512Mi', on: ['a'] })], () =>
      used(100, 100),
    );
    expect(tied.workloads[0]?.resize[0]?.patch).toMatchObject({
      spec: { containers: [{ resources: { requests: { cpu: '115m' }, limits: { cpu: '115m', memory: '120Mi' } } }] },
    });
    const limited = ask(
      [...deploymentOf({ name: 'w', cpu: '100m', cpuLimit: '200m', memory: '120Mi', on: ['a'] })],
      () => used(300, 100),
    );
    expect(limited.workloads[0]?.resize[0]?.patch).toMatchObject({
      spec: { containers: [{ resources: { requests: { cpu: '200m' } } }] },
    });
    expect(limited.workloads[0]?.notes.join()).toContain('would need more cpu than its limit of 200m');
    const nothing = ask([...deploymentOf({ name: 'w', on: ['a'] })], () => used(100, 100));
    expect(nothing.workloads[0]).toMatchObject({ resize: [], template: { name: 'w' } });
  });

  it('say so where too little was seen', () => {
    const status = ask(deploymentOf({ name: 'w', cpu: '1', on: ['a'] }), () => ({ ...used(1, 1), samples: 3 }));
    expect(status.workloads[0]).toMatchObject({ confidence: 'none', resize: [], frees: { cpuMilli: 0 } });
    expect(status.summary).toContain('1 workloads were not observed for long enough');
  });
});

describe('the history of a pod', () => {
  const answer = (stepMs: number, cpuMilli: (number | null)[], memoryBytes = cpuMilli): HistoryAnswer => ({
    at: 1_000_000,
    from: 1_000_000 - cpuMilli.length * stepMs,
    stepMs,
    series: [{ of: 'pod/u', values: { cpuMilli, memoryBytes } }],
  });

  it('takes the longest span with enough steps, and peaks from all of them', () => {
    const long = answer(30_000, [null, ...Array(30).fill(10)]);
    const short = answer(2_000, Array(30).fill(90));
    const history = readHistory([long, short], undefined);
    expect(history).toMatchObject({ samples: 30, spanSeconds: 900 });
    expect(Math.max(...(history?.cpuMilli ?? []))).toBe(10);
    expect(Math.max(...(history?.memoryBytes ?? []))).toBe(90);
    expect(readHistory([answer(2000, [null, null])], undefined)).toBeUndefined();
  });

  it('is young at first: the finest steps are all there is', () => {
    const history = readHistory([answer(30_000, [null, 5]), answer(2_000, Array(12).fill(7))], undefined);
    expect(history).toMatchObject({ samples: 12 });
    expect(history?.cpuMilli[0]).toBe(7);
  });
});
