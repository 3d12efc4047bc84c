import type { Probe } from '@gantry/api-types';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

/** What a probe's results amount to so far. */
export interface ProbeState {
  /** The verdict in force; undefined before the first one of a startup probe. */
  readonly verdict: 'success' | 'failure' | undefined;
  readonly last: 'success' | 'failure' | undefined;
  /** How many results in a row were like the last one. */
  readonly run: number;
}

/** Before any result: alive, not ready (unless it is known to have been), not started. */
export function initialProbeState(kind: ProbeKind, isReady: boolean): ProbeState {
  const verdicts = { startup: undefined, liveness: 'success', readiness: isReady ? 'success' : 'failure' } as const;
  return { verdict: verdicts[kind], last: undefined, run: 0 };
}

/** Counts a result; `changedTo` is set where a threshold was reached and the verdict flipped. Pure. */
export function noteResult(
  state: ProbeState,
  probe: Pick<Probe, 'successThreshold' | 'failureThreshold'>,
  result: 'success' | 'failure',
): { readonly state: ProbeState; readonly changedTo: 'success' | 'failure' | undefined } {
  const run = state.last === result ? state.run + 1 : 1;
  const threshold = result === 'success' ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
  const isReached = run >= threshold && state.verdict !== result;
  return {
    state: { verdict: isReached ? result : state.verdict, last: result, run },
    changedTo: isReached ? result : undefined,
  };
}
