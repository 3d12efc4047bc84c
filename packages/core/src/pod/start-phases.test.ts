import type { StartPhase } from '@gantry/api-types';
import { makePod } from '@gantry/api-types/testing';
import { expect, it } from 'vitest';
import { startPhases } from './start-phases.ts';

const created = Date.parse(makePod({}).metadata.creationTimestamp);
const at = (seconds: number) => new Date(created + seconds * 1000).toISOString();

function pod(restartCount = 0) {
  const running = {
    name: 'c',
    ready: true,
    restartCount,
    image: 'i',
    imageID: '',
    state: { running: { startedAt: at(3) } },
  };
  const conditions = [
    { type: 'PodScheduled', status: 'True' as const, lastTransitionTime: at(1) },
    { type: 'Ready', status: 'True' as const, lastTransitionTime: at(7) },
  ];
  return makePod({ nodeName: 'node-1', status: { conditions, containerStatuses: [running] } });
}

const summary = (phases: readonly StartPhase[]) =>
  phases.map(({ phase, startedAt, durationMs, source }) => [phase, startedAt - created, durationMs, source]);

it('joins what the agent measured with the times of the pod', () => {
  const measured: StartPhase[] = [
    { phase: 'becomingReady', startedAt: created + 3210, durationMs: 3456, source: 'agent' },
    { phase: 'creating', container: 'c', startedAt: created + 1500, durationMs: 120, source: 'agent' },
  ];
  expect(summary(startPhases(pod(), measured))).toEqual([
    ['scheduling', 0, 1000, 'conditions'],
    ['creating', 1500, 120, 'agent'],
    ['becomingReady', 3210, 3456, 'agent'],
  ]);
});

it('tells what the conditions tell where the agent has measured nothing', () => {
  expect(summary(startPhases(pod(), []))).toEqual([
    ['scheduling', 0, 1000, 'conditions'],
    ['becomingReady', 3000, 4000, 'conditions'],
  ]);
  // After a restart the condition is about another start.
  expect(summary(startPhases(pod(1), []))).toEqual([['scheduling', 0, 1000, 'conditions']]);
  expect(startPhases(makePod({}), [])).toEqual([]);
});
