import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container, Pod, Volume } from '@gantry/api-types';
import { parseBytes } from '@gantry/api-types/quantity';
import type { Logger } from '@gantry/core';
import type { Objects } from '../pod/environment.ts';
import { expandVariables } from '../pod/expand-variables.ts';
import type { PodFacts } from '../pod/field-values.ts';
import type { ContainerMount } from '../runtime/container-runtime.ts';
import { writeAtomically } from './atomic-writer.ts';
import { prepareHostPath } from './host-path.ts';
import { mountPointsUnder, mountTmpfs, unmountAllUnder } from './mounts.ts';
import { applyGroup } from './ownership.ts';
import { resolveSubPath } from './sub-path.ts';
import {
  configMapFiles,
  defaultFileMode,
  downwardFiles,
  type PayloadContext,
  projectedFiles,
  secretFiles,
} from './volume-payload.ts';

export interface PodVolumesOptions {
  /** Absolute; the engine must see the same directory under the same path. */
  readonly dataDir: string;
  readonly objects: Objects;
  readonly logger: Logger;
}

/** A volume could not be set up; the message is that of Kubernetes' FailedMount event. */
export class MountProblem extends Error {}

const maxTerminationMessageBytes = 4096;

/**
 * The directories behind the volumes of the node's pods: `pods/<uid>/` below the data directory, secrets in one tmpfs
 * beside it. Every method may be repeated; after a crash the same call finishes what was begun.
 */
export class PodVolumes {
  readonly #options: PodVolumesOptions;
  #memoryDirectory: Promise<string> | undefined;

  constructor(options: PodVolumesOptions) {
    this.#options = options;
  }

  /** Sets up all volumes of the pod. Throws {@link MountProblem}. */
  async prepare(facts: PodFacts): Promise<void> {
    for (const volume of facts.pod.spec.volumes ?? []) {
      try {
        await this.#prepareVolume(facts, volume);
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        throw new MountProblem(`MountVolume.SetUp failed for volume "${volume.name}" : ${text}`, { cause: error });
      }
    }
  }

  /** The mounts of a container's next attempt, its termination message file included. */
  async mountsOf(
    pod: Pod,
    container: Container,
    attempt: number,
    variables: ReadonlyMap<string, string>,
  ): Promise<ContainerMount[]> {
    const mounts: ContainerMount[] = [];
    for (const mount of container.volumeMounts ?? []) {
      const volume = pod.spec.volumes?.find(({ name }) => name === mount.name);
      if (!volume) throw new MountProblem(`volume "${mount.name}" is not in the pod's spec`);
      const subPath = mount.subPath || (mount.subPathExpr ? expandVariables(mount.subPathExpr, variables) : '');
      const root = this.#pathOf(pod.metadata.uid, volume);
      mounts.push({
        source: subPath ? await resolveSubPath(root, subPath, isWritable(volume)) : root,
        target: mount.mountPath,
        readOnly: mount.readOnly ?? false,
      });
    }
    const source = this.#terminationFile(pod.metadata.uid, container.name, attempt);
    await mkdir(join(source, '..'), { recursive: true });
    await writeFile(source, '');
    await chmod(source, 0o666);
    const target = container.terminationMessagePath || '/dev/termination-log';
    return [...mounts, { source, target, readOnly: false }];
  }

  /** What the container left in its termination message file. */
  async terminationMessage(podUid: string, container: string, attempt: number): Promise<string> {
    const path = this.#terminationFile(podUid, container, attempt);
    const text = await readFile(path).catch(() => Buffer.alloc(0));
    return text.subarray(0, maxTerminationMessageBytes).toString('utf8');
  }

  /** Unmounts and removes everything of the pod. */
  async remove(podUid: string): Promise<void> {
    const directory = this.#podDirectory(podUid);
    await unmountAllUnder(directory);
    await rm(directory, { recursive: true, force: true });
    await rm(join(this.#memoryPath(), podUid), { recursive: true, force: true });
  }

  /** Removes what belongs to pods that are not kept: left behind by an agent that was killed. */
  async sweep(isKept: (podUid: string) => boolean): Promise<void> {
    for (const parent of [join(this.#options.dataDir, 'pods'), this.#memoryPath()]) {
      for (const uid of await readdir(parent).catch(() => [])) {
        if (isKept(uid)) continue;
        await this.remove(uid).catch((error: unknown) =>
          this.#options.logger.warn({ podUid: uid, err: error }, 'cannot remove the directory of a pod that is gone'),
        );
      }
    }
  }

  async #prepareVolume(facts: PodFacts, volume: Volume): Promise<void> {
    const path = this.#pathOf(facts.pod.metadata.uid, volume);
    const group = facts.pod.spec.securityContext?.fsGroup;
    if (volume.hostPath) {
      await prepareHostPath(volume.hostPath);
    } else if (volume.emptyDir) {
      await this.#prepareEmptyDir(path, volume.emptyDir);
      if (group !== undefined) await applyGroup(path, group);
    } else {
      if (keepsInMemory(volume)) await this.#ensureMemoryDirectory();
      await writeAtomically(path, payloadOf({ facts, objects: this.#options.objects }, volume), 'v1');
      if (group !== undefined) await applyGroup(path, group);
    }
  }

  async #prepareEmptyDir(path: string, source: NonNullable<Volume['emptyDir']>): Promise<void> {
    await mkdir(path, { recursive: true });
    if (source.medium === 'Memory' && (await mountPointsUnder(path)).length === 0) {
      const size = source.sizeLimit === undefined ? '' : `size=${parseBytes(source.sizeLimit)},`;
      await mountTmpfs(path, `${size}mode=1777`);
    }
    await chmod(path, 0o777);
  }

  /** One tmpfs for the secrets of all pods; a plain directory where the agent may not mount. */
  async #ensureMemoryDirectory(): Promise<string> {
    this.#memoryDirectory ??= this.#mountMemoryDirectory();
    return this.#memoryDirectory;
  }

  async #mountMemoryDirectory(): Promise<string> {
    const path = this.#memoryPath();
    await mkdir(path, { recursive: true, mode: 0o700 });
    if ((await mountPointsUnder(path)).length > 0) return path;
    await mountTmpfs(path, 'mode=0711').catch((error: unknown) =>
      this.#options.logger.warn({ err: error, path }, 'cannot mount a tmpfs, secret volumes are kept on disk'),
    );
    return path;
  }

  #pathOf(podUid: string, volume: Volume): string {
    if (volume.hostPath) return volume.hostPath.path;
    if (keepsInMemory(volume)) return join(this.#memoryPath(), podUid, volume.name);
    return join(this.#podDirectory(podUid), 'volumes', volume.name);
  }

  #terminationFile(podUid: string, container: string, attempt: number): string {
    return join(this.#podDirectory(podUid), 'containers', container, String(attempt));
  }

  #podDirectory(podUid: string): string {
    return join(this.#options.dataDir, 'pods', podUid);
  }

  #memoryPath(): string {
    return join(this.#options.dataDir, 'memory');
  }
}

function payloadOf(context: PayloadContext, volume: Volume): ReturnType<typeof configMapFiles> {
  if (volume.configMap)
    return configMapFiles(context, volume.configMap, volume.configMap.defaultMode ?? defaultFileMode);
  if (volume.secret) return secretFiles(context, volume.secret, volume.secret.defaultMode ?? defaultFileMode);
  if (volume.downwardAPI) {
    const { items = [], defaultMode } = volume.downwardAPI;
    return downwardFiles(context, items, defaultMode ?? defaultFileMode);
  }
  if (volume.projected) {
    const { sources, defaultMode } = volume.projected;
    return projectedFiles(context, sources ?? [], defaultMode ?? defaultFileMode);
  }
  throw new Error('no volume plugin matched');
}

function keepsInMemory(volume: Volume): boolean {
  return volume.secret !== undefined || (volume.projected?.sources ?? []).some((source) => source.secret !== undefined);
}

function isWritable(volume: Volume): boolean {
  return volume.emptyDir !== undefined || volume.hostPath !== undefined;
}
