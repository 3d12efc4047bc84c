import { type Container, keyOf, type ObjectKey, objectKey, type Pod, type PodSpec } from '@gantry/api-types';
import { WeakCache } from '../lib/weak-cache.ts';
import { claimNameOf } from '../volumes/pod-claims.ts';
import { parseFitClass } from './fit-class.ts';
import { parseGroupClass } from './group-class.ts';
import type { FitClass, GroupClass } from './pod-classes.ts';
import { specInForce } from './resized-spec.ts';

/** A claim as a pod names it. */
export interface PodClaim {
  readonly key: ObjectKey;
  readonly name: string;
  /** Made for this pod alone: an `ephemeral` volume. */
  readonly isOwn: boolean;
}

/** A pod as the scheduler sees it: parsed once, immutable. */
export interface PodInfo {
  readonly key: string;
  readonly uid: string;
  /** The node it is bound to. */
  readonly nodeName: string | undefined;
  /** Finished pods (Succeeded, Failed) take nothing from their node. */
  readonly isFinished: boolean;
  readonly isTerminating: boolean;
  readonly priority: number;
  readonly createdAt: string;
  readonly fit: FitClass;
  readonly group: GroupClass;
  /** The claims that its volumes name. */
  readonly claims: readonly PodClaim[];
  /** Fields the scheduler cannot honour: such a pod waits rather than run without them. */
  readonly unsupportedFields: readonly string[];
}

/**
 * Parses pods; equal specs share their parsed classes, as long as some pod is of them: each revision of a Deployment, each
 * Job and each pod of a StatefulSet is a class of its own. Holds no reference to pods.
 */
export class PodInfoFactory {
  readonly #fits = new WeakCache<FitClass>();
  readonly #groups = new WeakCache<GroupClass>();
  #nextId = 1;

  /** How many classes are remembered. */
  get classCount(): number {
    return this.#fits.size + this.#groups.size;
  }

  /** Throws where the spec holds a quantity or operator that validation would have refused. */
  parse(pod: Pod): PodInfo {
    const phase = pod.status?.phase;
    return {
      key: keyOf(pod),
      uid: pod.metadata.uid,
      nodeName: pod.spec.nodeName || undefined,
      isFinished: phase === 'Succeeded' || phase === 'Failed',
      isTerminating: pod.metadata.deletionTimestamp !== undefined,
      priority: pod.spec.priority ?? 0,
      createdAt: pod.metadata.creationTimestamp,
      fit: this.#fitOf(pod),
      group: this.#groupOf(pod),
      claims: claimsOf(pod),
      unsupportedFields: unsupportedFields(pod),
    };
  }

  #fitOf(pod: Pod): FitClass {
    const spec = specInForce(pod);
    return this.#fits.get(fitKey(spec), () => parseFitClass(spec, this.#nextId++));
  }

  #groupOf(pod: Pod): GroupClass {
    const key = groupKey(pod);
    return this.#groups.get(key, () => parseGroupClass(pod, key, this.#nextId++));
  }
}

/** Pods that the scheduler treats alike in every state of the cluster have the same. */
export function schedulingClassOf(pod: PodInfo): string {
  const common = `${pod.fit.id}/${pod.group.id}/${pod.unsupportedFields.join()}`;
  return pod.claims.length === 0 ? common : `${common}/${pod.claims.map(({ key }) => key).join()}`;
}

const noClaims: readonly PodClaim[] = [];

function claimsOf({ metadata, spec }: Pod): readonly PodClaim[] {
  if (!spec.volumes) return noClaims;
  const claims: PodClaim[] = [];
  for (const volume of spec.volumes) {
    const name = claimNameOf(metadata.name, volume);
    if (name === undefined || claims.some((claim) => claim.name === name)) continue;
    claims.push({ key: objectKey(metadata.namespace, name), name, isOwn: volume.ephemeral !== undefined });
  }
  return claims.length === 0 ? noClaims : claims;
}

/** Everything {@link parseFitClass} reads. */
function fitKey(spec: PodSpec): string {
  const partsOf = ({ restartPolicy, image, resources, ports }: Container) => [
    restartPolicy,
    image,
    resources?.requests,
    ports,
  ];
  return JSON.stringify([
    spec.nodeSelector,
    spec.affinity?.nodeAffinity,
    spec.tolerations,
    spec.overhead,
    spec.resources?.requests,
    spec.hostNetwork,
    spec.containers.map(partsOf),
    spec.initContainers?.map(partsOf),
  ]);
}

/** Everything {@link parseGroupClass} reads. */
function groupKey({ metadata, spec }: Pod): string {
  const owner = metadata.ownerReferences?.find((reference) => reference.controller);
  return JSON.stringify([
    metadata.namespace,
    metadata.labels,
    owner?.uid,
    spec.affinity?.podAffinity,
    spec.affinity?.podAntiAffinity,
    spec.topologySpreadConstraints,
  ]);
}

function unsupportedFields({ spec }: Pod): readonly string[] {
  const fields: string[] = [];
  if (spec.resourceClaims?.length) fields.push('spec.resourceClaims');
  if (spec.schedulingGroup) fields.push('spec.schedulingGroup');
  return fields;
}
