import type { StartPhase, StartPhaseName } from '@gantry/api-types';
import type { Clock } from '@gantry/core';

type Measured = Pick<StartPhase, 'phase' | 'container' | 'startedAt' | 'durationMs'>;

/**
 * How long the parts of each pod's first start took, as measured in this life of the agent: at most one of each part for
 * each container, until the pod is gone. What failed, and was tried again, is not kept: its time shows as a gap.
 */
export class StartPhases {
  readonly #clock: Clock;
  readonly #pods = new Map<string, Measured[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Measures `work` where it succeeds. */
  async measure<T>(
    podUid: string,
    part: { readonly phase: StartPhaseName; readonly container?: string },
    work: () => Promise<T>,
  ): Promise<T> {
    const startedAt = this.#clock.now();
    const result = await work();
    this.note(podUid, { ...part, startedAt });
    return result;
  }

  /** The part that began then has just ended. */
  note(podUid: string, part: Omit<Measured, 'durationMs'>): void {
    const known = this.#pods.get(podUid) ?? [];
    if (known.some(({ phase, container }) => phase === part.phase && container === part.container)) return;
    known.push({ ...part, durationMs: Math.max(0, this.#clock.now() - part.startedAt) });
    this.#pods.set(podUid, known);
  }

  /** The pod is ready: the rest of its start was waiting for that. Does nothing where its start was not measured. */
  noteReady(podUid: string): void {
    const known = this.#pods.get(podUid) ?? [];
    const starts = known.filter(({ phase }) => phase === 'starting' || phase === 'postStart');
    if (starts.length === 0) return;
    const startedAt = Math.max(...starts.map((part) => part.startedAt + part.durationMs));
    this.note(podUid, { phase: 'becomingReady', startedAt });
  }

  of(podUid: string): readonly StartPhase[] {
    const known = this.#pods.get(podUid) ?? [];
    return known.map((part) => ({ ...part, source: 'agent' as const })).sort((a, b) => a.startedAt - b.startedAt);
  }

  forget(podUid: string): void {
    this.#pods.delete(podUid);
  }
}
