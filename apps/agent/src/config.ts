import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What the agent is told at start. */
export interface AgentConfig {
  readonly server: string;
  /** The PEM file of the cluster CA that the server is checked against. */
  readonly caFile: string;
  readonly nodeName: string;
  readonly dataDir: string;
  /** A bootstrap token, from the environment (GANTRY_JOIN_TOKEN): needed for the first start only. */
  readonly joinToken: string | undefined;
  readonly dockerHost: string | undefined;
  /** What the node declares instead of what its engine has; Kubernetes quantities. */
  readonly cpu: string | undefined;
  readonly memory: string | undefined;
  /** Kept back from what pods may request; Kubernetes quantities. */
  readonly reservedCpu: string;
  readonly reservedMemory: string;
  readonly maxPods: number;
  readonly zone: string | undefined;
  /** The node's own address, for `status.addresses`; found out where absent. */
  readonly nodeIp: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly isStrictPull: boolean;
  readonly parallelStarts: number;
  readonly logLevel: string;
}

const options = {
  server: { type: 'string' },
  'ca-file': { type: 'string' },
  'node-name': { type: 'string', default: hostname().toLowerCase() },
  'data-dir': { type: 'string', default: '/var/lib/gantry-agent/data' },
  'docker-host': { type: 'string' },
  cpu: { type: 'string' },
  memory: { type: 'string' },
  'reserved-cpu': { type: 'string', default: '0' },
  'reserved-memory': { type: 'string', default: '0' },
  'max-pods': { type: 'string', default: '110' },
  zone: { type: 'string' },
  'node-ip': { type: 'string' },
  label: { type: 'string', multiple: true, default: [] as string[] },
  'strict-pull': { type: 'boolean', default: false },
  'parallel-starts': { type: 'string', default: '8' },
  'log-level': { type: 'string', default: 'info' },
} as const;

/** Parses the command line. Throws an `Error` whose message names the flag. */
export function parseConfig(args: readonly string[], env: Readonly<Record<string, string | undefined>>): AgentConfig {
  const { values } = parseArgs({
    args: [...args],
    options: { ...options, label: { ...options.label, default: [] } },
    strict: true,
  });
  if (!values.server) throw new Error('--server https://HOST:PORT is required');
  if (!values['ca-file']) throw new Error('--ca-file is required: the cluster CA that the server is checked against');
  return {
    server: values.server,
    caFile: values['ca-file'],
    nodeName: values['node-name'],
    dataDir: values['data-dir'],
    joinToken: env.GANTRY_JOIN_TOKEN || undefined,
    dockerHost: values['docker-host'],
    cpu: values.cpu,
    memory: values.memory,
    reservedCpu: values['reserved-cpu'],
    reservedMemory: values['reserved-memory'],
    maxPods: positive('--max-pods', values['max-pods']),
    zone: values.zone,
    nodeIp: values['node-ip'],
    labels: Object.fromEntries(values.label.map(parseLabel)),
    isStrictPull: values['strict-pull'],
    parallelStarts: positive('--parallel-starts', values['parallel-starts']),
    logLevel: values['log-level'],
  };
}

/** What `remove` is told: whose containers, networks, mounts and cgroups are to go. */
export interface RemoveConfig {
  readonly cluster: string;
  readonly node: string;
  readonly dataDir: string;
}

/** Parses the command line of `remove`. Throws an `Error` whose message names the flag. */
export function parseRemoveConfig(args: readonly string[]): RemoveConfig {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { cluster: text, 'node-name': text, 'data-dir': text },
    strict: true,
  });
  const { cluster, 'node-name': node, 'data-dir': dataDir } = values;
  if (!cluster || !node || !dataDir) throw new Error('remove needs --cluster, --node-name and --data-dir');
  return { cluster, node, dataDir: resolve(dataDir) };
}

function parseLabel(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new Error(`--label ${text} must be key=value`);
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${flag} ${text} must be a whole number above 0`);
}
