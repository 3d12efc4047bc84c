import type { FeedEvent, FeedNode, FeedPod, FeedResources, FeedService, FeedWorkload } from '@gantry/api-types/feed';
import type { NodeUsage } from '@gantry/api-types/usage';
import type { NodeVerdict, SchedulingDecision } from '@gantry/core/scheduler/decision';
import { isTerminated } from '../src/state/pod-state.ts';
import { failPull, isMissingImage } from './failures.ts';
import { makeDeployment, makeEvent, makeNode, makeOwnPod, makePod, makeReplicaSet, makeService } from './objects.ts';
import { judgeNode, refusalMessage, sampleUsage } from './placement.ts';
import { MockRevisions } from './revisions.ts';
import {
  isPodOf,
  type JobOptions,
  makeJob,
  makeSet,
  makesPods,
  ordinalOf,
  type PodsPlan,
  planPods,
  type SetOptions,
  withSuccess,
} from './workloads.ts';

const Mi = 1024 * 1024;

export interface FleetOptions {
  readonly nodes?: number;
  readonly nodeCpuMilli?: number;
  readonly nodeMemoryBytes?: number;
  /** Milliseconds since the epoch at the start. */
  readonly now: number;
  /** Divides every duration below: 10 makes pods start ten times as fast. */
  readonly speed?: number;
  /** How long pods stay bound to a lost node (1 s), at speed 1. */
  readonly tolerationSeconds?: number;
}

export interface DeploymentOptions {
  readonly name: string;
  readonly replicas: number;
  readonly requests: FeedResources;
  readonly image?: string;
}

/** How long the phases of a pod's start take, milliseconds, at speed 1. */
const phaseMs = { schedule: 60, create: 700, start: 900, stop: 500, work: 6_000 };
const graceMs = 4_000;

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
  readonly tolerationSeconds: number;
  now: number;
  revision = 1;
  readonly revisions = new MockRevisions();
  /** Key of the workload that an autoscaler follows. */
  autoscaled: string | undefined;
  /** The workload whose pods run into their limits. */
  noisy: string | undefined;
  /** Called with the time whenever it moves on. */
  onAdvance: ((now: number) => void) | undefined;

  constructor(options: FleetOptions) {
    this.now = options.now;
    this.#speed = options.speed ?? 1;
    this.tolerationSeconds = options.tolerationSeconds ?? 1;
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

  addSet(options: SetOptions): void {
    const set = makeSet(options, this.#id(), this.now);
    this.revisions.take(set.uid, set.images[0] ?? '', this.now);
    this.setWorkload(set);
    if (options.kind === 'StatefulSet') this.#setService(makeService(options.name, this.services.size + 1, this.now));
    this.reconcile();
  }

  addJob(options: JobOptions): void {
    this.setWorkload(makeJob(options, this.#id(), this.now));
    this.reconcile();
  }

  removeWorkload(name: string, kind: FeedWorkload['kind'] = 'Deployment'): void {
    const deployment = this.workloads.get(`${kind}/default/${name}`);
    if (!deployment) return;
    for (const pod of this.#podsOf(deployment)) this.#terminate(pod);
    const owned = [...this.workloads.values()].filter((w) => w.owner?.uid === deployment.uid).map((w) => w.key);
    for (const key of [deployment.key, ...owned]) {
      this.workloads.delete(key);
      this.#touch('workloads', key);
    }
  }

  scale(name: string, replicas: number, kind: FeedWorkload['kind'] = 'Deployment'): boolean {
    const workload = this.workloads.get(`${kind}/default/${name}`);
    if (!workload) return false;
    this.setWorkload({ ...workload, replicas });
    if (kind === 'Deployment')
      this.event(kind, workload, 'Normal', 'ScalingReplicaSet', `Scaled replica set ${name}-7d9f to ${replicas}`);
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
    this.#replaceNext(next.key);
    return true;
  }

  /** Another template of a StatefulSet or DaemonSet, or a former one: its revision becomes the newest. */
  rollOutSet(kind: SetOptions['kind'], name: string, image: string): boolean {
    const set = this.workloads.get(`${kind}/default/${name}`);
    if (!set || set.images[0] === image) return false;
    const revision = String(this.revisions.take(set.uid, image, this.now));
    this.setWorkload({ ...set, images: [image], revision, updatedReplicas: 0 });
    this.#replaceNext(set.key);
    return true;
  }

  #replaceNext(key: string): void {
    const workload = this.workloads.get(key);
    const pods = workload ? this.#podsOf(workload).filter((pod) => !pod.deletedAt) : [];
    const old = pods.filter((pod) => pod.containers[0]?.image !== workload?.images[0]);
    if (workload) this.setWorkload({ ...workload, updatedReplicas: pods.length - old.length });
    // Of a StatefulSet from the highest ordinal down.
    const isOrdered = workload?.kind === 'StatefulSet';
    const [next] = isOrdered ? old.sort((a, b) => ordinalOf(b) - ordinalOf(a)) : old;
    if (!next) return;
    this.#terminate(next);
    this.reconcile();
    const gone = workload?.kind === 'Deployment' ? 0 : phaseMs.stop + phaseMs.schedule;
    this.after(gone + phaseMs.create + phaseMs.start, () => this.#replaceNext(key));
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

  /** `isAtOnce`: without waiting for the node to confirm it, as with a grace period of 0. */
  deletePod(key: string, isAtOnce = false): boolean {
    const pod = this.pods.get(key);
    if (!pod) return false;
    if (isAtOnce) this.removePod(pod);
    else this.#terminate(pod);
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
    return sampleUsage(this.#dead.has(name) ? [] : this.podsOn(name), this.now, this.noisy);
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

  /** Creates and deletes pods until every workload has its own, then tries to place what waits. */
  reconcile(): void {
    const nodes = [...this.nodes.keys()].filter((name) => !this.#dead.has(name));
    for (const workload of [...this.workloads.values()].filter(makesPods)) {
      const { make, remove } = planPods(workload, this.#podsOf(workload), nodes);
      for (const place of make) this.#createPod(workload, place);
      for (const pod of remove) this.#terminate(pod);
    }
    for (const pod of this.pods.values())
      if (!pod.nodeName && !pod.deletedAt) this.after(phaseMs.schedule, () => this.#schedule(pod.key));
    this.#countReady();
  }

  #createPod(workload: FeedWorkload, { ordinal, nodeName }: PodsPlan['make'][number]): void {
    const isDeployment = workload.kind === 'Deployment';
    const id = ordinal === undefined ? this.#id() : String(ordinal);
    const { unreachableSeconds: _, ...made } = (isDeployment ? makePod : makeOwnPod)(workload, id, this.now);
    // Daemons stay bound to a lost node for ever.
    const pod = workload.kind === 'DaemonSet' ? made : { ...made, unreachableSeconds: this.tolerationSeconds };
    this.setPod(pod);
    const maker = isDeployment ? { key: `${workload.key}-7d9f`, uid: `${workload.uid}-rs` } : workload;
    const words = `Created pod: ${pod.key.split('/')[1]}`;
    this.event(isDeployment ? 'ReplicaSet' : workload.kind, maker, 'Normal', 'SuccessfulCreate', words);
    if (nodeName) this.#start(pod, nodeName);
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
    this.#start(pod, best.nodeName);
  }

  #start({ message: _, ...pod }: FeedPod, nodeName: string): void {
    const { key } = pod;
    this.setPod({ ...pod, nodeName, status: 'ContainerCreating' });
    this.event('Pod', pod, 'Normal', 'Scheduled', `Successfully assigned ${key} to ${nodeName}`);
    if (isMissingImage(pod)) return this.after(phaseMs.create, () => this.#failPull(pod));
    this.after(phaseMs.create, () =>
      this.#phase(pod, { phase: 'Running', status: 'Running', ip: `10.244.1.${this.#counter % 250}` }, 'Started'),
    );
    this.after(phaseMs.create + phaseMs.start, () => {
      this.#phase(pod, { phase: 'Running', status: 'Running', isReady: true });
      // The next ordinal waits for this one.
      if (pod.owner?.kind === 'StatefulSet') this.reconcile();
    });
    if (pod.owner?.kind === 'Job') this.after(phaseMs.create + phaseMs.start + phaseMs.work, () => this.#succeed(pod));
  }

  /** The pod as it is now, where it is still the same one and its node is heard of. */
  #alive({ key, uid }: FeedPod): FeedPod | undefined {
    const pod = this.pods.get(key);
    return pod?.uid === uid && pod.nodeName && !pod.deletedAt && !this.#dead.has(pod.nodeName) ? pod : undefined;
  }

  #succeed(started: FeedPod): void {
    const pod = this.#alive(started);
    if (!pod) return;
    const { isReady: _, ...ended } = pod;
    const containers = pod.containers.map((c) => ({ ...c, state: 'terminated' as const, reason: 'Completed' }));
    this.setPod({ ...ended, phase: 'Succeeded', status: 'Completed', containers });
    const job = this.workloads.get(`Job/default/${pod.owner?.name}`);
    if (job) this.setWorkload(withSuccess(job, this.now));
    this.reconcile();
  }

  #phase(started: FeedPod, change: Partial<FeedPod>, event?: string): void {
    const pod = this.#alive(started);
    if (!pod) return;
    const containers = pod.containers.map((c) => ({ name: c.name, image: c.image, state: 'running' as const }));
    this.setPod({ ...pod, ...change, containers });
    if (event) this.event('Pod', pod, 'Normal', event, 'Started container app');
    this.#countReady();
  }

  #failPull(started: FeedPod): void {
    const pod = this.#alive(started);
    if (pod) failPull(this, pod);
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
    this.#evictWhenDue(node.key);
  }

  /** Changes how long a pod stays bound to a lost node. */
  tolerate(key: string, seconds: number): void {
    const pod = this.pods.get(key);
    if (!pod) return;
    this.setPod({ ...pod, unreachableSeconds: seconds });
    if (pod.nodeName && this.#dead.has(pod.nodeName)) this.#evictWhenDue(pod.nodeName);
  }

  /** As the controller does it: pods of a lost node are gone from the API at once, nobody there could confirm their end. */
  #evictWhenDue(nodeName: string): void {
    const lostAt = this.nodes.get(nodeName)?.taints.find(({ effect }) => effect === 'NoExecute')?.addedAt;
    if (!this.#dead.has(nodeName) || lostAt === undefined) return;
    const passed = (this.now - Date.parse(lostAt)) * this.#speed;
    const patienceOf = (pod: FeedPod): number => (pod.unreachableSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    const pods = this.podsOn(nodeName);
    const due = pods.filter((pod) => patienceOf(pod) <= passed);
    for (const pod of due) {
      this.event('Pod', pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${pod.key}`);
      this.removePod(pod);
    }
    if (due.length > 0) this.reconcile();
    const next = Math.min(...pods.map(patienceOf).filter((patience) => patience > passed));
    if (Number.isFinite(next)) this.after(next - passed, () => this.#evictWhenDue(nodeName));
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
    this.after(phaseMs.stop, () => {
      if (pod.nodeName && this.#dead.has(pod.nodeName)) return;
      // Its node may have been lost and the pod made anew under its name.
      if (this.pods.get(pod.key)?.uid === pod.uid) this.removePod(pod);
      this.reconcile();
    });
  }

  #countReady(): void {
    for (const workload of this.workloads.values()) {
      if (!makesPods(workload)) continue;
      const pods = this.#podsOf(workload).filter((pod) => !pod.deletedAt && !isTerminated(pod));
      const readyReplicas = pods.filter((pod) => pod.isReady && !this.#isLost(pod)).length;
      this.#countEndpoints(workload, pods, readyReplicas);
      const updatedReplicas = pods.filter((pod) => pod.containers[0]?.image === workload.images[0]).length;
      const counts = {
        readyReplicas,
        ...(workload.job ? {} : { updatedReplicas }),
        ...(workload.kind === 'DaemonSet' ? { replicas: this.nodes.size } : {}),
        availableReplicas: readyReplicas,
        currentReplicas: pods.length,
      };
      if (Object.entries(counts).every(([field, n]) => workload[field as keyof typeof counts] === n)) continue;
      this.setWorkload({ ...workload, ...counts });
    }
  }

  #countEndpoints({ key }: FeedWorkload, living: readonly FeedPod[], ready: number): void {
    const service = this.services.get(key.slice(key.indexOf('/') + 1));
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

  #podsOf(workload: FeedWorkload): FeedPod[] {
    return [...this.pods.values()].filter((pod) => isPodOf(pod, workload));
  }

  /** Runs something after so many milliseconds at speed 1. */
  after(ms: number, run: () => void): void {
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
