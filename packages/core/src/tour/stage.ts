import { isApiError } from '@gantry/api-types';

/** One request to the Kubernetes API. */
export interface TourRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

/** What a step of the tour works with; the command line and the page each bring their own. */
export interface TourStage {
  /** The answer, parsed. Rejects with an error that has the answer's `code`. */
  readonly call: <T>(request: TourRequest) => Promise<T>;
  /** A finished line of text. */
  readonly say: (line: string) => void;
  /** What goes on just now; the next line or progress takes its place. */
  readonly progress: (text: string) => void;
  /** Rejects when the tour is ended. */
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Milliseconds. */
  readonly now: () => number;
}

/** One stop of the tour. Everything it makes is in the tour's namespace, or is named after it, and goes with it. */
export interface TourStep {
  readonly id: string;
  readonly title: string;
  /** What will happen, before it does. */
  readonly intro: string;
  /** What to look at on the dashboard meanwhile. */
  readonly lookAt: string;
  /** Rejects where the step cannot show what it promises, with the reason. */
  readonly run: (stage: TourStage) => Promise<void>;
}

export const tourNamespace = 'gantry-tour';
const pollMs = 500;

/**
 * Asks until `check` says true; what it says otherwise is shown as progress. Rejects after `seconds` with what was
 * waited for and what was said last.
 */
export async function until(
  stage: TourStage,
  what: string,
  seconds: number,
  check: () => Promise<true | string>,
): Promise<void> {
  const deadline = stage.now() + seconds * 1000;
  for (;;) {
    const answer = await check();
    if (answer === true) return;
    stage.progress(answer);
    if (stage.now() > deadline) throw new Error(`${what}: not within ${seconds} s (${answer})`);
    await stage.pause(pollMs);
  }
}

/** Creates an object, or leaves the one that is there. */
export async function ensure(stage: TourStage, path: string, body: object): Promise<void> {
  await stage.call({ method: 'POST', path, body }).catch((error: unknown) => {
    if (codeOf(error) !== 409) throw error;
  });
}

/** Deletes an object; one that is not there is no error. */
export async function remove(stage: TourStage, path: string): Promise<void> {
  await stage.call({ method: 'DELETE', path }).catch((error: unknown) => {
    if (codeOf(error) !== 404) throw error;
  });
}

/** Waits until nothing is at the path any more; `text` is the progress meanwhile. */
export function untilGone(stage: TourStage, what: string, path: string, seconds: number, text: string): Promise<void> {
  return until(stage, what, seconds, () =>
    stage.call({ path }).then(
      () => text,
      (error: unknown) => {
        if (codeOf(error) === 404) return true;
        throw error;
      },
    ),
  );
}

/** The HTTP status of a refusal. */
export function codeOf(error: unknown): number | undefined {
  if (isApiError(error)) return error.code;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}
