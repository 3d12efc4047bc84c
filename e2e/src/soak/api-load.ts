import type { ConfigMap, Deployment } from '@gantry/api-types';
import type { HttpClient } from '../testbed/http-client.ts';
import type { Random } from './random.ts';
import { deploymentsPath } from './workloads.ts';

/** What a key was left as: a value, or undefined where it is gone. */
type Value = string | undefined;

interface KeyState {
  readonly value: Value;
  /** Of the object; undefined where it is gone. */
  readonly resourceVersion?: number;
  /** Of a write to which no answer came: it may have happened or not. */
  readonly inDoubt?: { readonly value: Value };
}

/** A write to a ConfigMap that the API acknowledged. */
export interface AcknowledgedWrite {
  readonly name: string;
  readonly resourceVersion: number;
}

const writers = 6;
const keysPerWriter = 40;

/**
 * Writers that create, update and delete ConfigMaps and scale a Deployment as fast as they are answered, and remember
 * each acknowledgement. Every key has one writer, so that it is known what must be there.
 */
export class ApiLoad {
  readonly #client: HttpClient;
  readonly #namespace: string;
  readonly #deployment: string;
  readonly #random: Random;
  readonly #keys = new Map<string, KeyState>();
  readonly #acknowledged: AcknowledgedWrite[] = [];
  #replicas: { acknowledged: number; inDoubt: number | undefined } = { acknowledged: 0, inDoubt: undefined };
  #deletions = 0;
  #scalings = 0;
  #isStopping = false;

  constructor(
    client: HttpClient,
    options: { namespace: string; deployment: string; replicas: number; random: Random },
  ) {
    this.#client = client;
    this.#namespace = options.namespace;
    this.#deployment = options.deployment;
    this.#random = options.random;
    this.#replicas.acknowledged = options.replicas;
  }

  get acknowledged(): readonly AcknowledgedWrite[] {
    return this.#acknowledged;
  }

  get figures(): { writes: number; deletions: number; scalings: number } {
    return { writes: this.#acknowledged.length, deletions: this.#deletions, scalings: this.#scalings };
  }

  /** Writes until the API goes away (each writer ends with its first lost answer) or {@link stop} is called. */
  async run(): Promise<void> {
    this.#isStopping = false;
    const work = Array.from({ length: writers }, (_, writer) => this.#writeUntilLost(writer));
    await Promise.all([...work, this.#scaleUntilLost()]);
  }

  stop(): void {
    this.#isStopping = true;
  }

  /** Throws where the API lacks an acknowledged write or has what was deleted. What was in doubt is settled then. */
  async check(): Promise<void> {
    const path = this.#configMaps;
    const list = await this.#client.json<{ metadata: { resourceVersion: string }; items: ConfigMap[] }>(path);
    const newest = this.#acknowledged.reduce((max, { resourceVersion }) => Math.max(max, resourceVersion), 0);
    if (Number(list.metadata.resourceVersion) < newest)
      throw new Error(`the list is at ${list.metadata.resourceVersion}, but ${newest} was acknowledged`);
    const present = new Map(list.items.map((item) => [item.metadata.name, item]));
    for (const [name, state] of this.#keys) this.#keys.set(name, settle(name, state, present.get(name)));
    for (const name of present.keys())
      if (name.startsWith('load-') && !this.#keys.has(name)) throw new Error(`${name} was never written`);
    await this.#checkReplicas();
  }

  get #configMaps(): string {
    return `/api/v1/namespaces/${this.#namespace}/configmaps`;
  }

  async #writeUntilLost(writer: number): Promise<void> {
    for (let count = 0; !this.#isStopping; count += 1) {
      const name = `load-${writer}-${this.#random.between(1, keysPerWriter)}`;
      const state = this.#keys.get(name) ?? { value: undefined };
      const value =
        state.value !== undefined && this.#random.next() < 0.3 ? undefined : `${writer}.${count}.${Date.now()}`;
      try {
        this.#keys.set(name, await this.#write(name, state, value));
      } catch (error) {
        if (error instanceof RefusedError) throw error;
        // No answer: the controller was killed.
        this.#keys.set(name, { ...state, inDoubt: { value } });
        return;
      }
    }
  }

  async #write(name: string, state: KeyState, value: Value): Promise<KeyState> {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { value } };
    const one = `${this.#configMaps}/${name}`;
    const { status, text } = await (value === undefined
      ? this.#client.send('DELETE', one)
      : state.value === undefined
        ? this.#client.send('POST', this.#configMaps, object)
        : this.#client.send('PUT', one, object));
    // One that is shutting down may still answer that it does not serve this write.
    if (status >= 500) throw new Error(`${status}`);
    if (status >= 300) throw new RefusedError(`${name} was refused: ${status} ${text}`);
    if (value === undefined) {
      this.#deletions += 1;
      return { value };
    }
    const resourceVersion = Number((JSON.parse(text) as ConfigMap).metadata.resourceVersion);
    if (resourceVersion <= (state.resourceVersion ?? 0))
      throw new RefusedError(`${name} went back to ${resourceVersion}`);
    this.#acknowledged.push({ name, resourceVersion });
    return { value, resourceVersion };
  }

  async #scaleUntilLost(): Promise<void> {
    while (!this.#isStopping) {
      const replicas = this.#random.between(2, 8);
      const path = `${deploymentsPath(this.#namespace)}/${this.#deployment}/scale`;
      try {
        const { status } = await this.#client.send(
          'PATCH',
          path,
          { spec: { replicas } },
          'application/merge-patch+json',
        );
        if (status >= 300) throw new Error(`${status}`);
        this.#replicas = { acknowledged: replicas, inDoubt: undefined };
        this.#scalings += 1;
      } catch {
        this.#replicas.inDoubt = replicas;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }

  async #checkReplicas(): Promise<void> {
    const deployment = await this.#client.json<Deployment>(`${deploymentsPath(this.#namespace)}/${this.#deployment}`);
    const { acknowledged, inDoubt } = this.#replicas;
    const found = deployment.spec.replicas;
    if (found !== acknowledged && found !== inDoubt)
      throw new Error(`${this.#deployment} has ${found} replicas declared; ${acknowledged} was acknowledged`);
    this.#replicas = { acknowledged: found ?? 0, inDoubt: undefined };
  }
}

/** A well-formed write that the API refused or answered wrongly: nothing that a kill excuses. */
class RefusedError extends Error {}

function settle(name: string, state: KeyState, found: ConfigMap | undefined): KeyState {
  const value = found?.data?.value;
  const now: KeyState = found ? { value, resourceVersion: Number(found.metadata.resourceVersion) } : { value };
  if (value === state.value && now.resourceVersion === state.resourceVersion) return now;
  if (
    state.inDoubt &&
    value === state.inDoubt.value &&
    (now.resourceVersion ?? Number.POSITIVE_INFINITY) > (state.resourceVersion ?? 0)
  )
    return now;
  const wanted = state.value === undefined ? 'gone' : `${state.value} at ${state.resourceVersion}`;
  throw new Error(`${name} is ${value ?? 'gone'} at ${now.resourceVersion}; acknowledged: ${wanted}`);
}
