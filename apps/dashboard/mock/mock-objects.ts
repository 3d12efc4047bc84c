import { ApiError, invalid, type KindDefinition, type KubernetesObject } from '@gantry/api-types';
import { parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import { decodeValue } from '@gantry/api-types/schema';
import { validateObjectMeta } from '@gantry/api-types/validation/object-meta';
import type { MockFleet } from './fleet.ts';
import { nodeObject, podObject, sliceObject, templateOf, workloadObject } from './kube-objects.ts';

export interface MockTarget {
  readonly definition: KindDefinition;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

export interface MockWrite {
  readonly isDryRun: boolean;
  readonly isStrict: boolean;
}

/**
 * The objects of the make-believe cluster, as its API shows them: the fleet's own, and whatever was applied. Objects are
 * decoded, defaulted and validated by the very rules of the real API; only what becomes of them is make-believe.
 */
export class MockObjects {
  readonly #fleet: MockFleet;
  /** Applied objects, and what was applied over the fleet's own, by plural and key. */
  readonly #applied = new Map<string, KubernetesObject>();
  #revision = 1;

  constructor(fleet: MockFleet) {
    this.#fleet = fleet;
  }

  get({ definition, namespace, name = '' }: MockTarget): KubernetesObject {
    const key = keyOf(definition, namespace, name);
    const fromFleet = this.#fromFleet(definition).find((object) => keyOfObject(definition, object) === key);
    const applied = this.#applied.get(key);
    const found = fromFleet && applied ? merged(applied, fromFleet) : (fromFleet ?? applied);
    if (found) {
      const object = structuredClone(found);
      definition.setDefaults(object);
      return object;
    }
    throw new ApiError('NotFound', `${definition.plural} "${name}" not found`, { name, kind: definition.plural });
  }

  list({ definition, namespace }: MockTarget): KubernetesObject[] {
    const found = new Map<string, KubernetesObject>();
    for (const [key, object] of this.#applied) if (key.startsWith(`${definition.plural} `)) found.set(key, object);
    for (const object of this.#fromFleet(definition)) {
      const key = keyOfObject(definition, object);
      found.set(key, merged(found.get(key), object));
    }
    return [...found.values()].filter((object) => namespace === undefined || object.metadata.namespace === namespace);
  }

  create(target: MockTarget, body: unknown, write: MockWrite): KubernetesObject {
    const { definition, namespace } = target;
    const object = this.#decode(definition, body, write);
    const { name } = object.metadata;
    if (this.#has(target, name)) {
      throw new ApiError('AlreadyExists', `${definition.plural} "${name}" already exists`);
    }
    object.metadata = {
      ...object.metadata,
      ...(definition.isNamespaced ? { namespace: namespace ?? 'default' } : {}),
      uid: `uid-${name}-${this.#revision}`,
      creationTimestamp: `${new Date(this.#fleet.now).toISOString().slice(0, 19)}Z`,
      resourceVersion: '',
    };
    definition.prepareForCreate(object);
    this.#validate(definition, object);
    if (!write.isDryRun) this.#save(definition, object, undefined);
    return object;
  }

  /** PUT, and PATCH once the patch was applied. */
  replace(target: MockTarget, body: unknown, write: MockWrite): KubernetesObject {
    const { definition } = target;
    const previous = this.get(target);
    const object = this.#decode(definition, body, write);
    const { resourceVersion } = object.metadata;
    if (resourceVersion && resourceVersion !== previous.metadata.resourceVersion) {
      const text = `Operation cannot be fulfilled on ${definition.plural} "${object.metadata.name}": the object has been modified; please apply your changes to the latest version and try again`;
      throw new ApiError('Conflict', text);
    }
    const { uid, creationTimestamp = '' } = previous.metadata;
    object.metadata = { ...object.metadata, uid, creationTimestamp };
    definition.prepareForUpdate(object, previous);
    this.#validate(definition, object);
    const errors = definition.validateUpdate(object, previous);
    if (errors.length > 0) throw invalid(definition, object.metadata.name, errors);
    if (!write.isDryRun) this.#save(definition, object, previous);
    return object;
  }

  delete(target: MockTarget, options: { readonly gracePeriodSeconds?: number } = {}): KubernetesObject {
    const object = this.get(target);
    const { definition, namespace = '', name = '' } = target;
    this.#applied.delete(keyOf(definition, namespace, name));
    if (definition.plural === 'pods') this.#fleet.deletePod(`${namespace}/${name}`, options.gracePeriodSeconds === 0);
    const carriedOut = carriedOutKinds.get(definition.plural);
    if (carriedOut) this.#fleet.removeWorkload(name, carriedOut);
    return object;
  }

  #has({ definition, namespace }: MockTarget, name: string): boolean {
    const key = keyOf(definition, definition.isNamespaced ? (namespace ?? 'default') : undefined, name);
    return this.#applied.has(key) || this.#fromFleet(definition).some((one) => keyOfObject(definition, one) === key);
  }

  #fromFleet({ plural, kind }: KindDefinition): KubernetesObject[] {
    const { pods, nodes, workloads } = this.#fleet;
    if (plural === 'pods') return [...pods.values()].map(podObject);
    if (plural === 'nodes') return [...nodes.values()].map(nodeObject);
    if (plural === 'endpointslices')
      return [...this.#fleet.services.values()].map((one) => sliceObject(one, pods.values()));
    if (plural === 'controllerrevisions') return this.#fleet.revisions.objects(workloads.values(), templateOf);
    return [...workloads.values()].filter((workload) => workload.kind === kind).map(workloadObject);
  }

  #decode(definition: KindDefinition, body: unknown, { isStrict }: MockWrite): KubernetesObject {
    const apiVersion = definition.group ? `${definition.group}/${definition.version}` : definition.version;
    const { object, unknownFields } = decodeValue(body, { apiVersion, kind: definition.kind });
    if (isStrict && unknownFields.length > 0) {
      const problems = unknownFields.map((field) => `unknown field "${field}"`).join(', ');
      throw new ApiError('BadRequest', `strict decoding error: ${problems}`);
    }
    const decoded = structuredClone(object) as unknown as KubernetesObject;
    decoded.metadata = { ...decoded.metadata };
    definition.setDefaults(decoded);
    return decoded;
  }

  #validate(definition: KindDefinition, object: KubernetesObject): void {
    const errors = [...validateObjectMeta(object.metadata, definition), ...definition.validate(object)];
    if (errors.length > 0) throw invalid(definition, object.metadata.name, errors);
  }

  #save(definition: KindDefinition, object: KubernetesObject, previous: KubernetesObject | undefined): void {
    this.#revision += 1;
    object.metadata.resourceVersion = String(this.#revision);
    if (definition.plural === 'pods' && previous) return this.#carryOutPod(object);
    this.#applied.set(keyOfObject(definition, object), structuredClone(object));
    const carriedOut = carriedOutKinds.get(definition.plural);
    if (carriedOut) this.#carryOut(carriedOut, object, previous === undefined);
    if (definition.plural === 'nodes') {
      const { unschedulable } = (object as unknown as { spec: { unschedulable?: boolean } }).spec;
      this.#fleet.cordon(object.metadata.name, unschedulable === true);
    }
  }

  /** Of a pod that is there, only how long it bears a lost node. */
  #carryOutPod({ metadata, spec }: KubernetesObject & { readonly spec?: { tolerations?: Tolerance[] } }): void {
    const seconds = spec?.tolerations?.find(({ key }) => key === 'node.kubernetes.io/unreachable')?.tolerationSeconds;
    if (seconds !== undefined) this.#fleet.tolerate(`${metadata.namespace}/${metadata.name}`, seconds);
  }

  #carryOut(kind: CarriedOutKind, object: KubernetesObject, isNew: boolean): void {
    const { spec } = object as unknown as {
      spec: { replicas?: number; template: { spec: { containers: { image: string; resources?: Amounts }[] } } };
    };
    const { name } = object.metadata;
    const [container] = spec.template.spec.containers;
    const { replicas = 1 } = spec;
    const image = container?.image ?? '';
    if (!isNew) {
      if (kind === 'Deployment') this.#fleet.rollOut(name, image);
      else this.#fleet.rollOutSet(kind, name, image);
      if (kind !== 'DaemonSet') this.#fleet.scale(name, replicas, kind);
      return;
    }
    const amounts = container?.resources?.requests ?? {};
    const requests = {
      cpuMilli: parseCpuMilli(amounts.cpu ?? '0'),
      memoryBytes: parseBytes(amounts.memory ?? '0'),
    };
    if (kind === 'Deployment') this.#fleet.addDeployment({ name, replicas, image, requests });
    else this.#fleet.addSet({ kind, name, replicas, image, requests });
  }
}

/** Workloads that are more than stored. */
type CarriedOutKind = 'Deployment' | 'StatefulSet' | 'DaemonSet';

const carriedOutKinds: ReadonlyMap<string, CarriedOutKind> = new Map([
  ['deployments', 'Deployment'],
  ['statefulsets', 'StatefulSet'],
  ['daemonsets', 'DaemonSet'],
]);

interface Tolerance {
  readonly key?: string;
  readonly tolerationSeconds?: number;
}

interface Amounts {
  readonly requests?: { readonly cpu?: string; readonly memory?: string };
}

/** What was applied, with what the fleet knows better: the status, and the fields that it carries out. */
function merged(applied: KubernetesObject | undefined, fromFleet: KubernetesObject): KubernetesObject {
  if (!applied) return fromFleet;
  const { spec, status } = fromFleet as unknown as {
    spec: { replicas?: number; unschedulable?: boolean };
    status: object;
  };
  const kept = (applied as unknown as { spec: object }).spec;
  const { unschedulable: _, ...rest } = kept as { unschedulable?: boolean };
  const carried = {
    ...(spec.replicas === undefined ? {} : { replicas: spec.replicas }),
    ...(spec.unschedulable ? { unschedulable: true } : {}),
  };
  return { ...applied, spec: { ...rest, ...carried }, status } as KubernetesObject;
}

function keyOfObject(definition: KindDefinition, { metadata }: KubernetesObject): string {
  return keyOf(definition, metadata.namespace, metadata.name);
}

function keyOf({ plural, isNamespaced }: KindDefinition, namespace: string | undefined, name: string): string {
  return `${plural} ${isNamespaced ? (namespace ?? 'default') : ''}/${name}`;
}
