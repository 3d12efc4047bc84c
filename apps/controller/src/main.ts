import { pino } from 'pino';
import { startController } from './app.ts';
import { parseConfig } from './config.ts';

const logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });

try {
  const config = parseConfig(process.argv.slice(2));
  logger.level = config.logLevel;
  const controller = await startController(config, logger);
  logger.info({ server: controller.server, dataDir: config.dataDir }, 'the controller answers');
  let isStopping = false;
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (isStopping) return;
      isStopping = true;
      controller.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'the controller did not stop cleanly');
          process.exit(1);
        },
      );
    });
  }
} catch (error) {
  logger.fatal({ err: error }, 'the controller could not start');
  process.exitCode = 1;
}
