import { setPriority } from 'node:os';
import { pino } from 'pino';
import { startAgent } from './app.ts';
import { parseConfig } from './config.ts';

const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });

try {
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
} catch (error) {
  logger.fatal({ err: error }, 'the agent could not start');
  process.exitCode = 1;
}

/** Heartbeats must get through while the node's pods use every cpu; without the right to it things go on as they are. */
function preferAgent(): void {
  try {
    setPriority(-10);
  } catch {
    // Not root.
  }
}
