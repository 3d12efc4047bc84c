import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { addImageCommands } from './image-program.ts';
import type { Terminal } from './output/terminal.ts';
import { addPoolCommands } from './pool-program.ts';
import { addSchedulingCommands } from './scheduling-program.ts';
import { gantryVersion } from './version.ts';

/**
 * The `gantry` command line. Each command's code is loaded when it runs: `down` need not load what `up` needs.
 */
export function buildProgram(terminal: Terminal): Command {
  const program = new Command('gantry')
    .description('Kubernetes YAML on plain Docker hosts')
    .version(gantryVersion, '-v, --version');
  program.addOption(
    new Option('--data-dir <dir>', 'where the cluster keeps its state')
      .default('.gantry')
      .argParser((path) => resolve(path)),
  );
  addClusterCommands(program, terminal);
  addObjectCommands(program, terminal);
  addImageCommands(program, terminal, (flags) => dataDirOf(program, flags));
  addPoolCommands(program, terminal, (flags) => dataDirOf(program, flags));
  addSchedulingCommands(program, terminal, (flags) => dataDirOf(program, flags));
  for (const command of program.commands.flatMap((one) => [one, ...one.commands])) command.addOption(dataDirOption());
  return program;
}

/** On every command too, so that it may stand before or after the command's name. */
function dataDirOption(): Option {
  return new Option('--data-dir <dir>', 'where the cluster keeps its state').argParser((path) => resolve(path));
}

function dataDirOf(program: Command, options: { dataDir?: string }): string {
  return resolve(options.dataDir ?? program.opts<{ dataDir: string }>().dataDir);
}

interface UpFlags {
  dataDir?: string;
  nodes?: number;
  nodeCpu?: string;
  nodeMemory?: string;
  address?: string;
  port?: number;
  dashboardPort?: number;
  ingressPort?: number;
  ingressTlsPort?: number;
  hpaSyncPeriod?: number;
  demo: boolean;
  keep: boolean;
  detach: boolean;
}

function addClusterCommands(program: Command, terminal: Terminal): void {
  program
    .command('up')
    .description('start a cluster on this host: a controller and several agents on one Docker Engine')
    .option(
      '--nodes <n>',
      'how many nodes on this host; 0: a controller that other hosts join (default: 3)',
      wholeNumber,
    )
    .option('--node-cpu <quantity>', "cpu of each node, e.g. 4 or 500m (default: the engine's, split)")
    .option('--node-memory <quantity>', "memory of each node, e.g. 8Gi (default: the engine's, split)")
    .option(
      '--address <ip>',
      'where the API listens; other hosts can join only at an address they reach (default: 127.0.0.1)',
      address,
    )
    .option('--port <port>', 'port of the API (default: 6443 or the next free one)', port)
    .option('--dashboard-port <port>', 'port of the dashboard on 127.0.0.1 (default: 8080 or the next free one)', port)
    .option('--ingress-port <port>', 'port of Ingresses (default: 30080 or the next free one)', port)
    .option('--ingress-tls-port <port>', 'port of Ingresses with TLS (default: 30443 or the next free one)', port)
    .option('--hpa-sync-period <seconds>', 'how often autoscalers decide (default: 15)', syncPeriod)
    .option('--demo', 'deploy the demo microservices in examples/demo', false)
    .option('--no-demo', 'deploy nothing')
    .option('--keep', 'leave the containers running when the cluster stops', false)
    .option('--detach', 'return once the cluster is ready', false)
    .action(async (flags: UpFlags) => {
      const { up } = await import('./commands/up.ts');
      await up(terminal, {
        dataDir: dataDirOf(program, flags),
        isDemo: flags.demo,
        keepsContainers: flags.keep,
        isDetached: flags.detach,
        ...(flags.nodes === undefined ? {} : { nodes: flags.nodes }),
        ...(flags.address === undefined ? {} : { address: flags.address }),
        ...(flags.nodeCpu === undefined ? {} : { nodeCpu: flags.nodeCpu }),
        ...(flags.nodeMemory === undefined ? {} : { nodeMemory: flags.nodeMemory }),
        ...(flags.port === undefined ? {} : { port: flags.port }),
        ...(flags.dashboardPort === undefined ? {} : { dashboardPort: flags.dashboardPort }),
        ...(flags.ingressPort === undefined ? {} : { ingressPort: flags.ingressPort }),
        ...(flags.ingressTlsPort === undefined ? {} : { ingressTlsPort: flags.ingressTlsPort }),
        ...(flags.hpaSyncPeriod === undefined ? {} : { hpaSyncPeriodSeconds: flags.hpaSyncPeriod }),
      });
    });
  program
    .command('down')
    .description('end the cluster and remove everything it made')
    .action(async (flags: { dataDir?: string }) => {
      const { down } = await import('./commands/down.ts');
      await down(terminal, { dataDir: dataDirOf(program, flags) });
    });
  program
    .command('kubeconfig')
    .description('print the kubeconfig')
    .action(async (flags: { dataDir?: string }) => {
      const { printKubeconfig } = await import('./commands/simple.ts');
      await printKubeconfig(terminal, dataDirOf(program, flags));
    });
  program
    .command('dashboard')
    .description('print a fresh link to the dashboard')
    .option('--read-only', 'a link that may look but not act', false)
    .option('--mock', 'the page on a make-believe cluster, until Ctrl-C: to look at it without one', false)
    .option('--port <port>', 'where the make-believe one listens on 127.0.0.1 (default: 5174)', port)
    .option('--nodes <n>', 'how many nodes the make-believe one has (default: 3)', positiveInteger)
    .action(async (flags: { dataDir?: string; readOnly: boolean; mock: boolean; port?: number; nodes?: number }) => {
      if (flags.mock) {
        const { serveMockDashboard } = await import('./commands/mock-dashboard.ts');
        return serveMockDashboard(flags);
      }
      const { printDashboardLink } = await import('./commands/simple.ts');
      await printDashboardLink(terminal, { dataDir: dataDirOf(program, flags), isReadOnly: flags.readOnly });
    });
  program
    .command('tour [steps...]')
    .description('show on the running cluster what it can do: scaling, a lost node, an autoscaler, a new host')
    .action(async (steps: string[], flags: { dataDir?: string }) => {
      const { tour } = await import('./commands/tour.ts');
      await tour(terminal, { dataDir: dataDirOf(program, flags), steps });
    });
  program
    .command('version')
    .description('print the versions of gantry and of the server')
    .action(async (flags: { dataDir?: string }) => {
      const { printVersion } = await import('./commands/simple.ts');
      await printVersion(terminal, dataDirOf(program, flags));
    });
  program
    .command('join')
    .description('print the line that makes another host a node of this cluster')
    .option('--ttl <minutes>', 'how long the line works', positiveInteger, 60)
    .action(async (flags: { dataDir?: string; ttl: number }) => {
      const { printJoinLine } = await import('./commands/join.ts');
      await printJoinLine(terminal, { dataDir: dataDirOf(program, flags), ttlSeconds: flags.ttl * 60 });
    });
}

interface ObjectFlags {
  dataDir?: string;
  namespace: string;
}

function addObjectCommands(program: Command, terminal: Terminal): void {
  program
    .command('apply')
    .description('create or update the objects of YAML files')
    .requiredOption('-f, --filename <path...>', 'files or folders; - for standard input')
    .option('-n, --namespace <name>', 'for objects that name none', 'default')
    .action(async (flags: ObjectFlags & { filename: string[] }) => {
      const { apply } = await import('./commands/apply.ts');
      await apply(terminal, { dataDir: dataDirOf(program, flags), files: flags.filename, namespace: flags.namespace });
    });
  program
    .command('get <resource> [name]')
    .description('list objects, or show one')
    .option('-n, --namespace <name>', 'the namespace', 'default')
    .option('-A, --all-namespaces', 'of all namespaces', false)
    .option('-l, --selector <labels>', 'only objects with these labels')
    .option('-w, --watch', 'go on with every change', false)
    .addOption(new Option('-o, --output <format>', 'output format').choices(['wide', 'yaml', 'json', 'name']))
    .action(
      async (
        resource: string,
        name: string | undefined,
        flags: ObjectFlags & {
          allNamespaces: boolean;
          selector?: string;
          watch: boolean;
          output?: 'wide' | 'yaml' | 'json' | 'name';
        },
      ) => {
        const { get } = await import('./commands/get.ts');
        await get(terminal, {
          dataDir: dataDirOf(program, flags),
          resource,
          namespace: flags.namespace,
          isAllNamespaces: flags.allNamespaces,
          isWatch: flags.watch,
          ...(name === undefined ? {} : { name }),
          ...(flags.selector === undefined ? {} : { selector: flags.selector }),
          ...(flags.output === undefined ? {} : { output: flags.output }),
        });
      },
    );
  program
    .command('logs <target>')
    .description("print a container's log; the target is a pod, or a workload such as deployment/web")
    .option('-n, --namespace <name>', 'the namespace', 'default')
    .option('-c, --container <name>', 'which container')
    .option('-f, --follow', 'go on with new lines', false)
    .option('-p, --previous', 'of the run before the last restart', false)
    .option('--timestamps', 'with the time of each line', false)
    .option('--tail <lines>', 'only the last lines', positiveInteger)
    .option('--since <seconds>', 'only lines of the last seconds', positiveInteger)
    .action(
      async (
        target: string,
        flags: ObjectFlags & {
          container?: string;
          follow: boolean;
          previous: boolean;
          timestamps: boolean;
          tail?: number;
          since?: number;
        },
      ) => {
        const { logs } = await import('./commands/logs.ts');
        await logs({
          dataDir: dataDirOf(program, flags),
          target,
          namespace: flags.namespace,
          isFollow: flags.follow,
          isPrevious: flags.previous,
          timestamps: flags.timestamps,
          ...(flags.container === undefined ? {} : { container: flags.container }),
          ...(flags.tail === undefined ? {} : { tail: flags.tail }),
          ...(flags.since === undefined ? {} : { sinceSeconds: flags.since }),
        });
      },
    );
}

/** It is written into the kubeconfig and the certificate, so it must be one that clients can connect to. */
function address(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgumentError('it must be an IP address of this host.');
  if (text === '0.0.0.0' || text === '::')
    throw new InvalidArgumentError('name the one address that other hosts reach.');
  return text;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('it must be a whole number above 0.');
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('it must be a whole number.');
}

function syncPeriod(text: string): number {
  const value = Number(text);
  if (value >= 0.1 && value <= 3600) return value;
  throw new InvalidArgumentError('it must be from 0.1 to 3600 seconds.');
}

function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value < 65536) return value;
  throw new InvalidArgumentError('it must be a port between 1 and 65535.');
}
