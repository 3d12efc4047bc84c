import type { ContainerInspection, KernelFact, PodInspectionReport, UnreadPart } from '@gantry/api-types';
import { exists } from '../cgroups/cgroup-paths.ts';
import { podLimits } from '../cgroups/pod-limits.ts';
import { containersOf, type PodContainer } from '../pod/pod-containers.ts';
import { type Attempt, type ContainerTrack, lastAttempt } from '../pod/pod-state.ts';
import { messageOf } from '../runtime/container-runtime.ts';
import { readCgroupFiles } from './cgroup-files.ts';
import { podExpectations } from './expected-values.ts';
import type { ImageCatalogue } from './image-catalogue.ts';
import { shareLayers } from './image-layers.ts';
import { type InspectedContainer, inspectProcess, noProcess } from './inspect-process.ts';
import type { Neighbour } from './namespaces.ts';
import { findContainerProcesses, type Proc, readNamespaces } from './proc.ts';
import type { InspectedPod, InspectionSource } from './source.ts';
import { within } from './within.ts';

export interface PodInspector {
  readonly source: InspectionSource;
  readonly proc: Proc;
  readonly images: ImageCatalogue;
}

/** Everything that can be read of the pod's containers; what cannot is named with its reason. Never rejects. */
export async function inspectPod(inspector: PodInspector, target: InspectedPod): Promise<PodInspectionReport> {
  const { source, proc } = inspector;
  const unread: UnreadPart[] = [];
  const specs = new Map(containersOf(target.pod).map((found) => [found.container.name, found]));
  const attempts = [...target.state.tracks.values()].flatMap((track) => {
    const attempt = lastAttempt(track);
    return attempt ? [{ track, attempt }] : [];
  });
  const attempt = <T>(what: string, work: () => Promise<T>, otherwise: T): Promise<T> =>
    within(work()).catch((error: unknown) => {
      unread.push({ what, reason: reasonOf(error) });
      return otherwise;
    });
  const [neighbours, images] = await Promise.all([
    attempt('other containers’ namespaces', () => findNeighbours(inspector), []),
    attempt('layers of the node’s images', () => readImages(inspector, attempts), []),
  ]);
  const containers = await Promise.all(
    attempts.map(async ({ track, attempt: newest }): Promise<ContainerInspection> => {
      const spec = specs.get(track.name);
      const subject: InspectedContainer = { target, track, attempt: newest, spec: spec?.container };
      const image = images.find(({ id }) => id === newest.imageId);
      const writableBytes = await attempt(
        `size of what container ${track.name} has written`,
        () => source.runtime.writableLayerBytes(newest.id),
        undefined,
      );
      return {
        name: track.name,
        kind: kindOf(track, spec),
        id: newest.id,
        state: newest.state,
        ...(newest.state === 'running'
          ? await inspectProcess({ source, proc, attempt }, subject, neighbours)
          : noProcess),
        ...(image ? { image: shareLayers(image, images) } : {}),
        ...(writableBytes === undefined ? {} : { writableBytes }),
      };
    }),
  );
  return {
    observedAt: new Date(source.clock.now()).toISOString(),
    cgroupVersion: source.layout.version,
    containers,
    podFiles: await attempt('files of the pod’s cgroup', () => readPodFiles(source, target), []),
    phases: source.phasesOf(target.pod.metadata.uid),
    unread,
  };
}

function kindOf(track: ContainerTrack, spec: PodContainer | undefined): ContainerInspection['kind'] {
  return spec?.kind ?? track.kind;
}

/** Every container that runs on the host, by its first process. */
async function findNeighbours({
  source,
  proc,
}: PodInspector): Promise<readonly (Neighbour & { readonly id: string })[]> {
  const owners = new Map(
    source.pods().flatMap(({ pod, state }) => {
      const { namespace = 'default', name } = pod.metadata;
      const attempts = [...state.tracks.values()].flatMap(({ attempts: all }) => all);
      return attempts.map(({ id, container }) => [id, { pod: `${namespace}/${name}`, container }] as const);
    }),
  );
  const processes = await findContainerProcesses(proc);
  const found = [...processes].map(async ([id, pid]) => {
    // It ended meanwhile, or may not be looked at: then the pod's own may not either, which is told there.
    const namespaces = await readNamespaces(proc, pid).catch(() => new Map());
    return { id, sharer: owners.get(id) ?? { container: id.slice(0, 12) }, namespaces };
  });
  return Promise.all(found);
}

async function readImages({ images }: PodInspector, attempts: readonly { readonly attempt: Attempt }[]) {
  return (await images.read(new Set(attempts.map(({ attempt }) => attempt.imageId)))).images;
}

async function readPodFiles(source: InspectionSource, target: InspectedPod): Promise<readonly KernelFact[]> {
  const { layout, resourceFacts } = source;
  const { cgroupParent } = target;
  if (cgroupParent === undefined || !(await exists(layout.root))) return [];
  const expectations = podExpectations(podLimits(target.pod), resourceFacts.podPidsLimit);
  return readCgroupFiles(layout, () => cgroupParent, expectations);
}

function reasonOf(error: unknown): string {
  const text = messageOf(error);
  return /\b(EACCES|EPERM)\b/.test(text) ? `${text}: the agent is not root on this host` : text;
}
