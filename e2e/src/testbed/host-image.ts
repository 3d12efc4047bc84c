import { join } from 'node:path';
import { repositoryRoot, runCommand } from './local-cluster.ts';

/** The program that node pools make their hosts' image with. */
const program = join(repositoryRoot, 'apps/controller/src/node-pools/docker/build-host-image.ts');

/** The name of an image that is a host: a Docker Engine and Node. It is made once for the same content. */
export async function ensureHostImage(): Promise<string> {
  const { code, stdout, stderr } = await runCommand(process.execPath, [program]);
  if (code !== 0) throw new Error(`the image of hosts could not be made (${code}):\n${stderr}`);
  return stdout.trim();
}
