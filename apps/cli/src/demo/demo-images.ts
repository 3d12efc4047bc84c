import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { pack as createPack, type Pack } from 'tar-stream';
import type { Terminal } from '../output/terminal.ts';
import { isSystemError, messageOf } from '../output/user-error.ts';

/** The files of each image, below the demo's folder; all end up side by side. */
const services: Readonly<Record<string, readonly string[]>> = {
  web: ['lib.mjs', 'web/server.mjs', 'web/page.html'],
  catalog: ['lib.mjs', 'catalog/server.mjs'],
  orders: ['lib.mjs', 'orders/server.mjs'],
  load: ['lib.mjs', 'load/server.mjs'],
};
const demoDir = fileURLToPath(new URL('../../../../examples/demo/', import.meta.url));
const baseImage = 'gantry-demo/node:26';
const digestLabel = 'io.gantry.demo.digest';

/** Whether the demo's images are there now. Without them the demo is left out with one line; the cluster still starts. */
export async function makeDemoImages(terminal: Terminal, docker: Docker): Promise<boolean> {
  try {
    await ensureDemoImages(docker, (text) => terminal.progress(text));
    return true;
  } catch (error) {
    terminal.warn(`the demo is left out, because its images could not be made: ${messageOf(error).split('\n')[0]}`);
    return false;
  }
}

/**
 * Makes the demo's images through the Engine API where they are missing or stale. On Linux from `scratch` plus the
 * Node that runs this and the libraries it links, so that no registry is needed; elsewhere from the public Node image.
 */
export async function ensureDemoImages(docker: Docker, progress: (text: string) => void): Promise<void> {
  const files = process.platform === 'linux' ? await runtimeFiles() : [];
  const base = files.length > 0 ? baseImage : 'node:26-slim';
  if (files.length > 0) await ensureBase(docker, files, progress);
  for (const [name, paths] of Object.entries(services)) {
    const contents = await Promise.all(paths.map((path) => readFile(`${demoDir}${path}`)));
    const digest = createHash('sha256').update(base);
    for (const content of contents) digest.update(content);
    await ensureService(docker, { name, base, paths, contents, digest: digest.digest('hex') }, progress);
  }
}

interface DemoService {
  readonly name: string;
  readonly base: string;
  readonly paths: readonly string[];
  readonly contents: readonly Buffer[];
  readonly digest: string;
}

async function ensureService(
  docker: Docker,
  { name, base, paths, contents, digest }: DemoService,
  progress: (text: string) => void,
): Promise<void> {
  const image = `gantry-demo/${name}:2`;
  if (await hasImage(docker, image, digest)) return;
  progress(`making the image ${image}`);
  const dockerfile = `FROM ${base}\nLABEL ${digestLabel}=${digest}\nCOPY app/ /app/\nUSER 1000\nENTRYPOINT ["node", "/app/server.mjs"]\n`;
  await build(docker, image, dockerfile, async (pack) => {
    for (const [i, path] of paths.entries())
      pack.entry({ name: `app/${basename(path)}`, mode: 0o644 }, contents[i] ?? Buffer.alloc(0));
  });
}

async function ensureBase(
  docker: Docker,
  files: readonly RuntimeFile[],
  progress: (text: string) => void,
): Promise<void> {
  const digest = createHash('sha256')
    .update(files.map((file) => `${file.path} ${file.bytes} ${file.modifiedMs}`).join('\n'))
    .digest('hex');
  if (await hasImage(docker, baseImage, digest)) return;
  progress(`making the image ${baseImage} from the Node that runs this`);
  const dockerfile = `FROM scratch\nLABEL ${digestLabel}=${digest}\nCOPY rootfs/ /\nENV PATH=/bin\n`;
  await build(docker, baseImage, dockerfile, async (pack) => {
    pack.entry({ name: 'rootfs/tmp/', type: 'directory', mode: 0o1777 });
    for (const file of files) await addFile(pack, `rootfs${file.path}`, file);
  });
}

interface RuntimeFile {
  /** Where it belongs in the image. */
  readonly path: string;
  readonly source: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** The Node binary and the shared libraries it links; empty where they cannot be found out (no ldd). */
async function runtimeFiles(): Promise<RuntimeFile[]> {
  const node = await realpath(process.execPath);
  const libraries = await linkedLibraries(node);
  if (libraries.length === 0) return [];
  const file = async (path: string, source: string): Promise<RuntimeFile> => {
    const { size, mtimeMs } = await stat(source);
    return { path, source, bytes: size, modifiedMs: mtimeMs };
  };
  return Promise.all([file('/bin/node', node), ...libraries.map(async (path) => file(path, await realpath(path)))]);
}

async function linkedLibraries(binary: string): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)('ldd', [binary]);
    return stdout.split('\n').flatMap((line) => /(?:=>\s*)?(\/\S+)\s+\(0x/.exec(line)?.[1] ?? []);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

async function hasImage(docker: Docker, image: string, digest: string): Promise<boolean> {
  try {
    return (await docker.getImage(image).inspect()).Config.Labels?.[digestLabel] === digest;
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return false;
    throw error;
  }
}

function addFile(pack: Pack, name: string, file: RuntimeFile): Promise<void> {
  return new Promise((resolve, reject) => {
    const entry = pack.entry({ name, size: file.bytes, mode: 0o755 }, (error) => (error ? reject(error) : resolve()));
    createReadStream(file.source).on('error', reject).pipe(entry);
  });
}

async function build(
  docker: Docker,
  image: string,
  dockerfile: string,
  addContext: (pack: Pack) => Promise<void>,
): Promise<void> {
  const pack = createPack();
  pack.entry({ name: 'Dockerfile' }, dockerfile);
  const filled = addContext(pack).then(() => pack.finalize());
  const output = await docker.buildImage(pack as unknown as NodeJS.ReadableStream, {
    t: image,
    rm: true,
    forcerm: true,
  });
  await filled;
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(output, (error, steps: { error?: string }[] | undefined) => {
      const failed = error?.message ?? steps?.find((step) => step.error)?.error;
      if (failed) reject(new Error(`the image ${image} could not be made: ${failed}`));
      else resolve();
    });
  });
}
