import type { Pod, Probe } from '@gantry/api-types';
import type { Clock, Logger } from '@gantry/core';
import type { NodeApi } from '../node-api.ts';
import { findContainer } from '../pod/pod-containers.ts';
import type { Attempt, ContainerTrack } from '../pod/pod-state.ts';
import { containerFieldPath } from '../pod/text.ts';
import type { ContainerRuntime } from '../runtime/container-runtime.ts';
import { initialProbeState, noteResult, type ProbeKind, type ProbeState } from './probe-state.ts';
import { runProbe } from './run-probe.ts';
import { TimerHeap } from './timer-heap.ts';

/** Whose container is probed: told when a result changes something. */
export interface ProbedWorker {
  readonly uid: string;
  readonly state: { readonly ip: string | undefined };
  kick(): void;
}

export interface ProbeTarget {
  readonly worker: ProbedWorker;
  readonly pod: Pod;
  readonly track: ContainerTrack;
  readonly attempt: Attempt;
}

export interface ProbeSchedulerOptions {
  readonly clock: Clock;
  readonly api: NodeApi;
  readonly runtime: ContainerRuntime;
  readonly logger: Logger;
}

interface RunningProbe {
  readonly target: ProbeTarget;
  readonly kind: ProbeKind;
  readonly probe: Probe;
  state: ProbeState;
  isStopped: boolean;
}

const defaultPeriodSeconds = 10;
const defaultGraceSeconds = 30;

/** Runs the probes of all containers of the node from one timer. Results go into the containers' tracks. */
export class ProbeScheduler {
  readonly #options: ProbeSchedulerOptions;
  readonly #timers: TimerHeap;
  /** By pod uid and container. */
  readonly #probes = new Map<string, RunningProbe[]>();

  constructor(options: ProbeSchedulerOptions) {
    this.#options = options;
    this.#timers = new TimerHeap(options.clock);
  }

  /** Begins probing an attempt that runs; sets the track's `isStarted` and `isReady` to what holds before any result. */
  start(target: ProbeTarget): void {
    const { worker, pod, track } = target;
    this.stop(worker.uid, track.name);
    if (track.kind !== 'regular' && track.kind !== 'sidecar') return;
    const container = findContainer(pod, track.name)?.container;
    if (!container) return;
    const { startupProbe, livenessProbe, readinessProbe } = container;
    if (!startupProbe) track.isStarted = true;
    if (!readinessProbe && track.isStarted) track.isReady = true;
    const kinds = [
      ['startup', track.isStarted ? undefined : startupProbe],
      ['liveness', livenessProbe],
      ['readiness', readinessProbe],
    ] as const;
    const running: RunningProbe[] = [];
    for (const [kind, probe] of kinds) {
      if (!probe) continue;
      const state = initialProbeState(kind, track.isReady);
      running.push({ target, kind, probe, state, isStopped: false });
    }
    if (running.length === 0) return;
    this.#probes.set(keyOf(worker.uid, track.name), running);
    for (const item of running) this.#begin(item);
  }

  /** Ends the probing of a container. */
  stop(podUid: string, container: string): void {
    const key = keyOf(podUid, container);
    for (const item of this.#probes.get(key) ?? []) item.isStopped = true;
    this.#probes.delete(key);
  }

  /** Ends all probing. */
  stopAll(): void {
    for (const items of this.#probes.values()) for (const item of items) item.isStopped = true;
    this.#probes.clear();
    this.#timers.clear();
  }

  /** At once, but not before its delay, which runs from the container's start. */
  #begin(item: RunningProbe): void {
    const now = this.#options.clock.now();
    const startedAt = item.target.attempt.startedAt ?? now;
    this.#schedule(item, Math.max(startedAt + (item.probe.initialDelaySeconds ?? 0) * 1000, now));
  }

  #schedule(item: RunningProbe, at: number): void {
    this.#timers.add(at, () => {
      if (item.isStopped) return;
      void this.#runOnce(item).finally(() => {
        if (item.isStopped) return;
        const periodMs = (item.probe.periodSeconds ?? defaultPeriodSeconds) * 1000;
        this.#schedule(item, Math.max(at + periodMs, this.#options.clock.now()));
      });
    });
  }

  async #runOnce(item: RunningProbe): Promise<void> {
    const { target, kind, probe } = item;
    const { track } = target;
    // Liveness and readiness wait for the startup probe; a container that has to go is not probed any more.
    if (kind !== 'startup' && !track.isStarted) return;
    if (track.condemned) return;
    const container = findContainer(target.pod, track.name)?.container;
    const result = await runProbe(
      { probe, ip: target.worker.state.ip ?? '', ports: container?.ports ?? [], containerId: target.attempt.id },
      this.#options.runtime,
    );
    if (item.isStopped || result.type === 'unknown') return;
    if (result.type === 'failure') this.#recordFailure(item, result.message);
    const { state, changedTo } = noteResult(item.state, probe, result.type);
    item.state = state;
    if (changedTo !== undefined) this.#apply(item, changedTo);
  }

  #recordFailure({ target, kind }: RunningProbe, message: string): void {
    const { pod, track } = target;
    this.#options.api.recordEvent({
      pod,
      type: 'Warning',
      reason: 'Unhealthy',
      message: `${kind[0]?.toUpperCase()}${kind.slice(1)} probe failed: ${message}`,
      fieldPath: containerFieldPath(track.name, track.kind),
    });
  }

  #apply(item: RunningProbe, result: 'success' | 'failure'): void {
    const { target, kind, probe } = item;
    const { track, pod, worker, attempt } = target;
    if (kind === 'readiness') {
      track.isReady = result === 'success';
    } else if (result === 'failure') {
      const graceSeconds =
        probe.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? defaultGraceSeconds;
      const message = `Container ${track.name} failed ${kind} probe, will be restarted`;
      track.condemned = { attemptId: attempt.id, message, graceSeconds };
    } else if (kind === 'startup') {
      this.#noteStarted(item);
    }
    worker.kick();
  }

  /** Liveness and readiness begin at once and not at their next turn. */
  #noteStarted(item: RunningProbe): void {
    const { track, worker } = item.target;
    track.isStarted = true;
    item.isStopped = true;
    const others = (this.#probes.get(keyOf(worker.uid, track.name)) ?? []).filter((other) => other !== item);
    this.#probes.set(keyOf(worker.uid, track.name), others);
    if (!others.some(({ kind }) => kind === 'readiness')) track.isReady = true;
    for (const other of others) {
      const replacement = { ...other };
      other.isStopped = true;
      others.splice(others.indexOf(other), 1, replacement);
      this.#begin(replacement);
    }
  }
}

function keyOf(podUid: string, container: string): string {
  return `${podUid}/${container}`;
}
