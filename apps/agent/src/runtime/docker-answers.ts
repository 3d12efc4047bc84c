import type {
  ContainerDetails,
  ContainerResources,
  ContainerRunState,
  ContainerSummary,
  ImageDetails,
} from './container-runtime.ts';

/** The parts of the engine's answers that we read. */
export interface DockerInspect {
  Id: string;
  Name: string;
  Image: string;
  Config: { Labels?: Record<string, string> | null; Tty?: boolean };
  HostConfig: {
    Memory: number;
    MemorySwap: number;
    MemoryReservation: number;
    CpuShares: number;
    CpuQuota: number;
    OomScoreAdj: number;
    NetworkMode?: string;
  };
  State: {
    Status: string;
    Pid: number;
    ExitCode: number;
    OOMKilled: boolean;
    Error: string;
    StartedAt: string;
    FinishedAt: string;
  };
  NetworkSettings?: {
    Networks?: Record<string, { IPAMConfig?: { IPv4Address?: string } | null } | null> | null;
  };
}

export interface DockerListItem {
  Id: string;
  Names?: string[];
  State: string;
  Labels?: Record<string, string> | null;
  ImageID: string;
  HostConfig?: { NetworkMode?: string };
}

export interface DockerImage {
  Id: string;
  RepoTags?: string[] | null;
  RepoDigests?: string[] | null;
  Size: number;
  Config?: { User?: string } | null;
  RootFS?: { Layers?: string[] | null };
}

export interface DockerHistoryStep {
  CreatedBy: string;
  Size: number;
}

/** Our form of an inspected container. */
export function toDetails(answer: DockerInspect): ContainerDetails {
  const { State: state } = answer;
  const networks = Object.values(answer.NetworkSettings?.Networks ?? {});
  // A container that could not be started stays "created" with the reason: to us its attempt is over.
  const didFailToStart = state.Status === 'created' && state.Error !== '';
  return {
    id: answer.Id,
    name: answer.Name.replace(/^\//, ''),
    state: didFailToStart ? 'exited' : toState(state.Status),
    labels: answer.Config.Labels ?? {},
    imageId: answer.Image,
    network: toNetwork(answer),
    pid: state.Pid,
    startedAt: toTime(state.StartedAt),
    finishedAt: toTime(state.FinishedAt),
    exitCode: state.ExitCode,
    oomKilled: state.OOMKilled,
    error: state.Error,
    hasTty: answer.Config.Tty ?? false,
    resources: toResources(answer.HostConfig),
    ip: networks.map((network) => network?.IPAMConfig?.IPv4Address).find((ip) => ip),
  };
}

function toResources(host: DockerInspect['HostConfig']): ContainerResources {
  return {
    cpuShares: host.CpuShares,
    oomScoreAdj: host.OomScoreAdj,
    ...(host.Memory > 0 ? { memoryBytes: host.Memory, memorySwapBytes: host.MemorySwap } : {}),
    ...(host.MemoryReservation > 0 ? { memoryReservationBytes: host.MemoryReservation } : {}),
    ...(host.CpuQuota > 0 ? { cpuQuota: host.CpuQuota } : {}),
  };
}

/** Our form of a listed container. */
export function toSummary(answer: DockerListItem): ContainerSummary {
  return {
    id: answer.Id,
    name: (answer.Names?.[0] ?? '').replace(/^\//, ''),
    state: toState(answer.State),
    labels: answer.Labels ?? {},
    imageId: answer.ImageID,
    network: toNetwork(answer),
  };
}

function toNetwork({ HostConfig }: { HostConfig?: { NetworkMode?: string } }): ContainerSummary['network'] {
  const mode = HostConfig?.NetworkMode ?? '';
  if (mode === 'none') return 'none';
  return mode === 'host' || mode.startsWith('container:') ? 'joined' : 'bridge';
}

/** Our form of an inspected or listed image. */
export function toImage(answer: DockerImage): ImageDetails {
  const named = (names: string[] | null | undefined) => (names ?? []).filter((name) => !name.startsWith('<none>'));
  return {
    id: answer.Id,
    tags: named(answer.RepoTags),
    digests: named(answer.RepoDigests),
    sizeBytes: answer.Size,
    user: answer.Config?.User ?? '',
  };
}

function toState(status: string): ContainerRunState {
  switch (status) {
    case 'created':
      return 'created';
    case 'running':
    case 'paused':
    case 'restarting':
      return 'running';
    default:
      // exited, dead, removing
      return 'exited';
  }
}

/** The engine writes year 1 for "never". */
function toTime(text: string): number | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) || time <= 0 ? undefined : time;
}
