import type { TourStage, TourStep } from '@gantry/core/tour/stage';
import { endTour, tourSteps } from '@gantry/core/tour/tour';
import { create } from 'zustand';
import { requestPath } from '../api/client.ts';
import { failureWords } from '../api/refusal.ts';

export type StepOutcome = 'done' | 'failed';

/** The tour as this page shows it. It runs in the page: leaving the page ends it in the middle. */
export interface TourRun {
  /** The step that runs, or `end` while what the tour made is removed. */
  readonly running: string | undefined;
  readonly lines: Readonly<Record<string, readonly string[]>>;
  readonly progress: string;
  readonly outcomes: Readonly<Record<string, StepOutcome>>;
}

export const useTour = create<TourRun>(() => ({ running: undefined, lines: {}, progress: '', outcomes: {} }));

let interrupted = new AbortController();

/** Runs one step; a second one waits for nobody: it is refused while one runs. */
export async function runStep(step: TourStep): Promise<void> {
  if (useTour.getState().running !== undefined) return;
  await run(step.id, () => step.run(stageOf(step.id)));
}

/** Breaks off what runs, then removes what the tour made. */
export async function endTourHere(): Promise<void> {
  interrupted.abort();
  while (useTour.getState().running !== undefined) await new Promise((resolve) => setTimeout(resolve, 100));
  await run('end', () => endTour(stageOf('end')));
}

/** The step to offer next. */
export function nextStep({ outcomes }: TourRun): TourStep | undefined {
  return tourSteps.find(({ id }) => outcomes[id] === undefined);
}

async function run(id: string, work: () => Promise<void>): Promise<void> {
  interrupted = new AbortController();
  useTour.setState(({ lines }) => ({ running: id, progress: '', lines: { ...lines, [id]: [] } }));
  let outcome: StepOutcome = 'done';
  try {
    await work();
  } catch (failure) {
    outcome = 'failed';
    say(id, interrupted.signal.aborted ? 'broken off' : `this step ended early: ${failureWords(failure)}`);
  }
  useTour.setState(({ outcomes }) => ({ running: undefined, progress: '', outcomes: { ...outcomes, [id]: outcome } }));
}

function say(id: string, line: string): void {
  useTour.setState(({ lines }) => ({ progress: '', lines: { ...lines, [id]: [...(lines[id] ?? []), line] } }));
}

function stageOf(id: string): TourStage {
  const { signal } = interrupted;
  return {
    call: ({ method = 'GET', path, body, contentType }) => requestPath(method, path, { body, contentType, signal }),
    say: (line) => say(id, line),
    progress: (progress) => useTour.setState({ progress }),
    pause: (milliseconds) => pause(milliseconds, signal),
    now: () => Date.now(),
  };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
