import type { Logger, RecordedEvent } from '@gantry/core';
import { FakeClock } from '@gantry/core/testing';
import type { NodeHeartbeats } from '../node-lifecycle-controller.ts';
import { type ControllersOptions, startControllers } from '../start-controllers.ts';
import { FakeCluster } from './fake-cluster.ts';

/** All controllers running against a fake cluster and a fake clock. */
export class TestRig implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly cluster = new FakeCluster(this.clock);
  readonly heartbeats = new FakeHeartbeats();
  readonly events: string[] = [];
  readonly errors: unknown[] = [];
  #controllers: { stop(): Promise<void> } | undefined;

  start(options: ControllersOptions = {}): void {
    const logger: Logger = {
      debug: () => undefined,
      info: () => undefined,
      warn: () => undefined,
      error: (fields) => this.errors.push(fields),
      child: () => logger,
    };
    this.#controllers = startControllers({
      client: this.cluster.client,
      informers: this.cluster.informers,
      events: {
        record: (about, event: RecordedEvent) =>
          this.events.push(`${event.type} ${event.reason} ${about.kind}/${about.metadata.name}: ${event.message}`),
      },
      heartbeats: this.heartbeats,
      clock: this.clock,
      logger,
      options,
    });
  }

  /** Lets everything that is due or becomes due within `ms` happen. */
  async pass(ms = 100): Promise<void> {
    for (let left = ms; left > 0; left -= 20) await this.clock.advanceAsync(Math.min(20, left));
  }

  /** As {@link pass}, with the agents of these nodes alive. */
  async passWithHeartbeats(ms: number, ...nodeNames: string[]): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      for (const name of nodeNames) this.heartbeats.beat(name, this.clock.now());
      await this.pass(Math.min(500, left));
    }
  }

  async stop(): Promise<void> {
    await this.#controllers?.stop();
    this.#controllers = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Heartbeats as the agent sessions would know them. */
export class FakeHeartbeats implements NodeHeartbeats {
  readonly #lastSeen = new Map<string, number>();

  beat(nodeName: string, nowMs: number): void {
    this.#lastSeen.set(nodeName, nowMs);
  }

  lastSeen(nodeName: string): number | undefined {
    return this.#lastSeen.get(nodeName);
  }

  hasSession(nodeName: string): boolean {
    return this.#lastSeen.has(nodeName);
  }
}
