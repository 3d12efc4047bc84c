import type { HostHandle, HostProvider, HostSpec } from '../host-provider.ts';

/** Hosts that are nothing but their names: what a pool's loop is tested with. */
export class FakeProvider implements HostProvider {
  readonly name = 'docker';
  readonly hosts = new Map<string, HostSpec>();
  /** What was asked, in order: `create burst-1`. */
  readonly calls: string[] = [];
  /** Throws, or waits, for a test. */
  onCall: (call: string, signal: AbortSignal) => Promise<void> | void = () => undefined;

  async create(spec: HostSpec, signal: AbortSignal): Promise<HostHandle> {
    await this.#called(`create ${spec.name}`, signal);
    this.hosts.set(spec.name, spec);
    return handleOf(spec);
  }

  async list(signal: AbortSignal): Promise<readonly HostHandle[]> {
    await this.#called('list', signal);
    return [...this.hosts.values()].map(handleOf);
  }

  async delete({ name }: Pick<HostHandle, 'pool' | 'name'>, signal: AbortSignal): Promise<void> {
    await this.#called(`delete ${name}`, signal);
    this.hosts.delete(name);
  }

  async stop(): Promise<void> {}

  async #called(call: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.calls.push(call);
    await this.onCall(call, signal);
  }
}

function handleOf({ pool, name }: HostSpec): HostHandle {
  return { pool, name, id: `fake-${name}`, isRunning: true };
}
