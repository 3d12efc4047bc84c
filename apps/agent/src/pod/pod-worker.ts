import type { Pod, PodStatus } from '@gantry/api-types';
import { resourcesInForce } from '../resize/resources-in-force.ts';
import { type ContainerDetails, isRuntimeError, messageOf } from '../runtime/container-runtime.ts';
import { noteRunning } from './after-start.ts';
import { noteEnd, putAttempt, toAttempt } from './attempts.ts';
import { labelKeys } from './labels.ts';
import { observeContainer, observeRemoval } from './observe-container.ts';
import { planPod } from './plan-pod.ts';
import type { PodContext } from './pod-context.ts';
import { lastAttempt, type PodState } from './pod-state.ts';
import { podStatus } from './pod-status.ts';
import { applyStep } from './pod-steps.ts';
import { noteNewContainers, recallPod } from './recall-pod.ts';

/** A pod whose object vanished without a grace period was deleted by force: its containers get this long. */
const forcedGraceMs = 2_000;
const defaultGraceSeconds = 30;
const firstRetryMs = 500;
const maxRetryMs = 30_000;

/**
 * Makes one pod's containers what its spec says, one step at a time. Whatever happens only wakes it (`kick`): each pass
 * looks at the desired pod and at what is known of its containers, so that a lost or doubled wake-up does not matter.
 */
export class PodWorker {
  readonly uid: string;
  readonly state: PodState;
  readonly #context: PodContext;
  /** The pod as last seen; stays after its object vanished. */
  #pod: Pod | undefined;
  #running: Promise<void> | undefined;
  #isDirty = false;
  #isStopped = false;
  #cancelTimer: (() => void) | undefined;
  readonly #suspects = new Set<string>();
  #deadline: number | undefined;
  #graceSeconds: number | undefined;
  #retryMs = 0;
  #hasTerminated = false;
  #evictedAt: number | undefined;
  #lastReport: { readonly text: string; readonly status: PodStatus } | undefined;

  constructor(context: PodContext, uid: string) {
    this.#context = context;
    this.uid = uid;
    this.state = {
      uid,
      tracks: new Map(),
      ip: undefined,
      isPrepared: false,
      isReleased: false,
      prepareRetryAt: 0,
      prepareDelayMs: 0,
      startTime: context.clock.now(),
      unsupported: undefined,
      eviction: undefined,
      allocation: new Map(),
      resize: {},
      rejected: undefined,
      ended: undefined,
    };
  }

  get pod(): Pod | undefined {
    return this.#pod;
  }

  /** The time by which all containers must have stopped; undefined while the pod is wanted. */
  get deadline(): number | undefined {
    return this.#deadline;
  }

  /** When {@link evict} was called in this life of the agent. */
  get evictedAt(): number | undefined {
    return this.#evictedAt;
  }

  /** Takes over a container found on the engine. Only before the first {@link kick}. */
  adopt(details: ContainerDetails): void {
    const attempt = toAttempt(details);
    if (!attempt) return;
    const track = putAttempt(this.state, attempt);
    track.inForce = { attemptId: attempt.id, resources: resourcesInForce(details.resources) };
    if (attempt.state === 'exited') noteEnd(track, attempt.finishedAt ?? 0, this.#context.backOff);
    const ip = details.labels[labelKeys.podIp] ?? details.ip;
    // An address that went to another pod since belongs to a pod that had ended: there is nothing to release.
    if (ip === undefined || !this.#context.network.claim(this.uid, ip)) return;
    this.state.ip = ip;
    this.state.isPrepared = true;
    this.#context.volumes.adopt(this.uid);
  }

  /** Something of the pod changed: `isNews` where it was not just time that passed, so that waiting for a retry ends. */
  kick(isNews = false): void {
    if (isNews && !this.#isEcho()) this.#forgetRetries();
    this.#isDirty = true;
    this.#running ??= this.#loop().finally(() => {
      this.#running = undefined;
      if (this.#isDirty && !this.#isStopped) this.kick();
    });
  }

  /** What is known of a container may be wrong: it is inspected in the next pass. */
  suspect(containerId: string): void {
    this.#suspects.add(containerId);
    this.kick();
  }

  /** Ends the pod as Failed with the reason Evicted, and says why in an event. Does nothing for one that has ended. */
  evict(message: string): void {
    if (!this.#pod || this.state.ended || this.state.eviction !== undefined) return;
    this.state.eviction = message;
    this.#evictedAt = this.#context.clock.now();
    this.#context.api.recordEvent({ pod: this.#pod, type: 'Warning', reason: 'Evicted', message });
    this.kick();
  }

  /** Resolves once no step is under way; the containers stay as they are. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    await this.#running;
  }

  async #loop(): Promise<void> {
    while (this.#isDirty && !this.#isStopped) {
      this.#isDirty = false;
      this.#cancelTimer?.();
      const startedAt = performance.now();
      let isFailure = false;
      try {
        await this.#pass();
        this.#retryMs = 0;
      } catch (error) {
        isFailure = true;
        this.#retryLater(error);
      }
      this.#context.meter?.passed((performance.now() - startedAt) / 1000, isFailure);
    }
  }

  async #pass(): Promise<void> {
    await this.#inspectSuspects();
    while (!this.#isStopped) {
      const pod = this.#observePod();
      if (!pod) return this.#finishUnknown();
      const { clock, resourceFacts } = this.#context;
      const step = planPod({ pod, state: this.state, deadline: this.#deadline, now: clock.now() }, resourceFacts);
      if (step.type === 'wait') {
        this.#report(pod);
        return this.#wakeAt(step.until);
      }
      if (step.type === 'finish') return this.#finish(pod);
      if (step.type === 'run' || step.type === 'start' || step.type === 'stop') this.#report(pod);
      await applyStep({ context: this.#context, worker: this, pod }, step);
      if (step.type === 'end') this.#report(pod);
      if (this.#suspects.size > 0) await this.#inspectSuspects();
    }
  }

  /** The desired pod; notes its deletion and, the first time, what its status tells of an earlier life of this agent. */
  #observePod(): Pod | undefined {
    const { api, clock } = this.#context;
    const desired = api.pods().get(this.uid);
    const now = clock.now();
    if (desired) {
      if (!this.#pod) this.#recall(desired);
      else if (this.#pod !== desired) noteNewContainers(this.state, desired);
      this.#pod = desired;
      if (desired.metadata.deletionTimestamp !== undefined) this.#noteGrace(desired, now);
      return desired;
    }
    // Not desired, or only not known yet.
    if (!api.hasSynced) return undefined;
    this.#deadline = Math.min(this.#deadline ?? Number.POSITIVE_INFINITY, now + forcedGraceMs);
    return this.#pod ?? orphanPod(this.state);
  }

  /** A later, shorter grace period counts; a longer one does not. */
  #noteGrace(pod: Pod, now: number): void {
    const seconds = pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds;
    const graceSeconds = seconds ?? defaultGraceSeconds;
    if (this.#deadline !== undefined && graceSeconds === this.#graceSeconds) return;
    this.#graceSeconds = graceSeconds;
    this.#deadline = Math.min(this.#deadline ?? Number.POSITIVE_INFINITY, now + graceSeconds * 1000);
  }

  #recall(pod: Pod): void {
    const { api } = this.#context;
    recallPod(this.state, pod, this.#context.admission());
    for (const track of this.state.tracks.values()) {
      const attempt = lastAttempt(track);
      if (attempt?.state === 'running') noteRunning({ context: this.#context, worker: this, pod }, track, attempt);
    }
    const { unsupported, rejected, ended } = this.state;
    if (rejected && !ended) api.recordEvent({ pod, type: 'Warning', ...rejected });
    if (unsupported !== undefined) {
      api.recordEvent({ pod, type: 'Warning', reason: 'UnsupportedField', message: unsupported });
    }
  }

  async #inspectSuspects(): Promise<void> {
    for (const id of [...this.#suspects]) {
      const details = await this.#context.runtime.inspectContainer(id);
      this.#suspects.delete(id);
      const subject = { context: this.#context, worker: this, pod: this.#pod };
      if (details) await observeContainer(subject, details);
      else observeRemoval(subject, id, this.#context.api.pods().has(this.uid) && this.#deadline === undefined);
    }
  }

  #report(pod: Pod): void {
    const { api, clock, hostIp, resourceFacts } = this.#context;
    // A pod that vanished has nobody to tell; one whose containers are being removed has told its end.
    if (!api.pods().has(this.uid) || this.#hasTerminated) return;
    const previous = this.#lastReport?.status ?? pod.status;
    const status = podStatus({ pod, state: this.state, hostIp, now: clock.now(), previous, resourceFacts });
    const text = JSON.stringify(status);
    if (text === this.#lastReport?.text) return;
    this.#lastReport = { text, status };
    if (status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True')) {
      this.#context.phases.noteReady(this.uid);
    }
    if (JSON.stringify(pod.status) !== text) api.reportPodStatus(pod, status);
  }

  #finish(pod: Pod): void {
    const { api } = this.#context;
    if (api.pods().has(this.uid)) {
      if (!this.#hasTerminated) api.reportPodTerminated(pod);
      this.#hasTerminated = true;
      return;
    }
    this.#context.onForgotten(this.uid);
  }

  /** Not desired and, as far as is known, nothing on the engine: once synced there is nothing to keep. */
  #finishUnknown(): void {
    if (this.#context.api.hasSynced) this.#context.onForgotten(this.uid);
  }

  #wakeAt(time: number | undefined): void {
    if (time === undefined || this.#isDirty) return;
    const { clock } = this.#context;
    this.#cancelTimer = clock.setTimer(() => this.kick(), Math.max(0, time - clock.now()));
  }

  #retryLater(error: unknown): void {
    const { clock, logger } = this.#context;
    this.#retryMs = Math.min(maxRetryMs, Math.max(firstRetryMs, this.#retryMs * 2));
    const fields = { podUid: this.uid, pod: this.#pod?.metadata.name, err: messageOf(error), retryMs: this.#retryMs };
    // The watch says once that the engine is away; not every pod again.
    if (isRuntimeError(error, 'unreachable')) logger.debug(fields, 'engine unreachable, trying the pod again later');
    else logger.warn(fields, 'a step of the pod failed, trying again later');
    this.#wakeAt(clock.now() + this.#retryMs);
  }

  /** The pod came back with nothing but the status that was reported. */
  #isEcho(): boolean {
    const desired = this.#context.api.pods().get(this.uid);
    if (!desired || !this.#pod || desired === this.#pod) return false;
    const { metadata } = this.#pod;
    const isSame = desired.metadata.generation === metadata.generation;
    return isSame && desired.metadata.deletionTimestamp === metadata.deletionTimestamp;
  }

  #forgetRetries(): void {
    this.state.prepareRetryAt = 0;
    for (const track of this.state.tracks.values()) track.retryAt = 0;
  }
}

/** Stands in for a pod of which only containers are left. */
function orphanPod(state: PodState): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: '', uid: state.uid, resourceVersion: '', creationTimestamp: '' },
    spec: { containers: [] },
    status: {},
  };
}
