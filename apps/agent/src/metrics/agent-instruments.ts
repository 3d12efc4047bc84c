import { readdirSync } from 'node:fs';
import { Counter, Histogram, type Instrument, readWhenAsked } from '@gantry/core/metrics/instruments';
import { factsOf } from '@gantry/core/metrics/process-facts';
import { processInstruments } from '@gantry/core/metrics/process-instruments';
import { gantryVersion } from '../version.ts';

/** What is said of each call to the engine. */
export interface EngineMeter {
  called(operation: string, seconds: number, isFailure: boolean): void;
}

/** What is said of the pods' workers. */
export interface PodMeter {
  /** One pass of a pod's worker: look, plan, act, until there is nothing to do. */
  passed(seconds: number, isFailure: boolean): void;
  /** A pod that started in this life of the agent runs: so long after the agent began with it. */
  started(seconds: number): void;
}

/** Seconds that pods take to start. */
const startBounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] as const;

/**
 * All that an agent counts of itself, with the kubelet's names where it has one. Counting is an addition; the text is
 * made when somebody asks.
 */
export class AgentInstruments {
  readonly engine: EngineMeter;
  readonly pods: PodMeter;
  /** Of the newest sample. */
  running = { pods: 0, containers: 0 };
  readonly #all: Instrument[] = [];
  readonly #samples = this.#add(
    new Histogram({
      name: 'gantry_agent_usage_sample_duration_seconds',
      help: 'How long reading what pods use takes.',
    }),
  ).with();
  readonly #connections = this.#add(
    new Counter({ name: 'gantry_agent_connections_total', help: 'Sessions with the controller that were accepted.' }),
  ).with();

  constructor() {
    this.engine = this.#engineMeter();
    this.pods = this.#podMeter();
    const gauge = (name: string, help: string, read: () => number) =>
      this.#add(readWhenAsked({ name, help, type: 'gauge' }, read));
    gauge('kubelet_running_pods', 'Pods with a container that runs.', () => this.running.pods);
    gauge('kubelet_running_containers', 'Containers that run.', () => this.running.containers);
    this.#all.push(...processInstruments(factsOf({ process, performance, list: readdirSync, version: gantryVersion })));
  }

  sampled(seconds: number, running: { readonly pods: number; readonly containers: number }): void {
    this.#samples.observe(seconds);
    this.running = running;
  }

  connected(): void {
    this.#connections.inc();
  }

  get all(): readonly Instrument[] {
    return this.#all;
  }

  #add<I extends Instrument>(instrument: I): I {
    this.#all.push(instrument);
    return instrument;
  }

  #engineMeter(): EngineMeter {
    const labelNames = ['operation_type'];
    const total = this.#add(
      new Counter({ name: 'kubelet_runtime_operations_total', help: 'Calls to the engine.', labelNames }),
    );
    const errors = this.#add(
      new Counter({ name: 'kubelet_runtime_operations_errors_total', help: 'Calls that failed.', labelNames }),
    );
    const seconds = this.#add(
      new Histogram({ name: 'kubelet_runtime_operations_duration_seconds', help: 'How long calls take.', labelNames }),
    );
    return {
      called(operation, took, isFailure) {
        total.with(operation).inc();
        seconds.with(operation).observe(took);
        if (isFailure) errors.with(operation).inc();
      },
    };
  }

  #podMeter(): PodMeter {
    const starts = this.#add(
      new Histogram({
        name: 'kubelet_pod_start_duration_seconds',
        help: 'From when the agent began with a pod until it runs.',
        bounds: startBounds,
      }),
    ).with();
    const passes = this.#add(
      new Histogram({ name: 'kubelet_pod_worker_duration_seconds', help: 'How long passes of pods’ workers take.' }),
    ).with();
    const failures = this.#add(
      new Counter({ name: 'gantry_agent_pod_worker_failures_total', help: 'Passes that failed and are tried again.' }),
    ).with();
    return {
      started: (took) => starts.observe(took),
      passed(took, isFailure) {
        passes.observe(took);
        if (isFailure) failures.inc();
      },
    };
  }
}
