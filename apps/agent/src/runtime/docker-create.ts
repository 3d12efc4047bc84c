import type {
  ContainerBlockIo,
  ContainerMount,
  ContainerNetwork,
  ContainerResources,
  ContainerSpec,
  JoinedNamespace,
} from './container-runtime.ts';

/** The body of the engine's `POST /containers/create` for the spec. Pure. */
export function createBody(spec: ContainerSpec): object {
  return {
    Image: spec.image,
    ...(isJoined(spec.network) ? {} : { Hostname: spec.hostname }),
    Env: spec.environment,
    Labels: spec.labels,
    Tty: spec.hasTty,
    OpenStdin: spec.keepsStdinOpen,
    StdinOnce: spec.closesStdinAfterAttach,
    // An image's HEALTHCHECK would be run by the engine beside the pod's probes.
    Healthcheck: { Test: ['NONE'] },
    ...(spec.entrypoint ? { Entrypoint: spec.entrypoint } : {}),
    ...(spec.command ? { Cmd: spec.command } : {}),
    ...(spec.workingDirectory ? { WorkingDir: spec.workingDirectory } : {}),
    ...(spec.stopSignal === undefined ? {} : { StopSignal: spec.stopSignal }),
    ...(spec.user === undefined ? {} : { User: spec.user }),
    HostConfig: hostConfig(spec),
    ...bridgeEndpoint(spec.network),
    ...(isJoined(spec.network)
      ? {}
      : { ExposedPorts: Object.fromEntries(spec.ports.map((port) => [portKey(port), {}])) }),
  };
}

/** The engine refuses settings that belong to the namespace where a container does not have one of its own. */
function isJoined(network: ContainerNetwork): boolean {
  return network.type === 'container' || network.type === 'host';
}

function bridgeEndpoint(network: ContainerNetwork): object {
  if (network.type !== 'bridge') return {};
  const endpoint = { IPAMConfig: { IPv4Address: network.ip } };
  return { NetworkingConfig: { EndpointsConfig: { [network.name]: endpoint } } };
}

function networkMode(network: ContainerNetwork): string {
  return network.type === 'bridge' ? network.name : network.type === 'none' ? 'none' : joinedMode(network);
}

function joinedMode(namespace: JoinedNamespace): string {
  return namespace.type === 'host' ? 'host' : `container:${namespace.id}`;
}

/** Settings of the network namespace, left out where it is another's. */
function networkSettings(spec: ContainerSpec): object {
  if (isJoined(spec.network)) return {};
  return { PortBindings: portBindings(spec) };
}

function namespaceModes({ pidMode, ipcMode }: ContainerSpec): object {
  return {
    ...(pidMode ? { PidMode: joinedMode(pidMode) } : {}),
    ...(ipcMode ? { IpcMode: ipcMode.type === 'shareable' ? 'shareable' : joinedMode(ipcMode) } : {}),
  };
}

/** The settings that can be changed while a container runs; the engine leaves those that are 0 as they are. */
export function updateBody(resources: Omit<ContainerResources, 'oomScoreAdj'>): object {
  return {
    Memory: resources.memoryBytes ?? 0,
    MemorySwap: resources.memorySwapBytes ?? 0,
    MemoryReservation: resources.memoryReservationBytes ?? 0,
    CpuShares: resources.cpuShares,
    CpuPeriod: 100_000,
    CpuQuota: resources.cpuQuota ?? 0,
  };
}

function hostConfig(spec: ContainerSpec): object {
  const { resources, security } = spec;
  return {
    NetworkMode: networkMode(spec.network),
    ...namespaceModes(spec),
    RestartPolicy: { Name: 'no' },
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } },
    ...updateBody(resources),
    ...(resources.pidsLimit === undefined ? {} : { PidsLimit: resources.pidsLimit }),
    OomScoreAdj: resources.oomScoreAdj,
    ...(spec.blockIo === undefined ? {} : blockIoBody(spec.blockIo)),
    Privileged: security.privileged,
    ReadonlyRootfs: security.readOnlyRootFilesystem,
    CapAdd: security.addedCapabilities,
    CapDrop: security.droppedCapabilities,
    SecurityOpt: [...(security.noNewPrivileges ? ['no-new-privileges'] : []), ...security.options],
    ...(security.unmaskedPaths ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
    GroupAdd: spec.extraGroups,
    Mounts: spec.mounts.map(mountBody),
    ...networkSettings(spec),
    ...(spec.cgroupParent ? { CgroupParent: spec.cgroupParent } : {}),
    ...(spec.sysctls ? { Sysctls: spec.sysctls } : {}),
  };
}

function blockIoBody({ devices, weight, ...limits }: ContainerBlockIo): object {
  const rates = (rate: number | undefined) =>
    rate === undefined ? [] : devices.map((path) => ({ Path: path, Rate: rate }));
  return {
    ...(weight === undefined ? {} : { BlkioWeight: weight }),
    BlkioDeviceReadBps: rates(limits.readBytes),
    BlkioDeviceWriteBps: rates(limits.writeBytes),
    BlkioDeviceReadIOps: rates(limits.readOperations),
    BlkioDeviceWriteIOps: rates(limits.writeOperations),
  };
}

function mountBody(mount: ContainerMount): object {
  const options = {
    ...(mount.propagation === undefined ? {} : { Propagation: mount.propagation }),
    ...(mount.isRecursivelyReadOnly ? { ReadOnlyForceRecursive: true } : {}),
  };
  return {
    Type: 'bind',
    Source: mount.source,
    Target: mount.target,
    ReadOnly: mount.readOnly,
    ...(Object.keys(options).length > 0 ? { BindOptions: options } : {}),
  };
}

function portBindings(spec: ContainerSpec): Record<string, { HostIp: string; HostPort: string }[]> {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const port of spec.ports) {
    const list = bindings[portKey(port)] ?? [];
    list.push({ HostIp: port.hostIp, HostPort: String(port.hostPort) });
    bindings[portKey(port)] = list;
  }
  return bindings;
}

function portKey(port: { containerPort: number; protocol: string }): string {
  return `${port.containerPort}/${port.protocol}`;
}
