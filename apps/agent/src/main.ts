import { writeSync } from 'node:fs';
import { setPriority } from 'node:os';
import { lossyLogDestination } from '@gantry/core/lib/log-destination';
import { pino } from 'pino';

const logger = pino(
  { base: null, timestamp: pino.stdTimeFunctions.isoTime },
  lossyLogDestination((line) => writeSync(1, line)),
);

// Each way to run loads what it needs alone: the proxy's process is a third of the agent's.
switch (process.argv[2]) {
  case 'remove':
    await remove();
    break;
  case 'leave':
    await leave();
    break;
  case 'ingress':
    (await import('./ingress/ingress-main.ts')).runIngress();
    break;
  default:
    await run();
}

/** `main.ts remove …`: what is left of a node whose agent has stopped. */
async function remove(): Promise<void> {
  try {
    const { parseRemoveConfig } = await import('./config.ts');
    const { removeNodeResources } = await import('./node/remove-node-resources.ts');
    const { DockerRuntime } = await import('./runtime/docker-runtime.ts');
    const config = parseRemoveConfig(process.argv.slice(3));
    await removeNodeResources({ ...config, runtime: new DockerRuntime() });
  } catch (error) {
    logger.fatal({ err: error }, 'the node could not be removed');
    process.exitCode = 1;
  }
}

/** `main.ts leave --data-dir DIR`: undoes the join of a host whose agent has stopped. */
async function leave(): Promise<void> {
  try {
    const { parseLeaveConfig } = await import('./config.ts');
    const { leaveAndRemove } = await import('./node/leave.ts');
    const { DockerRuntime } = await import('./runtime/docker-runtime.ts');
    const { removeNodeResources } = await import('./node/remove-node-resources.ts');
    const { leaveCluster } = await import('./session/join.ts');
    const runtime = new DockerRuntime();
    const nodeName = await leaveAndRemove(parseLeaveConfig(process.argv.slice(3)), {
      leave: leaveCluster,
      remove: (what) => removeNodeResources({ ...what, runtime }),
    });
    logger.info({ node: nodeName }, 'this host has left its cluster');
  } catch (error) {
    logger.fatal({ err: error }, 'this host could not leave its cluster');
    process.exitCode = 1;
  }
}

async function run(): Promise<void> {
  try {
    await startUntilSignal();
  } catch (error) {
    logger.fatal({ err: error }, 'the agent could not start');
    // Whatever was begun (an engine request, a retry) must not keep a process alive that is no agent.
    process.exit(1);
  }
}

async function startUntilSignal(): Promise<void> {
  const [{ startAgent }, { parseConfig }] = await Promise.all([import('./app.ts'), import('./config.ts')]);
  const config = parseConfig(process.argv.slice(2), process.env);
  logger.level = config.logLevel;
  preferAgent();
  const agent = await startAgent(config, logger.child({ node: config.nodeName }));
  let isStopping = false;
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (isStopping) return;
      isStopping = true;
      agent.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'the agent did not stop cleanly');
          process.exit(1);
        },
      );
    });
  }
}

/** Heartbeats must get through while the node's pods use every cpu; without the right to it things go on as they are. */
function preferAgent(): void {
  try {
    setPriority(-10);
  } catch {
    // Not root.
  }
}
