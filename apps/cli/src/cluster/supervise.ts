import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type BackoffOptions, backoffDelayMs } from '@gantry/core/lib/backoff';
import type { Terminal } from '../output/terminal.ts';
import { messageOf, UserError } from '../output/user-error.ts';
import type { StartedProcess } from './processes.ts';

export interface Supervision<Agent extends StartedProcess> {
  readonly controller: StartedProcess;
  readonly agents: readonly Agent[];
  /** Starts an agent again in place of one that has ended. */
  readonly restart: (ended: Agent) => Promise<Agent>;
  /** Ends the supervision; the processes run on. */
  readonly signal: AbortSignal;
  readonly backoff?: BackoffOptions;
}

const defaultBackoff: BackoffOptions = { baseMs: 1_000, maxMs: 60_000 };
/** An agent that ran for so long has not failed to start. */
const steadyMs = 300_000;

/**
 * Looks after the processes of a cluster until `signal` says so: an agent that ends is started again, after a delay that
 * grows while it keeps ending. Rejects with a `UserError` when the controller ends. Either way no restart is under way any
 * more when it settles.
 */
export async function superviseProcesses<Agent extends StartedProcess>(
  terminal: Terminal,
  supervision: Supervision<Agent>,
): Promise<void> {
  const { controller, agents } = supervision;
  const ended = new AbortController();
  const signal = AbortSignal.any([supervision.signal, ended.signal]);
  const loops = agents.map((agent) => keepRunning(terminal, agent, { ...supervision, signal }));
  try {
    const reason = await exitOf(controller.child, signal);
    if (reason === undefined) return;
    throw new UserError(`the controller ended unexpectedly (${reason}); its log is ${controller.logPath}`);
  } finally {
    ended.abort();
    await Promise.all(loops);
  }
}

async function keepRunning<Agent extends StartedProcess>(
  terminal: Terminal,
  first: Agent,
  supervision: Supervision<Agent>,
): Promise<void> {
  const { signal, backoff = defaultBackoff } = supervision;
  let agent = first;
  let failures = 0;
  for (;;) {
    const since = performance.now();
    const reason = await exitOf(agent.child, signal);
    if (reason === undefined) return;
    if (performance.now() - since > steadyMs) failures = 0;
    let trouble = `${agent.name} ended unexpectedly (${reason}; its log is ${agent.logPath})`;
    for (let isStarted = false; !isStarted; ) {
      const delayMs = backoffDelayMs(failures, backoff);
      failures += 1;
      terminal.warn(`${trouble}: it is started again in ${delayMs / 1000} s`);
      if (!(await isOver(delayMs, signal))) return;
      try {
        agent = await supervision.restart(agent);
        isStarted = true;
      } catch (error) {
        trouble = `${agent.name} could not be started again: ${messageOf(error)}`;
      }
    }
    terminal.line(`${agent.name} is started again`);
  }
}

/** How the child ended, also where that was before the call; undefined when `signal` says to stop waiting. */
async function exitOf(child: ChildProcess, signal: AbortSignal): Promise<string | undefined> {
  // Children were let go of when they started; here they are what keeps this command running.
  child.ref();
  try {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit', { signal });
    return signal.aborted ? undefined : (child.signalCode ?? `exit ${child.exitCode}`);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    child.unref();
  }
}

/** Resolves with true after `delayMs`, with false at once when `signal` says so. */
async function isOver(delayMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await pause(delayMs, undefined, { signal });
    return true;
  } catch {
    // The only thing that ends a pause early.
    return false;
  }
}
