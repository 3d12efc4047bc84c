import { expect, it } from 'vitest';
import { initialProbeState, noteResult, type ProbeKind } from './probe-state.ts';

function verdicts(
  kind: ProbeKind,
  results: string,
  thresholds: { successThreshold?: number; failureThreshold?: number },
) {
  let state = initialProbeState(kind, false);
  let changes = '';
  for (const letter of results) {
    const next = noteResult(state, thresholds, letter === '+' ? 'success' : 'failure');
    state = next.state;
    changes += next.changedTo === undefined ? '.' : next.changedTo === 'success' ? '+' : '-';
  }
  return changes;
}

it.each([
  ['readiness', '--+--+---+', {}, '..+.....-+'],
  ['readiness', '+-', { failureThreshold: 1 }, '+-'],
  ['readiness', '++-+++', { successThreshold: 3 }, '.....+'],
  ['liveness', '+--+---', {}, '......-'],
  ['startup', '--+', {}, '..+'],
  ['startup', '---', {}, '..-'],
] as const)('a %s probe with the results %s and %j flips at %s', (kind, results, thresholds, expected) => {
  expect(verdicts(kind, results, thresholds)).toBe(expected);
});
