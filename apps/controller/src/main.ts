import { writeSync } from 'node:fs';
import { lossyLogDestination } from '@gantry/core/lib/log-destination';
import { pino } from 'pino';
import { startController } from './app.ts';
import { parseConfig } from './config.ts';
import { explainStartFailure } from './start-failure.ts';

const stopLimitMs = 10_000;
const logger = pino(
  { base: null, timestamp: pino.stdTimeFunctions.isoTime },
  lossyLogDestination((line) => writeSync(1, line)),
);

try {
  const config = parseConfig(process.argv.slice(2));
  logger.level = config.logLevel;
  const controller = await startController(config, logger);
  logger.info({ server: controller.server, dataDir: config.dataDir }, 'the controller answers');
  let isStopping = false;
  const stop = async () => {
    // A client that does not let go must not keep it: everything acknowledged is on the disk.
    setTimeout(() => process.exit(1), stopLimitMs).unref();
    await controller.stop();
  };
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (isStopping) return;
      isStopping = true;
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'the controller did not stop cleanly');
          process.exit(1);
        },
      );
    });
  }
} catch (error) {
  logger.fatal({ err: error }, explainStartFailure(error));
  // Whatever was begun must not keep a process alive that serves nothing.
  process.exit(1);
}
