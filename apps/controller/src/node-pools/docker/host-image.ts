import { execFileSync } from 'node:child_process';
import { pack as createPack, type Pack } from 'tar-stream';
import type { Docker } from './engine-client.ts';
import { bootFile, collectHostFiles, digestOf, missingPrograms, type RootFile } from './host-files.ts';
import { poolHostFile } from './pool-host-program.ts';

const repository = 'gantry-host';
const entrypoint = ['docker-init', '--', '/etc/host-boot'];

/**
 * The name of an image that is a host: a Docker Engine and Node. It is made on the spot, once for the same content. Rejects
 * with what is missing where it can neither be made of this machine's programs nor of public images.
 */
export async function ensureHostImage(docker: Docker): Promise<string> {
  const missing = await missingPrograms();
  if (missing.length === 0) return importHostImage(docker);
  try {
    return await buildOnPublicImages(docker);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `an image for hosts cannot be made: this machine lacks ${missing.join(', ')}, and docker:29-dind and node:26-alpine could not be used instead (${why}); install what is missing, or give the engine a way to a registry`,
      { cause: error },
    );
  }
}

/** From this machine's own programs: needs no registry, and hosts run the engine that the machine runs. */
async function importHostImage(docker: Docker): Promise<string> {
  const files = await collectHostFiles();
  const tag = digestOf(files);
  const image = `${repository}:${tag}`;
  if (await isPresent(docker, image)) return image;
  await removeOlder(docker);
  const changes = [
    'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    `ENTRYPOINT ${JSON.stringify(entrypoint)}`,
  ];
  const pack = createPack();
  const writing = writeRootFilesystem(pack, files);
  const options = { repo: repository, tag, changes };
  const [output] = await Promise.all([docker.importImage(pack as unknown as NodeJS.ReadableStream, options), writing]);
  await untilDone(docker, output, image);
  return image;
}

/**
 * Where the engine is elsewhere (Docker Desktop, a remote one) and a registry can be reached: Docker's own image with
 * Node of the public one.
 */
async function buildOnPublicImages(docker: Docker): Promise<string> {
  const image = `${repository}:public`;
  const dockerfile = [
    'FROM node:26-alpine AS node',
    'FROM docker:29-dind',
    'RUN apk add --no-cache libstdc++ nftables iproute2 util-linux-misc',
    'COPY --from=node /usr/local/bin/node /usr/bin/node',
    'COPY host-boot pool-host /etc/',
    `ENTRYPOINT ${JSON.stringify(entrypoint)}`,
    'CMD []',
  ];
  const pack = createPack();
  pack.entry({ name: 'Dockerfile' }, dockerfile.join('\n'));
  pack.entry({ name: 'host-boot', mode: bootFile.mode }, bootFile.content);
  pack.entry({ name: 'pool-host', mode: poolHostFile.mode }, poolHostFile.content);
  pack.finalize();
  const options = { t: image, rm: true, forcerm: true };
  await untilDone(docker, await docker.buildImage(pack as unknown as NodeJS.ReadableStream, options), image);
  return image;
}

function untilDone(docker: Docker, output: NodeJS.ReadableStream, image: string): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(output, (error, steps: { error?: string }[] | undefined) => {
      const failed = error?.message ?? steps?.find((step) => step.error)?.error;
      if (failed) reject(new Error(`image ${image}: ${failed}`));
      else resolve();
    });
  });
}

async function writeRootFilesystem(pack: Pack, files: readonly RootFile[]): Promise<void> {
  for (const dir of ['bin', 'dev', 'etc', 'proc', 'root', 'run', 'sys', 'tmp', 'usr/bin', 'var/lib', 'var/log'])
    pack.entry({ name: dir, type: 'directory', mode: dir === 'tmp' ? 0o1777 : 0o755 });
  pack.entry({ name: 'var/run', type: 'symlink', linkname: '../run' });
  const present = new Set(files.map(({ path }) => path));
  for (const applet of busyboxApplets())
    if (!present.has(`usr/bin/${applet}`))
      pack.entry({ name: `bin/${applet}`, type: 'symlink', linkname: '../usr/bin/busybox' });
  for (const { path, mode, content } of files) {
    await new Promise<void>((resolve, reject) => {
      pack.entry({ name: path, mode }, content, (error) => (error ? reject(error) : resolve()));
    });
  }
  pack.finalize();
}

function busyboxApplets(): string[] {
  return execFileSync('busybox', ['--list'], { encoding: 'utf8' }).split('\n').filter(Boolean);
}

async function isPresent(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect();
    return true;
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return false;
    throw error;
  }
}

/** Hundreds of megabytes each: only the newest is kept. */
async function removeOlder(docker: Docker): Promise<void> {
  for (const { RepoTags } of await docker.listImages({ filters: { reference: [repository] } })) {
    for (const tag of RepoTags ?? [])
      await docker
        .getImage(tag)
        .remove()
        // A host still uses it.
        .catch(() => undefined);
  }
}
