import { createInterface } from 'node:readline/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { TourStage, TourStep } from '@gantry/core/tour/stage';
import { endTour, tourSteps } from '@gantry/core/tour/tour';
import type { ApiConnection } from '../api/api-connection.ts';
import { dashboardLink } from '../api/dashboard-link.ts';
import { connect } from '../api/kubeconfig.ts';
import type { Terminal } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';

export interface TourOptions {
  readonly dataDir: string;
  /** Ids of steps; none: all. */
  readonly steps: readonly string[];
}

/** `gantry tour`: shows on a live cluster what it can do, and takes away again what it made, whenever it ends. */
export async function tour(terminal: Terminal, { dataDir, steps }: TourOptions): Promise<void> {
  const chosen = chooseSteps(steps);
  const api = await connect(dataDir);
  const interrupted = new AbortController();
  const onInterrupt = () => interrupted.abort();
  process.once('SIGINT', onInterrupt).once('SIGTERM', onInterrupt);
  try {
    terminal.line(`dashboard: ${await dashboardLink(api, 'admin')}`);
    await runSteps(terminal, stageOf(api, terminal, interrupted.signal), chosen, interrupted.signal);
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    terminal.line('ended');
  } finally {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onInterrupt);
    terminal.line('removing what the tour made');
    // A signal of its own: it goes on after an interrupt, and a second one ends the process.
    await endTour(stageOf(api, terminal, new AbortController().signal));
    api.close();
  }
}

async function runSteps(
  terminal: Terminal,
  stage: TourStage,
  steps: readonly TourStep[],
  signal: AbortSignal,
): Promise<void> {
  const failed: string[] = [];
  for (const [index, step] of steps.entries()) {
    terminal.line();
    terminal.line(terminal.bold(`${index + 1} of ${steps.length}: ${step.title}`));
    terminal.line(step.intro);
    terminal.line(terminal.dim(`look at: ${step.lookAt}`));
    await waitForReader(signal);
    try {
      await step.run(stage);
    } catch (error) {
      if (signal.aborted) throw error;
      // One thing that cannot be shown here is no reason not to show the others.
      terminal.warn(`this step ended early: ${error instanceof Error ? error.message : String(error)}`);
      failed.push(step.title);
    }
  }
  terminal.line();
  if (failed.length > 0)
    throw new UserError(`${failed.length} of ${steps.length} steps ended early: ${failed.join('; ')}`);
}

/** Somebody at a terminal says when to go on; a script does not wait. */
async function waitForReader(signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return;
  const reader = createInterface({ input: process.stdin, output: process.stdout });
  try {
    await reader.question('press Enter to begin ', { signal });
  } finally {
    reader.close();
  }
}

function stageOf(api: ApiConnection, terminal: Terminal, signal: AbortSignal): TourStage {
  return {
    call: (request) => api.json({ ...request, signal }),
    say: (line) => terminal.line(`  ${line}`),
    progress: (text) => terminal.progress(`  … ${text}`),
    pause: (milliseconds) => delay(milliseconds, undefined, { signal }),
    now: () => Date.now(),
  };
}

function chooseSteps(ids: readonly string[]): readonly TourStep[] {
  if (ids.length === 0) return tourSteps;
  return ids.map((id) => {
    const step = tourSteps.find((each) => each.id === id);
    if (step) return step;
    throw new UserError(`there is no step ${id}: there are ${tourSteps.map((each) => each.id).join(', ')}`);
  });
}
