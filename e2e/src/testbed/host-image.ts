import { execFileSync } from 'node:child_process';
import type Docker from 'dockerode';
import { pack as createPack, type Pack } from 'tar-stream';
import { bootFile, collectHostFiles, digestOf, hasEnginePrograms, type RootFile } from './host-files.ts';
import { buildImage } from './images.ts';

const repository = 'gantry-e2e-host';
const entrypoint = ['docker-init', '--', '/etc/host-boot'];

/** The name of an image that is a host: a Docker Engine and Node. It is made once for the same content. */
export async function ensureHostImage(docker: Docker): Promise<string> {
  return (await hasEnginePrograms()) ? importHostImage(docker) : buildOnPublicImages(docker);
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
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(output, (error, steps: { error?: string }[] | undefined) => {
      const failed = error?.message ?? steps?.find((step) => step.error)?.error;
      if (failed) reject(new Error(`image ${image}: ${failed}`));
      else resolve();
    });
  });
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
    'COPY host-boot /etc/host-boot',
    `ENTRYPOINT ${JSON.stringify(entrypoint)}`,
    'CMD []',
  ];
  await buildImage(docker, image, dockerfile.join('\n'), [
    { name: 'host-boot', mode: bootFile.mode, content: bootFile.content },
  ]);
  return image;
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
        // A container of another test run still uses it.
        .catch(() => undefined);
  }
}
