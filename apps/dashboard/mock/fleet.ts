import type { FeedEvent, FeedNode, FeedPod, FeedResources, FeedService, FeedWorkload } from '@gantry/api-types/feed';
import type { NodeUsage } from '@gantry/api-types/usage';
import type { NodeVerdict, SchedulingDecision } from '@gantry/core/scheduler/decision';
import { makeDeployment, makeEvent, makeNode, makePod, makeReplicaSet, makeService } from './objects.ts';
import { judgeNode, refusalMessage, sampleUsage } from './placement.ts';

const Mi = 1024 * 1024;

export interface FleetOptions {
  readonly nodes?: number;
  readonly nodeCpuMilli?: number;
  readonly nodeMemoryBytes?: number;
  /** Milliseconds since the epoch at the start. */
  readonly now: number;
  /** Divides every duration below: 10 makes pods start ten times as fast. */
  readonly speed?: number;
}

export interface DeploymentOptions {
  readonly name: string;
  readonly replicas: number;
  readonly requests: FeedResources;
  readonly image?: string;
}

/** How long the phases of a pod's start take, milliseconds, at speed 1. */
const phaseMs = { schedule: 60, create: 700, start: 900, stop: 500 };
const graceMs = 4_000;
const tolerationMs = 1_000;

/**
 * A small make-believe cluster: places pods by free requests, starts them in phases, loses nodes and replaces what ran
 * there. It speaks in feed objects only and moves when `advance` is told the time, so that tests need no waiting.
 */
export class MockFleet {
  readonly nodes = new Map<string, FeedNode>();
  readonly pods = new Map<string, FeedPod>();
  readonly workloads = new Map<string, FeedWorkload>();
  readonly services = new Map<string, FeedService>();
  readonly events = new Map<string, FeedEvent>();
  readonly heartbeats = new Map<string, number>();
  readonly decisions = new Map<string, SchedulingDecision>();
  /** Keys changed since the last `takeDirty`, as `kind key`. */
  #dirty = new Set<string>();
  readonly #dead = new Set<string>();
  readonly #byNode = new Map<string, Map<string, FeedPod>>();
  #due: { at: number; run: () => void }[] = [];
  #counter = 0;
  readonly #speed: number;
  now: number;
  revision = 1;
  /** Whether an autoscaler follows `web`. */
  isAutoscaled = false;
  /** Called with the time whenever it moves on. */
  onAdvance: ((now: number) => void) | undefined;

  constructor(options: FleetOptions) {
    this.now = options.now;
    this.#speed = options.speed ?? 1;
    for (let i = 1; i <= (options.nodes ?? 3); i++) {
      const capacity = { cpuMilli: options.nodeCpuMilli ?? 4000, memoryBytes: options.nodeMemoryBytes ?? 8192 * Mi };
      this.setNode(makeNode(`node-${i}`, 'abc'.charAt((i - 1) % 3), capacity, this.now));
      this.heartbeats.set(`node-${i}`, this.now);
    }
  }

  addDeployment(options: DeploymentOptions): void {
    const deployment = makeDeployment(options, this.#id(), this.now);
    this.setWorkload(deployment);
    this.setWorkload(makeReplicaSet(deployment, this.#id(), this.now));
    this.#setService(makeService(options.name, this.services.size + 1, this.now));
    this.reconcile();
  }

  removeDeployment(name: string): void {
    const deployment = this.workloads.get(`Deployment/default/${name}`);
    if (!deployment) return;
    for (const pod of this.#podsOf(deployment)) this.#terminate(pod);
    const owned = [...this.workloads.values()].filter((w) => w.owner?.uid === deployment.uid).map((w) => w.key);
    for (const key of [deployment.key, ...owned]) {
      this.workloads.delete(key);
      this.#touch('workloads', key);
    }
  }

  scale(name: string, replicas: number): boolean {
    const deployment = this.workloads.get(`Deployment/default/${name}`);
    if (!deployment) return false;
    this.setWorkload({ ...deployment, replicas });
    this.event(
      'Deployment',
      deployment,
      'Normal',
      'ScalingReplicaSet',
      `Scaled replica set ${name}-7d9f to ${replicas}`,
    );
    this.reconcile();
    return true;
  }

  /** Another template: its own ReplicaSet, to which the pods move one at a time. One with that image is taken up again. */
  rollOut(name: string, image: string): boolean {
    const deployment = this.workloads.get(`Deployment/default/${name}`);
    if (!deployment || deployment.images[0] === image) return false;
    const revision = String(Number(deployment.revision) + 1);
    const next = { ...deployment, images: [image], revision, updatedReplicas: 0 };
    const known = [...this.workloads.values()].find((w) => w.owner?.uid === deployment.uid && w.images[0] === image);
    this.setWorkload(next);
    this.setWorkload(known ? { ...known, revision } : makeReplicaSet(next, this.#id(), this.now));
    this.event('Deployment', next, 'Normal', 'ScalingReplicaSet', `Rolling out ${image}`);
    this.#replaceNext(name);
    return true;
  }

  #replaceNext(name: string): void {
    const deployment = this.workloads.get(`Deployment/default/${name}`);
    const pods = deployment ? this.#podsOf(deployment).filter((pod) => !pod.deletedAt) : [];
    const old = pods.filter((pod) => pod.containers[0]?.image !== deployment?.images[0]);
    if (deployment) this.setWorkload({ ...deployment, updatedReplicas: pods.length - old.length });
    const [next] = old;
    if (!next) return;
    this.#terminate(next);
    this.reconcile();
    this.#after(phaseMs.create + phaseMs.start, () => this.#replaceNext(name));
  }

  /** Whether what runs on the node is no longer heard of. */
  isSilent(nodeName: string | undefined): boolean {
    return nodeName !== undefined && this.#dead.has(nodeName);
  }

  /** The host's power cord is pulled: no heartbeat from now on, all else follows from that. */
  killNode(name: string): void {
    this.#dead.add(name);
  }

  reviveNode(name: string): void {
    const node = this.nodes.get(name);
    if (!node) return;
    this.#dead.delete(name);
    this.heartbeats.set(name, this.now);
    for (const pod of this.podsOn(name)) if (pod.deletedAt) this.removePod(pod);
    const conditions = node.conditions.map((c) =>
      c.type === 'Ready' ? { type: 'Ready', status: 'True', reason: 'KubeletReady' } : c,
    );
    this.setNode({ ...node, conditions, taints: [] });
    this.event('Node', node, 'Normal', 'NodeReady', `Node ${name} status is now: NodeReady`);
    this.reconcile();
  }

  cordon(name: string, unschedulable: boolean): boolean {
    const node = this.nodes.get(name);
    if (!node) return false;
    this.setNode({ ...node, unschedulable });
    this.reconcile();
    return true;
  }

  deletePod(key: string): boolean {
    const pod = this.pods.get(key);
    if (!pod) return false;
    this.#terminate(pod);
    this.reconcile();
    return true;
  }

  /** Runs everything that is due up to `now` (milliseconds since the epoch). */
  advance(now: number): void {
    for (;;) {
      this.#due.sort((a, b) => a.at - b.at);
      const next = this.#due[0];
      if (!next || next.at > now) break;
      this.#due.shift();
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = now;
    this.onAdvance?.(now);
    for (const node of this.nodes.values()) {
      if (!this.#dead.has(node.key)) this.heartbeats.set(node.key, now);
      else if (now - (this.heartbeats.get(node.key) ?? 0) > graceMs / this.#speed) this.#lose(node);
    }
  }

  takeDirty(): ReadonlySet<string> {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    return dirty;
  }

  podsOn(nodeName: string): FeedPod[] {
    return [...(this.#byNode.get(nodeName)?.values() ?? [])];
  }

  /** What the node's agent would report; nothing runs on a dead one. */
  usage(name: string): NodeUsage {
    return sampleUsage(this.#dead.has(name) ? [] : this.podsOn(name), this.now);
  }

  setNode(node: FeedNode): void {
    this.nodes.set(node.key, node);
    this.#touch('nodes', node.key);
  }

  setPod(pod: FeedPod): void {
    this.#leaveNode(pod.key);
    this.pods.set(pod.key, pod);
    const { nodeName } = pod;
    if (nodeName) this.#byNode.set(nodeName, (this.#byNode.get(nodeName) ?? new Map()).set(pod.key, pod));
    this.#touch('pods', pod.key);
  }

  removePod(pod: FeedPod): void {
    this.dropPod(pod.key);
    this.#countReady();
  }

  /** Removes a pod without counting what its workload has left. */
  dropPod(key: string): void {
    this.#leaveNode(key);
    this.pods.delete(key);
    this.#touch('pods', key);
  }

  #leaveNode(key: string): void {
    const nodeName = this.pods.get(key)?.nodeName;
    if (nodeName) this.#byNode.get(nodeName)?.delete(key);
  }

  setWorkload(workload: FeedWorkload): void {
    this.workloads.set(workload.key, workload);
    this.#touch('workloads', workload.key);
  }

  event(kind: string, about: { key: string; uid: string }, type: string, reason: string, message: string): void {
    const event = makeEvent(kind, about, { type, reason, message }, this.#id(), this.now);
    this.events.set(event.key, event);
    if (this.events.size > 1000) this.events.delete(this.events.keys().next().value ?? '');
    this.#touch('events', event.key);
  }

  /** Creates and deletes pods until every Deployment has its replicas, then tries to place what waits. */
  reconcile(): void {
    for (const deployment of [...this.workloads.values()].filter((w) => w.kind === 'Deployment')) {
      const living = this.#podsOf(deployment).filter((pod) => !pod.deletedAt);
      for (let i = living.length; i < deployment.replicas; i++) this.#createPod(deployment);
      const surplus = living
        .slice()
        .sort((a, b) => Number(!!a.nodeName) - Number(!!b.nodeName) || b.createdAt.localeCompare(a.createdAt));
      for (const pod of surplus.slice(0, Math.max(0, living.length - deployment.replicas))) this.#terminate(pod);
    }
    for (const pod of this.pods.values())
      if (!pod.nodeName && !pod.deletedAt) this.#after(phaseMs.schedule, () => this.#schedule(pod.key));
    this.#countReady();
  }

  #createPod(deployment: FeedWorkload): void {
    const pod = makePod(deployment, this.#id(), this.now);
    this.setPod(pod);
    this.event(
      'ReplicaSet',
      { key: `${deployment.key}-7d9f`, uid: `${deployment.uid}-rs` },
      'Normal',
      'SuccessfulCreate',
      `Created pod: ${pod.key.split('/')[1]}`,
    );
  }

  #schedule(key: string): void {
    const pod = this.pods.get(key);
    if (!pod || pod.nodeName || pod.deletedAt) return;
    const verdicts = [...this.nodes.values()].map((node) => judgeNode(pod, node, this.podsOn(node.key)));
    const best = verdicts.filter((v) => v.isFeasible).sort((a, b) => (b.totalScore ?? 0) - (a.totalScore ?? 0))[0];
    const attempts = (this.decisions.get(pod.uid)?.attempts ?? 0) + 1;
    const record = {
      podKey: key,
      podUid: pod.uid,
      at: new Date(this.now).toISOString(),
      attempts,
      durationMs: 0.2,
      nodes: verdicts,
      nodesTotal: verdicts.length,
    };
    if (!best) return this.#refuse(pod, verdicts, record);
    this.decisions.set(pod.uid, { ...record, outcome: 'bound', nodeName: best.nodeName });
    const { message: _, ...placed } = pod;
    this.setPod({ ...placed, nodeName: best.nodeName, status: 'ContainerCreating' });
    this.event('Pod', pod, 'Normal', 'Scheduled', `Successfully assigned ${key} to ${best.nodeName}`);
    this.#after(phaseMs.create, () =>
      this.#phase(key, { phase: 'Running', status: 'Running', ip: `10.244.1.${this.#counter % 250}` }, 'Started'),
    );
    this.#after(phaseMs.create + phaseMs.start, () =>
      this.#phase(key, { phase: 'Running', status: 'Running', isReady: true }),
    );
  }

  #phase(key: string, change: Partial<FeedPod>, event?: string): void {
    const pod = this.pods.get(key);
    if (!pod?.nodeName || pod.deletedAt || this.#dead.has(pod.nodeName)) return;
    const containers = pod.containers.map((c) => ({ name: c.name, image: c.image, state: 'running' as const }));
    this.setPod({ ...pod, ...change, containers });
    if (event) this.event('Pod', pod, 'Normal', event, 'Started container app');
    this.#countReady();
  }

  #refuse(pod: FeedPod, verdicts: readonly NodeVerdict[], record: Omit<SchedulingDecision, 'outcome'>): void {
    const message = refusalMessage(verdicts);
    this.decisions.set(pod.uid, { ...record, outcome: 'unschedulable', message });
    if (pod.message === message) return;
    this.setPod({ ...pod, message });
    this.event('Pod', pod, 'Warning', 'FailedScheduling', message);
  }

  #lose(node: FeedNode): void {
    if (node.taints.some((t) => t.effect === 'NoExecute')) return;
    const since = new Date(this.now).toISOString();
    const conditions = node.conditions.map((c) =>
      c.type === 'Ready'
        ? {
            type: 'Ready',
            status: 'Unknown',
            reason: 'NodeStatusUnknown',
            message: 'Kubelet stopped posting node status.',
            since,
          }
        : c,
    );
    const taints = [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', addedAt: since }];
    this.setNode({ ...node, conditions, taints });
    this.event('Node', node, 'Normal', 'NodeNotReady', `Node ${node.key} status is now: NodeNotReady`);
    for (const { isReady: _, ...pod } of this.podsOn(node.key)) {
      this.setPod(pod);
      this.event('Pod', pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    }
    this.#countReady();
    this.#after(tolerationMs, () => this.#evict(node.key));
  }

  /** As the controller does it: pods of a lost node are gone from the API at once, nobody there could confirm their end. */
  #evict(nodeName: string): void {
    if (!this.#dead.has(nodeName)) return;
    for (const pod of this.podsOn(nodeName)) {
      this.event('Pod', pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${pod.key}`);
      this.removePod(pod);
    }
    this.reconcile();
  }

  #terminate(pod: FeedPod): void {
    if (!pod.nodeName) return this.removePod(pod);
    this.setPod({
      ...pod,
      deletedAt: new Date(this.now + 30_000).toISOString(),
      isReady: false,
      status: 'Terminating',
    });
    this.event('Pod', pod, 'Normal', 'Killing', 'Stopping container app');
    this.#after(phaseMs.stop, () => {
      if (pod.nodeName && this.#dead.has(pod.nodeName)) return;
      this.removePod(pod);
      this.reconcile();
    });
  }

  #countReady(): void {
    for (const workload of this.workloads.values()) {
      if (workload.kind !== 'Deployment') continue;
      const pods = this.#podsOf(workload).filter((pod) => !pod.deletedAt);
      const readyReplicas = pods.filter((pod) => pod.isReady && !this.#isLost(pod)).length;
      this.#countEndpoints(workload, pods, readyReplicas);
      const updatedReplicas = pods.filter((pod) => pod.containers[0]?.image === workload.images[0]).length;
      const counts = { readyReplicas, updatedReplicas, availableReplicas: readyReplicas, currentReplicas: pods.length };
      if (Object.entries(counts).every(([field, n]) => workload[field as keyof typeof counts] === n)) continue;
      this.setWorkload({ ...workload, ...counts });
    }
  }

  #countEndpoints({ key }: FeedWorkload, living: readonly FeedPod[], ready: number): void {
    const service = this.services.get(key.slice('Deployment/'.length));
    const notReady = living.filter(({ nodeName }) => nodeName).length - ready;
    const before = service?.endpoints;
    if (!service || (before?.ready === ready && before.notReady === notReady)) return;
    this.#setService({ ...service, endpoints: { ready, notReady, terminating: 0 } });
  }

  #setService(service: FeedService): void {
    this.services.set(service.key, service);
    this.#touch('services', service.key);
  }

  #isLost(pod: FeedPod): boolean {
    return (this.nodes.get(pod.nodeName ?? '')?.taints.length ?? 0) > 0;
  }

  #podsOf(deployment: FeedWorkload): FeedPod[] {
    return [...this.pods.values()].filter((pod) => pod.owner?.uid.startsWith(`${deployment.uid}-rs`));
  }

  #after(ms: number, run: () => void): void {
    this.#due.push({ at: this.now + ms / this.#speed, run });
  }

  #touch(kind: string, key: string): void {
    this.#dirty.add(`${kind} ${key}`);
    this.revision++;
  }

  #id(): string {
    return (++this.#counter * 7919 + 12_345).toString(36);
  }
}
