/** What images must have for the containers that name them to start and answer their probes. */
export interface StandInNeeds {
  /** By image. */
  readonly ports: Map<string, Set<number>>;
  /** Absolute paths of programs that containers are started with. */
  readonly servers: Set<string>;
  /** Absolute paths of programs that probes and hooks run. */
  readonly checks: Set<string>;
}

interface Handler {
  readonly exec?: { readonly command?: readonly string[] };
  readonly httpGet?: { readonly port?: number | string };
  readonly tcpSocket?: { readonly port?: number | string };
  readonly grpc?: { readonly port?: number };
}

interface Container {
  readonly image: string;
  readonly command?: readonly string[];
  readonly ports?: readonly { readonly containerPort: number }[];
  readonly startupProbe?: Handler;
  readonly readinessProbe?: Handler;
  readonly livenessProbe?: Handler;
  readonly lifecycle?: { readonly postStart?: Handler; readonly preStop?: Handler };
}

/** `documents` are Kubernetes objects of any kind. Pod specs are found wherever they stand. */
export function findStandInNeeds(documents: readonly unknown[]): StandInNeeds {
  const needs: StandInNeeds = { ports: new Map(), servers: new Set(), checks: new Set() };
  for (const container of documents.flatMap(containersIn)) {
    const ports = needs.ports.get(container.image) ?? new Set();
    needs.ports.set(container.image, ports);
    for (const { containerPort } of container.ports ?? []) ports.add(containerPort);
    addCommand(needs.servers, container.command);
    for (const handler of handlersOf(container)) {
      addCommand(needs.checks, handler.exec?.command);
      const port = handler.httpGet?.port ?? handler.tcpSocket?.port ?? handler.grpc?.port;
      if (typeof port === 'number') ports.add(port);
    }
  }
  return needs;
}

function handlersOf({ startupProbe, readinessProbe, livenessProbe, lifecycle }: Container): Handler[] {
  const all = [startupProbe, readinessProbe, livenessProbe, lifecycle?.postStart, lifecycle?.preStop];
  return all.filter((handler) => handler !== undefined);
}

/** Shells and their tools are there; `./program` is below the working directory, which is `/`. */
function addCommand(paths: Set<string>, command: readonly string[] | undefined): void {
  const program = command?.[0];
  if (program === undefined || /^(\/bin\/)?(sh|sleep|true|cat|test)$/.test(program)) return;
  if (program.startsWith('/')) paths.add(program);
  else paths.add(program.startsWith('./') ? program.slice(1) : `/usr/local/bin/${program}`);
}

function containersIn(value: unknown): Container[] {
  if (Array.isArray(value)) return value.flatMap(containersIn);
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    (key === 'containers' || key === 'initContainers') && Array.isArray(inner) ? inner : containersIn(inner),
  );
}
