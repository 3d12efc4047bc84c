import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Taint } from '@gantry/api-types';
import { parseBytes, parseCpuMilli } from '@gantry/api-types/quantity';
import type { Threshold } from '@gantry/core/eviction/signals';
import { evictionThresholds } from './eviction/threshold-flag.ts';
import { type NetworkMode, networkModes } from './network/network-mode.ts';

/** What the agent is told at start. */
export interface AgentConfig {
  readonly server: string;
  /** The PEM file of the cluster CA that the server is checked against. */
  readonly caFile: string;
  readonly nodeName: string;
  readonly dataDir: string;
  /** A bootstrap token, from the environment (GANTRY_JOIN_TOKEN): needed for the first start only. */
  readonly joinToken: string | undefined;
  /** What the node declares instead of what its engine has; Kubernetes quantities. */
  readonly cpu: string | undefined;
  readonly memory: string | undefined;
  /** Kept back from what pods may request; Kubernetes quantities. See `reserveOf` for what holds by default. */
  readonly reservedCpu: string | undefined;
  readonly reservedMemory: string | undefined;
  /** When pods are evicted because the node is short of something. */
  readonly evictionThresholds: readonly Threshold[];
  /** How long a condition of pressure stays after it was last seen. */
  readonly pressureTransitionMs: number;
  readonly maxPods: number;
  readonly zone: string | undefined;
  /** The node's own address, for `status.addresses`; found out where absent. */
  readonly nodeIp: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the Node when it is made; later they are everybody's. */
  readonly taints: readonly Taint[];
  /** Where the proxy for Ingresses listens, once there are any; port 0 for not at all. */
  readonly ingressAddress: string;
  readonly ingressHttpPort: number;
  readonly ingressHttpsPort: number;
  readonly isStrictPull: boolean;
  readonly parallelStarts: number;
  /** Processes of a pod, and of each of its containers; unlimited where absent. */
  readonly podPidsLimit: number | undefined;
  /** Sysctls that pods may set beside the safe ones; a trailing `*` stands for anything. */
  readonly allowedUnsafeSysctls: readonly string[];
  readonly parallelPulls: number;
  /** When unused images are removed. */
  readonly imageGarbage: {
    readonly highThresholdPercent: number;
    readonly lowThresholdPercent: number;
    readonly minimumAgeMs: number;
    /** Images that others brought, too: for engines that run nothing but this node. */
    readonly removesForeign: boolean;
  };
  readonly networkMode: NetworkMode;
  readonly logLevel: string;
}

const options = {
  server: { type: 'string' },
  'ca-file': { type: 'string' },
  'node-name': { type: 'string', default: hostname().toLowerCase() },
  'data-dir': { type: 'string', default: '/var/lib/gantry-agent/data' },
  cpu: { type: 'string' },
  memory: { type: 'string' },
  'reserved-cpu': { type: 'string' },
  'reserved-memory': { type: 'string' },
  'eviction-hard': { type: 'string' },
  'eviction-pressure-transition-period': { type: 'string', default: '5m' },
  'max-pods': { type: 'string', default: '110' },
  zone: { type: 'string' },
  'node-ip': { type: 'string' },
  label: { type: 'string', multiple: true, default: [] as string[] },
  'register-with-taints': { type: 'string', default: '' },
  'ingress-address': { type: 'string', default: '0.0.0.0' },
  'ingress-http-port': { type: 'string', default: '30080' },
  'ingress-https-port': { type: 'string', default: '30443' },
  'strict-pull': { type: 'boolean', default: false },
  'parallel-starts': { type: 'string', default: '8' },
  'pod-pids-limit': { type: 'string' },
  'allowed-unsafe-sysctls': { type: 'string', default: '' },
  'max-parallel-image-pulls': { type: 'string', default: '3' },
  'image-gc-high-threshold': { type: 'string', default: '85' },
  'image-gc-low-threshold': { type: 'string', default: '80' },
  'minimum-image-ttl-duration': { type: 'string', default: '2m' },
  'image-gc-all': { type: 'boolean', default: false },
  'network-mode': { type: 'string', default: 'auto' },
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
    server: httpsOrigin(values.server),
    caFile: values['ca-file'],
    nodeName: nodeName(values['node-name']),
    dataDir: values['data-dir'],
    joinToken: env.GANTRY_JOIN_TOKEN || undefined,
    cpu: quantity('--cpu', values.cpu, parseCpuMilli, 1),
    memory: quantity('--memory', values.memory, parseBytes, 1),
    reservedCpu: quantity('--reserved-cpu', values['reserved-cpu'], parseCpuMilli, 0),
    reservedMemory: quantity('--reserved-memory', values['reserved-memory'], parseBytes, 0),
    evictionThresholds: evictionThresholds(values['eviction-hard']),
    pressureTransitionMs: duration(
      '--eviction-pressure-transition-period',
      values['eviction-pressure-transition-period'],
    ),
    maxPods: positive('--max-pods', values['max-pods']),
    zone: values.zone,
    nodeIp: ipAddress('--node-ip', values['node-ip']),
    labels: Object.fromEntries(values.label.map(parseLabel)),
    taints: values['register-with-taints'].split(',').filter(Boolean).map(parseTaint),
    ingressAddress: ipAddress('--ingress-address', values['ingress-address']) ?? '0.0.0.0',
    ingressHttpPort: portNumber('--ingress-http-port', values['ingress-http-port']),
    ingressHttpsPort: portNumber('--ingress-https-port', values['ingress-https-port']),
    isStrictPull: values['strict-pull'],
    parallelStarts: positive('--parallel-starts', values['parallel-starts']),
    podPidsLimit:
      values['pod-pids-limit'] === undefined ? undefined : positive('--pod-pids-limit', values['pod-pids-limit']),
    allowedUnsafeSysctls: values['allowed-unsafe-sysctls'].split(',').filter((name) => name !== ''),
    parallelPulls: positive('--max-parallel-image-pulls', values['max-parallel-image-pulls']),
    imageGarbage: imageGarbage(values),
    networkMode: networkMode(values['network-mode']),
    logLevel: logLevel(values['log-level']),
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

/** Parses the command line of `leave`: the data directory. Throws an `Error` whose message names the flag. */
export function parseLeaveConfig(args: readonly string[]): string {
  const { values } = parseArgs({ args: [...args], options: { 'data-dir': { type: 'string' } }, strict: true });
  if (!values['data-dir']) throw new Error('leave needs --data-dir');
  return resolve(values['data-dir']);
}

function quantity<T extends string | undefined>(
  flag: string,
  text: T,
  parse: (text: string) => number,
  least: 0 | 1,
): T {
  if (text === undefined) return text;
  let value: number;
  try {
    value = parse(text);
  } catch (error) {
    throw new Error(`${flag} ${text} is not a quantity such as 500m, 2 or 4Gi`, { cause: error });
  }
  if (value >= least) return text;
  throw new Error(`${flag} ${text} must ${least === 0 ? 'not be negative' : 'be more than nothing'}`);
}

function httpsOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' && url.pathname === '/') return url.origin;
  throw new Error(`--server ${text} must be of the form https://HOST:PORT`);
}

/** A Node's name is a DNS subdomain (RFC 1123), as Kubernetes has it. */
function nodeName(text: string): string {
  if (text.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text)) return text;
  throw new Error(`--node-name ${text} must consist of lower case letters, digits, '-' and '.'`);
}

function ipAddress(flag: string, text: string | undefined): string | undefined {
  if (text === undefined || isIP(text) !== 0) return text;
  throw new Error(`${flag} ${text} is not an IP address`);
}

interface ImageGarbageFlags {
  readonly 'image-gc-high-threshold': string;
  readonly 'image-gc-low-threshold': string;
  readonly 'minimum-image-ttl-duration': string;
  readonly 'image-gc-all': boolean;
}

function imageGarbage(values: ImageGarbageFlags): AgentConfig['imageGarbage'] {
  const highThresholdPercent = percent('--image-gc-high-threshold', values['image-gc-high-threshold']);
  const lowThresholdPercent = percent('--image-gc-low-threshold', values['image-gc-low-threshold']);
  if (lowThresholdPercent >= highThresholdPercent && highThresholdPercent < 100) {
    throw new Error(
      `--image-gc-low-threshold ${lowThresholdPercent} must be below --image-gc-high-threshold ${highThresholdPercent}`,
    );
  }
  const minimumAgeMs = duration('--minimum-image-ttl-duration', values['minimum-image-ttl-duration']);
  return { highThresholdPercent, lowThresholdPercent, minimumAgeMs, removesForeign: values['image-gc-all'] };
}

function percent(flag: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= 100) return value;
  throw new Error(`${flag} ${text} must be a whole number from 0 to 100`);
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration in Go's form, such as 90s, 2m0s or 1h. */
function duration(flag: string, text: string): number {
  if (!/^(\d+[smh])+$/.test(text)) throw new Error(`${flag} ${text} must be a duration such as 90s, 2m or 1h`);
  return [...text.matchAll(/(\d+)([smh])/g)].reduce(
    (total, [, count, unit]) => total + Number(count) * (unitMs[unit ?? ''] ?? 0),
    0,
  );
}

function networkMode(text: string): NetworkMode {
  const mode = networkModes.find((known) => known === text);
  if (mode) return mode;
  throw new Error(`--network-mode ${text} must be one of ${networkModes.join(', ')}`);
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

function logLevel(text: string): string {
  if (logLevels.includes(text)) return text;
  throw new Error(`--log-level ${text} must be one of ${logLevels.join(', ')}`);
}

function parseLabel(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new Error(`--label ${text} must be key=value`);
}

/** `key=value:effect` or `key:effect`, as the kubelet's flag of the same name has it. */
function parseTaint(text: string): Taint {
  const [, key, value, effect] = /^([^=:]+)(?:=([^:]*))?:([A-Za-z]+)$/.exec(text) ?? [];
  if (key !== undefined && effect !== undefined && taintEffects.has(effect)) {
    return { key, effect, ...(value ? { value } : {}) };
  }
  throw new Error(
    `--register-with-taints ${text} must be key=value:effect, with one of ${[...taintEffects].join(', ')}`,
  );
}

const taintEffects: ReadonlySet<string> = new Set(['NoSchedule', 'PreferNoSchedule', 'NoExecute']);

function portNumber(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new Error(`${flag} ${text} must be a port, or 0 for none`);
}

function positive(flag: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${flag} ${text} must be a whole number above 0`);
}
