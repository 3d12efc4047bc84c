import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Container, Pod, ServiceAccountTokenProjection, Volume } from '@gantry/api-types';
import type { Clock, Logger } from '@gantry/core';
import type { Objects } from '../pod/environment.ts';
import type { PodFacts } from '../pod/field-values.ts';
import type { ContainerMount } from '../runtime/container-runtime.ts';
import { removeOldVersions, writeAtomically } from './atomic-writer.ts';
import {
  boundVolume,
  type ClaimNode,
  type ClaimObjects,
  giveToGroup,
  isClaimVolume,
  prepareVolume,
} from './claim-volumes.ts';
import { measureDirectories } from './disk-usage.ts';
import { diskLimit, prepareEmptyDir } from './empty-dir.ts';
import { prepareHostPath } from './host-path.ts';
import { KeyedLock } from './keyed-lock.ts';
import { MemoryDirectory } from './memory-directory.ts';
import { MountProblem } from './mount-problem.ts';
import { unmountAllUnder } from './mounts.ts';
import { applyGroup, applyGroupToRoot } from './ownership.ts';
import { payloadVersion } from './payload-version.ts';
import { PodTokens, type TokenSource, tokenRequestOf } from './pod-tokens.ts';
import { containerMounts } from './volume-mounts.ts';
import { keepsInMemory, type VolumePaths, volumePaths } from './volume-paths.ts';
import { isPayloadVolume, payloadOf, tokenSourcesOf } from './volume-payload.ts';

export { MountProblem };

export interface PodVolumesOptions {
  /** Absolute; the engine must see the same directory under the same path. */
  readonly dataDir: string;
  readonly objects: Objects & ClaimObjects;
  readonly node: ClaimNode;
  readonly tokens: TokenSource;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly canMountRecursivelyReadOnly: boolean;
}

/** What came of bringing a pod's files up to date. */
export interface VolumeRefresh {
  readonly hasChanged: boolean;
  /** Why a volume keeps its old files. */
  readonly problem: string | undefined;
  /** When one of its tokens is due. */
  readonly nextRotation: number | undefined;
}

const maxTerminationMessageBytes = 4096;

/**
 * The directories behind the volumes of the node's pods: `pods/<uid>/` below the data directory, secrets in one tmpfs
 * beside it. Every method may be repeated; after a crash the same call finishes what was begun. Calls for one pod wait
 * for each other.
 */
export class PodVolumes {
  readonly #options: PodVolumesOptions;
  readonly #paths: VolumePaths;
  readonly #memory: MemoryDirectory;
  readonly #tokens: PodTokens;
  readonly #lock = new KeyedLock();
  /** `adopted`: set up by an earlier life of this agent; the host may have been restarted since. */
  readonly #known = new Map<string, 'adopted' | 'prepared'>();
  /** Pod uid -> volume -> the path behind its claim. */
  readonly #claimPaths = new Map<string, Map<string, string>>();

  constructor(options: PodVolumesOptions) {
    this.#options = options;
    this.#paths = volumePaths(options.dataDir);
    this.#memory = new MemoryDirectory(this.#paths.memory, options.logger);
    this.#tokens = new PodTokens(options.tokens, options.clock);
  }

  /** The pod's containers were found on the engine: its volumes are there, as far as the host was not restarted. */
  adopt(podUid: string): void {
    if (!this.#known.has(podUid)) this.#known.set(podUid, 'adopted');
  }

  /** Sets up all volumes of the pod. Throws {@link MountProblem}. */
  prepare(facts: PodFacts): Promise<void> {
    return this.#lock.run(facts.pod.metadata.uid, () => this.#prepare(facts));
  }

  /** Writes what ConfigMaps, Secrets, the pod and its tokens say by now. Does nothing for pods that are not set up. */
  refresh(facts: PodFacts): Promise<VolumeRefresh> {
    const { uid } = facts.pod.metadata;
    return this.#lock.run(uid, async () => {
      let hasChanged = false;
      let problem: string | undefined;
      for (const volume of this.#known.has(uid) ? (facts.pod.spec.volumes ?? []) : []) {
        if (!isPayloadVolume(volume)) continue;
        try {
          if (await this.#writePayload(facts, volume)) hasChanged = true;
        } catch (error) {
          problem ??= mountProblem(volume, error).message;
        }
      }
      return { hasChanged, problem, nextRotation: this.#tokens.nextRotation(uid) };
    });
  }

  /** Removes the files that {@link refresh} replaced, once those who were reading them have had their time. */
  removeOldFiles(pod: Pod): Promise<void> {
    const { uid } = pod.metadata;
    return this.#lock.run(uid, async () => {
      for (const volume of this.#known.has(uid) ? (pod.spec.volumes ?? []) : []) {
        if (isPayloadVolume(volume)) await removeOldVersions(this.#paths.ownVolume(uid, volume));
      }
    });
  }

  /** The mounts of a container's next attempt, its termination message file included. Throws {@link MountProblem}. */
  async mountsOf(
    facts: PodFacts,
    container: Container,
    attempt: number,
    variables: ReadonlyMap<string, string>,
  ): Promise<ContainerMount[]> {
    const { pod } = facts;
    if (this.#known.get(pod.metadata.uid) !== 'prepared') await this.prepare(facts);
    const { canMountRecursivelyReadOnly } = this.#options;
    const pathOf = (volume: Volume) => this.#pathOf(pod, volume);
    const mounts = await containerMounts({ pod, container, variables, canMountRecursivelyReadOnly, pathOf });
    const source = this.#paths.terminationFile(pod.metadata.uid, container.name, attempt);
    await mkdir(dirname(source), { recursive: true });
    await writeFile(source, '');
    await chmod(source, 0o666);
    const target = container.terminationMessagePath || '/dev/termination-log';
    return [...mounts, { source, target, readOnly: false }];
  }

  /** What the container left in its termination message file. */
  async terminationMessage(podUid: string, container: string, attempt: number): Promise<string> {
    const path = this.#paths.terminationFile(podUid, container, attempt);
    const text = await readFile(path).catch(() => Buffer.alloc(0));
    return text.subarray(0, maxTerminationMessageBytes).toString('utf8');
  }

  /** The directories of the pod's `emptyDir` volumes on disk that have a limit, by volume. */
  limitedDirectories(pod: Pod): ReadonlyMap<string, string> {
    const { uid } = pod.metadata;
    const limited = (pod.spec.volumes ?? []).filter(({ emptyDir }) => diskLimit(emptyDir) !== undefined);
    if (!this.#known.has(uid)) return new Map();
    return new Map(limited.map((volume) => [volume.name, this.#paths.ownVolume(uid, volume)]));
  }

  /** What is in the pod's emptyDirs on disk, by volume. */
  async emptyDirBytes(pod: Pod): Promise<ReadonlyMap<string, number>> {
    const { uid } = pod.metadata;
    const onDisk = (pod.spec.volumes ?? []).filter(({ emptyDir }) => emptyDir && (emptyDir.medium ?? '') === '');
    if (!this.#known.has(uid)) return new Map();
    const paths = new Map(onDisk.map((volume) => [volume.name, this.#paths.ownVolume(uid, volume)]));
    const bytes = await measureDirectories([...paths.values()]);
    return new Map([...paths].map(([name, path]) => [name, bytes.get(path) ?? 0]));
  }

  /** Unmounts and removes everything of the pod; what lies behind its hostPaths and claims stays. */
  remove(podUid: string): Promise<void> {
    return this.#lock.run(podUid, async () => {
      this.#known.delete(podUid);
      this.#claimPaths.delete(podUid);
      this.#tokens.forget(podUid);
      const directory = this.#paths.podDirectory(podUid);
      await unmountAllUnder(directory);
      await rm(directory, { recursive: true, force: true });
      await rm(join(this.#paths.memory, podUid), { recursive: true, force: true });
    });
  }

  /** Removes what belongs to pods that are not kept: left behind by an agent that was killed. */
  async sweep(isKept: (podUid: string) => boolean): Promise<void> {
    for (const parent of [this.#paths.pods, this.#paths.memory]) {
      for (const uid of await readdir(parent).catch(() => [])) {
        if (isKept(uid)) continue;
        await this.remove(uid).catch((error: unknown) =>
          this.#options.logger.warn({ podUid: uid, err: error }, 'cannot remove the directory of a pod that is gone'),
        );
      }
    }
  }

  async #prepare(facts: PodFacts): Promise<void> {
    for (const volume of facts.pod.spec.volumes ?? []) {
      try {
        await this.#prepareVolume(facts, volume);
      } catch (error) {
        throw mountProblem(volume, error);
      }
    }
    this.#known.set(facts.pod.metadata.uid, 'prepared');
  }

  async #prepareVolume(facts: PodFacts, volume: Volume): Promise<void> {
    const { pod } = facts;
    const group = pod.spec.securityContext?.fsGroup;
    if (volume.hostPath) {
      await prepareHostPath(volume.hostPath);
    } else if (volume.emptyDir) {
      const path = this.#paths.ownVolume(pod.metadata.uid, volume);
      await prepareEmptyDir(path, pod, volume.emptyDir, facts.allocatable.memoryBytes);
      if (group !== undefined) await applyGroup(path, group, 'write');
    } else if (isClaimVolume(volume)) {
      await this.#prepareClaim(pod, volume);
    } else {
      await this.#writePayload(facts, volume);
    }
  }

  async #prepareClaim(pod: Pod, volume: Volume): Promise<void> {
    const { objects, node } = this.#options;
    const bound = boundVolume(objects, pod, volume);
    const path = await prepareVolume(bound, node);
    if (!volume.persistentVolumeClaim?.readOnly) await giveToGroup(path, bound, pod);
    const { uid } = pod.metadata;
    const paths = this.#claimPaths.get(uid) ?? new Map<string, string>();
    this.#claimPaths.set(uid, paths.set(volume.name, path));
  }

  /** True where the files changed. */
  async #writePayload(facts: PodFacts, volume: Volume): Promise<boolean> {
    const { objects } = this.#options;
    const group = facts.pod.spec.securityContext?.fsGroup;
    if (keepsInMemory(volume)) await this.#memory.ensure();
    const tokens = new Map<ServiceAccountTokenProjection, string>();
    for (const source of tokenSourcesOf(volume)) {
      tokens.set(source, await this.#tokens.token(facts.pod, tokenRequestOf(source)));
    }
    const payload = payloadOf({ facts, objects, tokens }, volume);
    const path = this.#paths.ownVolume(facts.pod.metadata.uid, volume);
    const giveToGroup = group === undefined ? undefined : (fresh: string) => applyGroup(fresh, group, 'read');
    const hasChanged = await writeAtomically(path, payload, payloadVersion(payload, group), giveToGroup);
    if (group !== undefined) await applyGroupToRoot(path, group);
    return hasChanged;
  }

  #pathOf(pod: Pod, volume: Volume): string {
    if (volume.hostPath) return volume.hostPath.path;
    const { uid } = pod.metadata;
    if (!isClaimVolume(volume)) return this.#paths.ownVolume(uid, volume);
    const path = this.#claimPaths.get(uid)?.get(volume.name);
    if (path === undefined) throw new MountProblem(`the claim of volume "${volume.name}" was not set up`);
    return path;
  }
}

function mountProblem(volume: Volume, error: unknown): MountProblem {
  const text = error instanceof Error ? error.message : String(error);
  return new MountProblem(`MountVolume.SetUp failed for volume "${volume.name}" : ${text}`, { cause: error });
}
