import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import type { AutoscalerSettings } from '@gantry/core/autoscaling/settings';
import { overlaps, parseCidr } from '@gantry/core/network/pod-cidr';

/** What the controller is told at start. Every option has a flag of the same name in kebab-case. */
export interface ControllerConfig {
  readonly dataDir: string;
  /** Where the admin's kubeconfig is written. */
  readonly kubeconfig: string;
  /** Names the cluster: the label of all its containers. */
  readonly cluster: string;
  readonly clusterCidr: string;
  readonly nodeCidrMask: number;
  readonly serviceCidr: string;
  /** The address the API binds to and that the kubeconfig and the certificate name. */
  readonly address: string;
  readonly port: number;
  /** The dashboard binds to 127.0.0.1 only. */
  readonly dashboardPort: number;
  readonly heartbeatMs: number;
  /** A node without a sign of life for this long is NotReady. */
  readonly nodeGraceMs: number;
  /** Default toleration of not-ready and unreachable nodes. */
  readonly defaultTolerationSeconds: number;
  readonly autoscaling: AutoscalingConfig;
  readonly logLevel: string;
}

/** How HorizontalPodAutoscalers decide: the flags `--horizontal-pod-autoscaler-*` of Kubernetes, as `--hpa-*`. */
export interface AutoscalingConfig extends AutoscalerSettings {
  /** How often each decides, milliseconds. */
  readonly syncPeriodMs: number;
}

const options = {
  'data-dir': { type: 'string', default: '.gantry/controller' },
  kubeconfig: { type: 'string', default: '.gantry/kubeconfig' },
  cluster: { type: 'string', default: 'gantry' },
  'cluster-cidr': { type: 'string', default: '10.244.0.0/16' },
  'node-cidr-mask': { type: 'string', default: '24' },
  'service-cidr': { type: 'string', default: '10.96.0.0/16' },
  address: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '6443' },
  'dashboard-port': { type: 'string', default: '8080' },
  'heartbeat-ms': { type: 'string', default: '1000' },
  'node-grace-ms': { type: 'string', default: '4000' },
  'default-toleration-seconds': { type: 'string', default: '1' },
  'hpa-sync-period-ms': { type: 'string', default: '15000' },
  'hpa-downscale-stabilization-seconds': { type: 'string', default: '300' },
  'hpa-cpu-initialization-seconds': { type: 'string', default: '300' },
  'hpa-initial-readiness-seconds': { type: 'string', default: '30' },
  'hpa-tolerance': { type: 'string', default: '0.1' },
  'log-level': { type: 'string', default: 'info' },
} as const;

/** Parses the command line. Throws an `Error` whose message names the flag. */
export function parseConfig(args: readonly string[]): ControllerConfig {
  const { values } = parseArgs({ args: [...args], options, strict: true });
  const address = ipAddress(values.address);
  const nodeCidrMask = integer('--node-cidr-mask', values['node-cidr-mask'], 8, 29);
  checkRanges(values['cluster-cidr'], nodeCidrMask, values['service-cidr']);
  const heartbeatMs = integer('--heartbeat-ms', values['heartbeat-ms'], 100, 60_000);
  const nodeGraceMs = integer('--node-grace-ms', values['node-grace-ms'], 500, 3_600_000);
  if (nodeGraceMs < 2 * heartbeatMs)
    throw new Error(`--node-grace-ms ${nodeGraceMs} must be at least twice --heartbeat-ms ${heartbeatMs}`);
  return {
    dataDir: values['data-dir'],
    kubeconfig: values.kubeconfig,
    cluster: clusterName(values.cluster),
    clusterCidr: values['cluster-cidr'],
    nodeCidrMask,
    serviceCidr: values['service-cidr'],
    address,
    port: integer('--port', values.port, 0, 65_535),
    dashboardPort: integer('--dashboard-port', values['dashboard-port'], 0, 65_535),
    heartbeatMs,
    nodeGraceMs,
    defaultTolerationSeconds: integer('--default-toleration-seconds', values['default-toleration-seconds'], 0, 86_400),
    autoscaling: autoscaling(values),
    logLevel: logLevel(values['log-level']),
  };
}

type AutoscalingFlags = Readonly<
  Record<
    | 'hpa-sync-period-ms'
    | 'hpa-downscale-stabilization-seconds'
    | 'hpa-cpu-initialization-seconds'
    | 'hpa-initial-readiness-seconds'
    | 'hpa-tolerance',
    string
  >
>;

function autoscaling(values: AutoscalingFlags): AutoscalingConfig {
  const milliseconds = (flag: keyof AutoscalingFlags): number => 1000 * integer(`--${flag}`, values[flag], 0, 86_400);
  const tolerance = Number(values['hpa-tolerance']);
  if (!(tolerance >= 0 && tolerance < 1))
    throw new Error(`--hpa-tolerance ${values['hpa-tolerance']} must be a number from 0 to less than 1`);
  return {
    syncPeriodMs: integer('--hpa-sync-period-ms', values['hpa-sync-period-ms'], 100, 3_600_000),
    downscaleStabilizationMs: milliseconds('hpa-downscale-stabilization-seconds'),
    cpuInitializationMs: milliseconds('hpa-cpu-initialization-seconds'),
    initialReadinessMs: milliseconds('hpa-initial-readiness-seconds'),
    tolerance,
  };
}

/** The address is in the kubeconfig and the certificate, so it must be one that clients can connect to. */
function ipAddress(text: string): string {
  if (isIP(text) === 0) throw new Error(`--address ${text} is not an IP address`);
  if (text === '0.0.0.0' || text === '::')
    throw new Error(`--address ${text}: name the one address that clients reach`);
  return text;
}

/** The name is part of container names, network names and label values. */
function clusterName(text: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?$/.test(text)) return text;
  throw new Error(`--cluster ${text} must be 1 to 40 lower case letters, digits and '-'`);
}

function checkRanges(clusterCidr: string, nodeCidrMask: number, serviceCidr: string): void {
  const pods = parseCidr(clusterCidr);
  const services = parseCidr(serviceCidr);
  if (!pods) throw new Error(`--cluster-cidr ${clusterCidr} is not an IPv4 range such as 10.244.0.0/16`);
  if (!services) throw new Error(`--service-cidr ${serviceCidr} is not an IPv4 range such as 10.96.0.0/16`);
  if (pods.prefix > nodeCidrMask)
    throw new Error(`--cluster-cidr ${clusterCidr} holds no range of --node-cidr-mask ${nodeCidrMask}`);
  if (overlaps(pods, services)) throw new Error(`--service-cidr ${serviceCidr} overlaps --cluster-cidr ${clusterCidr}`);
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

function logLevel(text: string): string {
  if (logLevels.includes(text)) return text;
  throw new Error(`--log-level ${text} must be one of ${logLevels.join(', ')}`);
}

function integer(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`${flag} ${text} must be a whole number from ${min} to ${max}`);
}
