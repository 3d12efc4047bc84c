import { readdirSync } from 'node:fs';
import { Counter, Histogram, type Instrument, readWhenAsked } from '@gantry/core/metrics/instruments';
import { factsOf } from '@gantry/core/metrics/process-facts';
import { processInstruments } from '@gantry/core/metrics/process-instruments';
import { gantryVersion } from '../version.ts';

/** What the API server says of each request. */
export interface RequestMeter {
  /** `seconds` is undefined for watches: they take as long as their clients like. */
  answered(request: MeteredRequest, code: number, seconds: number | undefined): void;
}

export interface MeteredRequest {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
}

/** What the store says of each commit. */
export interface StoreMeter {
  committed(writes: number, seconds: number): void;
  commitFailed(): void;
  /** How many writes wait for the disk, asked for when it is read. */
  observeWaiting(read: () => number): void;
}

/** What the scheduler says of each attempt. */
export interface SchedulerMeter {
  attempted(result: 'scheduled' | 'unschedulable' | 'error', seconds: number): void;
}

/** What a work queue's loop says of it. */
export interface QueueMeter {
  added(): void;
  worked(seconds: number, isFailure: boolean): void;
}

/** What is read when somebody asks; each is undefined until its part of the controller has started. */
export interface MeteredParts {
  watches?: () => number;
  pendingPods?: () => Readonly<Record<'active' | 'backoff' | 'unschedulable', number>>;
  agentSessions?: () => number;
  objects?: () => Iterable<readonly [resource: string, count: number]>;
  historySubjects?: () => { readonly pods: number; readonly nodes: number };
}

/** All that a controller counts of itself, with the names that Kubernetes' components use where there is one. */
export class ControllerInstruments {
  readonly parts: MeteredParts = {};
  readonly requests: RequestMeter;
  readonly store: StoreMeter;
  readonly scheduler: SchedulerMeter;
  readonly #all: Instrument[] = [];
  readonly #queueDepths = new Map<string, () => number>();
  readonly #queueAdds = this.#add(
    new Counter({ name: 'workqueue_adds_total', help: 'Keys added to a work queue.', labelNames: ['name'] }),
  );
  readonly #queueRetries = this.#add(
    new Counter({
      name: 'workqueue_retries_total',
      help: 'Passes that failed and are tried again.',
      labelNames: ['name'],
    }),
  );
  readonly #queueWork = this.#add(
    new Histogram({
      name: 'workqueue_work_duration_seconds',
      help: 'How long a pass over a key takes.',
      labelNames: ['name'],
    }),
  );

  constructor() {
    this.requests = this.#requestMeter();
    this.store = this.#storeMeter();
    this.scheduler = this.#schedulerMeter();
    this.#addGauges();
    this.#all.push(...processInstruments(factsOf({ process, performance, list: readdirSync, version: gantryVersion })));
  }

  /** Of the queue of a control loop, whose length is asked for when it is read. */
  queue(name: string, depth: () => number): QueueMeter {
    this.#queueDepths.set(name, depth);
    const adds = this.#queueAdds.with(name);
    const retries = this.#queueRetries.with(name);
    const work = this.#queueWork.with(name);
    return {
      added: () => adds.inc(),
      worked(seconds, isFailure) {
        work.observe(seconds);
        if (isFailure) retries.inc();
      },
    };
  }

  get all(): readonly Instrument[] {
    return this.#all;
  }

  #add<I extends Instrument>(instrument: I): I {
    this.#all.push(instrument);
    return instrument;
  }

  #requestMeter(): RequestMeter {
    const named = ['verb', 'group', 'version', 'resource', 'subresource'];
    const total = this.#add(
      new Counter({ name: 'apiserver_request_total', help: 'Requests answered.', labelNames: [...named, 'code'] }),
    );
    const seconds = this.#add(
      new Histogram({
        name: 'apiserver_request_duration_seconds',
        help: 'How long answers take, watches left out.',
        labelNames: named,
      }),
    );
    return {
      answered({ verb, group, version, resource, subresource }, code, took) {
        total.with(verb, group, version, resource, subresource, String(code)).inc();
        if (took !== undefined) seconds.with(verb, group, version, resource, subresource).observe(took);
      },
    };
  }

  #storeMeter(): StoreMeter {
    const seconds = this.#add(
      new Histogram({ name: 'gantry_store_commit_duration_seconds', help: 'How long commits of the store take.' }),
    ).with();
    const writes = this.#add(
      new Counter({ name: 'gantry_store_writes_total', help: 'Writes that were committed.' }),
    ).with();
    const failed = this.#add(
      new Counter({ name: 'gantry_store_commit_failures_total', help: 'Commits that failed.' }),
    ).with();
    let waiting = () => 0;
    const gauge = {
      name: 'gantry_store_waiting_writes',
      help: 'Writes that wait for the disk.',
      type: 'gauge',
    } as const;
    this.#add(readWhenAsked(gauge, () => waiting()));
    return {
      committed(count, took) {
        seconds.observe(took);
        writes.inc(count);
      },
      commitFailed: () => failed.inc(),
      observeWaiting: (read) => {
        waiting = read;
      },
    };
  }

  #schedulerMeter(): SchedulerMeter {
    const total = this.#add(
      new Counter({
        name: 'scheduler_schedule_attempts_total',
        help: 'Attempts to place a pod.',
        labelNames: ['result'],
      }),
    );
    const seconds = this.#add(
      new Histogram({
        name: 'scheduler_scheduling_attempt_duration_seconds',
        help: 'How long an attempt takes, with the binding.',
        labelNames: ['result'],
      }),
    );
    return {
      attempted(result, took) {
        total.with(result).inc();
        seconds.with(result).observe(took);
      },
    };
  }

  #addGauges(): void {
    const { parts } = this;
    const gauge = (name: string, help: string, read: () => number) =>
      this.#add(readWhenAsked({ name, help, type: 'gauge' }, read));
    const pending = {
      name: 'scheduler_pending_pods',
      help: 'Pods without a node.',
      type: 'gauge',
      labelNames: ['queue'],
    } as const;
    this.#add(
      readWhenAsked(pending, () =>
        Object.entries(parts.pendingPods?.() ?? {}).map(([queue, value]) => ({ labels: [queue], value })),
      ),
    );
    const depth = {
      name: 'workqueue_depth',
      help: 'Keys that wait in a work queue.',
      type: 'gauge',
      labelNames: ['name'],
    } as const;
    this.#add(
      readWhenAsked(depth, () => [...this.#queueDepths].map(([name, read]) => ({ labels: [name], value: read() }))),
    );
    const objects = {
      name: 'apiserver_storage_objects',
      help: 'Objects of each kind.',
      type: 'gauge',
      labelNames: ['resource'],
    } as const;
    this.#add(
      readWhenAsked(objects, () =>
        [...(parts.objects?.() ?? [])].map(([resource, value]) => ({ labels: [resource], value })),
      ),
    );
    gauge('apiserver_longrunning_requests', 'Watches that are open.', () => parts.watches?.() ?? 0);
    gauge('gantry_agent_sessions', 'Connected agents.', () => parts.agentSessions?.() ?? 0);
    gauge(
      'gantry_history_pods',
      'Pods whose usage of the last half hour is kept.',
      () => parts.historySubjects?.().pods ?? 0,
    );
  }
}
