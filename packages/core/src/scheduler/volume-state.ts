import type { ObjectKey, PersistentVolume, PersistentVolumeClaim, StorageClass } from '@gantry/api-types';
import { annotations } from '../volumes/names.ts';
import type { PodInfo } from './pod-info.ts';

/** Where the scheduler wants a claim's volume, from its decision until the claim is seen bound. */
export interface AssumedClaim {
  readonly podUid: string;
  readonly nodeName: string;
  /** A volume that exists; undefined where one is to be made. */
  readonly volumeName: string | undefined;
}

/**
 * Claims, volumes and classes as the scheduler sees them, and what it has decided on top of them. Owned by the snapshot.
 * Pods without claims never look at it.
 */
export class VolumeState {
  readonly #claims: Map<ObjectKey, PersistentVolumeClaim>;
  readonly #volumes: Map<string, PersistentVolume>;
  readonly #classes: Map<string, StorageClass>;
  readonly #assumed: Map<ObjectKey, AssumedClaim>;
  /** Claim -> uids of the placed pods that use it. */
  readonly #users: Map<ObjectKey, ReadonlySet<string>>;
  #version = 0;

  /** Empty, or a copy of `source`: the objects are shared, as nobody changes them. */
  constructor(source?: VolumeState) {
    this.#claims = new Map(source ? source.#claims : []);
    this.#volumes = new Map(source ? source.#volumes : []);
    this.#classes = new Map(source ? source.#classes : []);
    this.#assumed = new Map(source ? source.#assumed : []);
    this.#users = new Map(source ? source.#users : []);
  }

  /** Grows with every change that pods with claims may depend on. */
  get version(): number {
    return this.#version;
  }

  claim(key: ObjectKey): PersistentVolumeClaim | undefined {
    return this.#claims.get(key);
  }

  volume(name: string): PersistentVolume | undefined {
    return this.#volumes.get(name);
  }

  volumes(): Iterable<PersistentVolume> {
    return this.#volumes.values();
  }

  storageClass(name: string): StorageClass | undefined {
    return this.#classes.get(name);
  }

  assumed(key: ObjectKey): AssumedClaim | undefined {
    return this.#assumed.get(key);
  }

  /** Whether the volume was promised to a claim other than this one. */
  isPromised(volumeName: string, key: ObjectKey): boolean {
    for (const [other, assumed] of this.#assumed) if (assumed.volumeName === volumeName && other !== key) return true;
    return false;
  }

  /** Whether a placed pod other than this one uses the claim. */
  isUsedByAnother(key: ObjectKey, podUid: string): boolean {
    const users = this.#users.get(key);
    return users !== undefined && (users.size > 1 || !users.has(podUid));
  }

  /** Takes in a claim's present state, or that it is gone. */
  setClaim(key: ObjectKey, claim: PersistentVolumeClaim | undefined): void {
    if (claim) this.#claims.set(key, claim);
    else this.#claims.delete(key);
    if (!claim || isFullyBound(claim)) this.#assumed.delete(key);
    this.#version++;
  }

  setVolume(name: string, volume: PersistentVolume | undefined): void {
    if (volume) this.#volumes.set(name, volume);
    else this.#volumes.delete(name);
    this.#version++;
  }

  setStorageClass(name: string, storageClass: StorageClass | undefined): void {
    if (storageClass) this.#classes.set(name, storageClass);
    else this.#classes.delete(name);
    this.#version++;
  }

  assume(key: ObjectKey, assumed: AssumedClaim): void {
    if (!this.#assumed.has(key)) this.#assumed.set(key, assumed);
    this.#version++;
  }

  /** Takes back what was assumed for the pod. */
  forget(pod: PodInfo): void {
    for (const { key } of pod.claims) if (this.#assumed.get(key)?.podUid === pod.uid) this.#assumed.delete(key);
    this.#version++;
  }

  addUser(pod: PodInfo): void {
    for (const { key } of pod.claims) this.#users.set(key, new Set(this.#users.get(key)).add(pod.uid));
    this.#version++;
  }

  removeUser(pod: PodInfo): void {
    for (const { key } of pod.claims) {
      const left = new Set(this.#users.get(key));
      left.delete(pod.uid);
      if (left.size > 0) this.#users.set(key, left);
      else this.#users.delete(key);
    }
    this.#version++;
  }
}

/** Both sides of the binding are written. */
export function isFullyBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return Boolean(spec.volumeName) && metadata.annotations?.[annotations.bindCompleted] !== undefined;
}
