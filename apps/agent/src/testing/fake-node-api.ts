import type { ConfigMap, PersistentVolume, PersistentVolumeClaim, Pod, PodStatus, Secret } from '@gantry/api-types';
import type { NodeEventReport, VolumeReference } from '@gantry/api-types/protocol';
import type { NodeApi, PodEvent } from '../node-api.ts';
import type { TokenGrant, TokenRequest, TokenSource } from '../volumes/pod-tokens.ts';

/** A controller for tests: holds desired pods, remembers what was reported, and writes statuses into the pods as the real one does. */
export class FakeNodeApi implements NodeApi, TokenSource {
  hasSynced = true;
  readonly events: PodEvent[] = [];
  readonly nodeEvents: NodeEventReport[] = [];
  readonly statuses = new Map<string, PodStatus[]>();
  readonly terminated: string[] = [];
  /** Removes a pod's object when its containers are gone, as the controller does. */
  removesTerminated = true;
  tokensIssued = 0;
  readonly deletedVolumes: string[] = [];
  tokenLifeMs = 3_600_000;
  readonly #pods = new Map<string, Pod>();
  readonly #configMaps = new Map<string, ConfigMap>();
  readonly #secrets = new Map<string, Secret>();
  readonly #claims = new Map<string, PersistentVolumeClaim>();
  readonly #volumes = new Map<string, PersistentVolume>();
  readonly #volumeHandlers: (() => void)[] = [];
  readonly #handlers: ((uid: string) => void)[] = [];
  readonly #waiting = new Set<() => void>();

  pods(): ReadonlyMap<string, Pod> {
    return this.#pods;
  }

  configMap(namespace: string, name: string): ConfigMap | undefined {
    return this.#configMaps.get(`${namespace}/${name}`);
  }

  secret(namespace: string, name: string): Secret | undefined {
    return this.#secrets.get(`${namespace}/${name}`);
  }

  /** Counts the tokens it gives; they live for `tokenLifeMs`, whatever was asked. */
  async requestToken(pod: Pod, request: TokenRequest): Promise<TokenGrant> {
    this.tokensIssued += 1;
    const token = `${pod.metadata.name}/${request.audiences.join()}/${this.tokensIssued}`;
    return { token, expirationTimestamp: new Date(Date.now() + this.tokenLifeMs).toISOString() };
  }

  persistentVolumeClaim(namespace: string, name: string): PersistentVolumeClaim | undefined {
    return this.#claims.get(`${namespace}/${name}`);
  }

  persistentVolume(name: string): PersistentVolume | undefined {
    return this.#volumes.get(name);
  }

  persistentVolumes(): Iterable<PersistentVolume> {
    return this.#volumes.values();
  }

  onVolumesChange(handler: () => void): void {
    this.#volumeHandlers.push(handler);
  }

  /** Removes the object, as the controller does. */
  reportVolumeDeleted(volume: VolumeReference): void {
    this.deletedVolumes.push(volume.name);
    this.#volumes.delete(volume.name);
    this.#wake();
  }

  putVolume(volume: PersistentVolume, claim?: PersistentVolumeClaim): void {
    this.#volumes.set(volume.metadata.name, volume);
    if (claim) this.#claims.set(`${claim.metadata.namespace}/${claim.metadata.name}`, claim);
    for (const uid of this.#pods.keys()) this.#notify(uid);
    for (const handler of this.#volumeHandlers) handler();
  }

  removeClaim(namespace: string, name: string): void {
    this.#claims.delete(`${namespace}/${name}`);
    for (const handler of this.#volumeHandlers) handler();
  }

  onChange(handler: (uid: string) => void): void {
    this.#handlers.push(handler);
  }

  reportPodStatus(pod: Pod, status: PodStatus): void {
    const { uid } = pod.metadata;
    this.statuses.set(uid, [...(this.statuses.get(uid) ?? []), status]);
    const desired = this.#pods.get(uid);
    if (desired) this.#pods.set(uid, { ...desired, status });
    this.#notify(uid);
  }

  reportPodTerminated(pod: Pod): void {
    const { uid } = pod.metadata;
    this.terminated.push(uid);
    if (this.removesTerminated) this.removePod(uid);
    else this.#wake();
  }

  recordEvent(event: PodEvent): void {
    this.events.push(event);
    this.#wake();
  }

  recordNodeEvent(event: NodeEventReport): void {
    this.nodeEvents.push(event);
    this.#wake();
  }

  /** Creates or replaces a desired pod; its status stays. */
  putPod(pod: Pod): void {
    const status = this.#pods.get(pod.metadata.uid)?.status ?? pod.status;
    this.#pods.set(pod.metadata.uid, { ...pod, status });
    this.#notify(pod.metadata.uid);
  }

  /** Marks a pod as deleted, with a grace period. */
  deletePod(uid: string, graceSeconds: number): void {
    const pod = this.#pods.get(uid);
    if (!pod) return;
    const metadata = {
      ...pod.metadata,
      deletionTimestamp: new Date(Date.now() + graceSeconds * 1000).toISOString(),
      deletionGracePeriodSeconds: graceSeconds,
    };
    this.putPod({ ...pod, metadata });
  }

  removePod(uid: string): void {
    this.#pods.delete(uid);
    this.#notify(uid);
  }

  putConfigMap(configMap: ConfigMap): void {
    this.#configMaps.set(`${configMap.metadata.namespace}/${configMap.metadata.name}`, configMap);
    for (const uid of this.#pods.keys()) this.#notify(uid);
  }

  removeConfigMap(namespace: string, name: string): void {
    this.#configMaps.delete(`${namespace}/${name}`);
    for (const uid of this.#pods.keys()) this.#notify(uid);
  }

  putSecret(secret: Secret): void {
    this.#secrets.set(`${secret.metadata.namespace}/${secret.metadata.name}`, secret);
    for (const uid of this.#pods.keys()) this.#notify(uid);
  }

  status(uid: string): PodStatus | undefined {
    return this.statuses.get(uid)?.at(-1);
  }

  eventTexts(uid: string): string[] {
    return this.events
      .filter(({ pod }) => pod.metadata.uid === uid)
      .map((event) => `${event.reason}: ${event.message}`);
  }

  /** Resolves once the predicate holds; it is asked again after every report. Rejects after `timeoutMs` with what is known. */
  async until(what: string, predicate: () => boolean, timeoutMs = 60_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!predicate()) {
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) throw new Error(`${what} did not come about: ${this.#describe()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, Math.min(leftMs, 200));
        const waiting = this.#waiting;
        function done() {
          clearTimeout(timer);
          waiting.delete(done);
          resolve();
        }
        waiting.add(done);
      });
    }
  }

  #describe(): string {
    const last = [...this.statuses].map(([uid, list]) => ({ uid, status: list.at(-1) }));
    const events = this.events.map((event) => `${event.reason}: ${event.message}`);
    return JSON.stringify({ last, events: events.slice(-20), terminated: this.terminated }, undefined, 1);
  }

  #notify(uid: string): void {
    for (const handler of this.#handlers) handler(uid);
    this.#wake();
  }

  #wake(): void {
    for (const resolve of [...this.#waiting]) resolve();
  }
}
