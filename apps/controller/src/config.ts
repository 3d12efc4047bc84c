import { isIP } from 'node:net';
import { parseArgs } from 'node:util';

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
  readonly logLevel: string;
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
  'log-level': { type: 'string', default: 'info' },
} as const;

/** Parses the command line. Throws an `Error` whose message names the flag. */
export function parseConfig(args: readonly string[]): ControllerConfig {
  const { values } = parseArgs({ args: [...args], options, strict: true });
  const address = values.address;
  if (isIP(address) === 0) throw new Error(`--address ${address} is not an IP address`);
  return {
    dataDir: values['data-dir'],
    kubeconfig: values.kubeconfig,
    cluster: values.cluster,
    clusterCidr: values['cluster-cidr'],
    nodeCidrMask: integer('--node-cidr-mask', values['node-cidr-mask'], 8, 30),
    serviceCidr: values['service-cidr'],
    address,
    port: integer('--port', values.port, 0, 65_535),
    dashboardPort: integer('--dashboard-port', values['dashboard-port'], 0, 65_535),
    heartbeatMs: integer('--heartbeat-ms', values['heartbeat-ms'], 100, 60_000),
    nodeGraceMs: integer('--node-grace-ms', values['node-grace-ms'], 500, 3_600_000),
    defaultTolerationSeconds: integer('--default-toleration-seconds', values['default-toleration-seconds'], 0, 86_400),
    logLevel: values['log-level'],
  };
}

function integer(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`${flag} ${text} must be a whole number from ${min} to ${max}`);
}
