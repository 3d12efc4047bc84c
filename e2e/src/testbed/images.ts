import { readFile } from 'node:fs/promises';
import Docker from 'dockerode';
import { pack as createPack } from 'tar-stream';

const busyboxPaths = ['/bin/busybox', '/usr/bin/busybox'];

/**
 * Waits for a signal as PID 1 (which ignores SIGTERM unless it handles it): stops at once and costs nothing meanwhile.
 */
const sleeper = 'trap "exit 0" TERM INT; while :; do sleep 3600 & wait $!; done';

/** Builds `image` from scratch with a static busybox; its default command sleeps until it is stopped. */
export async function buildBusyboxImage(
  docker: Docker,
  image: string,
  command: readonly string[] = ['/bin/sh', '-c', sleeper],
): Promise<void> {
  const dockerfile = [
    'FROM scratch',
    'COPY busybox /bin/busybox',
    'RUN ["/bin/busybox","--install","-s","/bin"]',
    `CMD ${JSON.stringify(command)}`,
  ];
  await buildImage(docker, image, dockerfile.join('\n'), [
    { name: 'busybox', mode: 0o755, content: await readBusybox() },
  ]);
}

export interface ContextFile {
  readonly name: string;
  readonly mode: number;
  readonly content: Buffer | string;
}

/** Builds an image through the Engine API; rejects with the failing step's message. */
export async function buildImage(
  docker: Docker,
  image: string,
  dockerfile: string,
  files: readonly ContextFile[],
): Promise<void> {
  const pack = createPack();
  pack.entry({ name: 'Dockerfile' }, dockerfile);
  for (const { name, mode, content } of files) pack.entry({ name, mode }, content);
  pack.finalize();
  const output = await docker.buildImage(pack as unknown as NodeJS.ReadableStream, {
    t: image,
    rm: true,
    forcerm: true,
  });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(output, (error, steps: { error?: string }[] | undefined) => {
      const failed = error?.message ?? steps?.find((step) => step.error)?.error;
      if (failed) reject(new Error(`image ${image}: ${failed}`));
      else resolve();
    });
  });
}

/** This host's static busybox (Debian's busybox-static). */
export async function readBusybox(): Promise<Buffer> {
  for (const path of busyboxPaths) {
    const content = await readFile(path).catch(() => undefined);
    if (content) return content;
  }
  throw new Error('no busybox on this host: the test tools install busybox-static');
}

/** The engine that the tests use, as the environment names it. */
export function openEngine(): Docker {
  return new Docker();
}

/** Removes images that a test built; what still uses one keeps its layers. */
export async function removeImages(docker: Docker, images: readonly string[]): Promise<void> {
  for (const image of images) {
    // 404: it was never built, or is gone.
    await docker
      .getImage(image)
      .remove({ force: true })
      .catch(() => undefined);
  }
}
