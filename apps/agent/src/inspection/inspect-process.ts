import type { Container, ContainerInspection } from '@gantry/api-types';
import { parseBlockIo } from '@gantry/core/pod/block-io';
import { cgroupDirectory } from '../cgroups/cgroup-paths.ts';
import type { Attempt, ContainerTrack } from '../pod/pod-state.ts';
import { containerResources } from '../pod/resources.ts';
import { cgroupPathOf, readCgroupFiles, toFact } from './cgroup-files.ts';
import { containerExpectations, type Expectations } from './expected-values.ts';
import { compareNamespaces, type Neighbour } from './namespaces.ts';
import { isProcessOf, type Proc, readNamespaces, readProcFile } from './proc.ts';
import { readProcesses } from './process-list.ts';
import { readSecurity } from './security-facts.ts';
import type { InspectedPod, InspectionSource } from './source.ts';

export interface InspectedContainer {
  readonly target: InspectedPod;
  readonly track: ContainerTrack;
  readonly attempt: Attempt;
  /** Undefined for the one that holds the pod's namespaces. */
  readonly spec: Container | undefined;
}

export type ProcessPart = Pick<ContainerInspection, 'pid' | 'namespaces' | 'files' | 'security' | 'processes'>;

/** Of a container that does not run. */
export const noProcess: ProcessPart = { namespaces: [], files: [], security: [], processes: { items: [], count: 0 } };

interface Reading {
  readonly source: InspectionSource;
  readonly proc: Proc;
  /** Notes what could not be read, and goes on with `otherwise`. */
  readonly attempt: <T>(what: string, work: () => Promise<T>, otherwise: T) => Promise<T>;
}

/** What `/proc` and the cgroup files tell of a running container. */
export async function inspectProcess(
  { source, proc, attempt }: Reading,
  subject: InspectedContainer,
  neighbours: readonly (Neighbour & { readonly id: string })[],
): Promise<ProcessPart> {
  const { target, spec } = subject;
  const { id, container } = subject.attempt;
  const pid = await attempt<number | undefined>(
    `process of container ${container}`,
    () => findProcess(source, proc, id),
    undefined,
  );
  if (pid === undefined) return noProcess;
  const of = `of container ${container}`;
  const others = neighbours.filter((neighbour) => neighbour.id !== id);
  const [namespaces, files, security, processes] = await Promise.all([
    attempt(
      `namespaces ${of}`,
      async () => compareNamespaces(await readNamespaces(proc, pid), await hostNamespaces(proc), others),
      [],
    ),
    attempt(`cgroup files ${of}`, () => readFiles(source, proc, pid, subject), []),
    attempt(`users and capabilities ${of}`, () => readSecurity(proc, pid, target.pod, spec), []),
    attempt(`processes ${of}`, () => listProcesses(source, proc, pid), { items: [], count: 0 }),
  ]);
  return { pid, namespaces, files, security, processes };
}

/** Rejects with the reason where the engine's processes cannot be seen from here. */
async function findProcess({ runtime }: InspectionSource, proc: Proc, id: string): Promise<number> {
  const pid = (await runtime.inspectContainer(id))?.pid ?? 0;
  if (pid === 0) throw new Error('it has just ended: read again');
  if (await isProcessOf(proc, pid, id)) return pid;
  throw new Error(
    `process ${pid} of the engine is not one of this host that the agent can see: the engine runs on another host ` +
      '(DOCKER_HOST), or the agent in a container; run the agent beside the engine',
  );
}

async function hostNamespaces(proc: Proc): ReturnType<typeof readNamespaces> {
  const init = await readNamespaces(proc, 1).catch(() => undefined);
  // Without root process 1 may not be looked at; whoever runs the agent usually is where it is.
  return init?.size ? init : readNamespaces(proc, process.pid);
}

async function readFiles(source: InspectionSource, proc: Proc, pid: number, subject: InspectedContainer) {
  const { layout } = source;
  const expectations = expectationsFor(source, subject);
  const controllers = layout.version === 1 ? ['cpu', 'cpuacct', 'memory', 'pids', 'blkio'] : [''];
  const paths = new Map<string, string | undefined>();
  for (const name of controllers) paths.set(name, await cgroupPathOf(proc, layout, pid, name));
  const files = await readCgroupFiles(layout, (controller) => paths.get(controller), expectations);
  const text = await readProcFile(proc, pid, 'oom_score_adj');
  return [...files, toFact(`/proc/${pid}/oom_score_adj`, 'oom_score_adj', text, expectations)];
}

function expectationsFor({ resourceFacts }: InspectionSource, { target, spec }: InspectedContainer): Expectations {
  const { pod } = target;
  if (!spec) return new Map();
  const resources = containerResources(pod, spec, resourceFacts);
  const blockIo = parseBlockIo(pod.metadata.annotations, [spec.name]);
  return containerExpectations(pod, spec, resources, blockIo.get(spec.name));
}

async function listProcesses({ layout }: InspectionSource, proc: Proc, pid: number) {
  const controller = layout.version === 1 ? 'cpu' : '';
  const path = await cgroupPathOf(proc, layout, pid, controller);
  if (path === undefined) throw new Error(`process ${pid} is in no cgroup of the ${controller || 'unified'} hierarchy`);
  return readProcesses(proc, cgroupDirectory(layout, controller, path));
}
