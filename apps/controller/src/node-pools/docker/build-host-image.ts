/**
 * `node build-host-image.ts`: makes the image that hosts are started from, where it is not there, and prints its name. A
 * process of its own, since it reads hundreds of megabytes.
 */
import { openDockerEngine } from './engine-client.ts';
import { ensureHostImage } from './host-image.ts';

try {
  process.stdout.write(`${await ensureHostImage(await openDockerEngine())}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
