import { createInterface } from 'node:readline';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { isRuntimeError, RuntimeError } from './container-runtime.ts';
import { DockerClient, type EngineAddress } from './docker-client.ts';
import type { ImageTransferRuntime, LayeredImage } from './image-transfer.ts';

interface ImageAnswer {
  readonly Id: string;
  readonly Size: number;
  readonly RootFS?: { readonly Layers?: readonly string[] | null };
}

/** An archive comes at the pace of the slowest network; whoever sends it has time limits of his own. */
const transferTimeoutMs = 6 * 3_600_000;
/** Files are copied: for a large container that takes a while. */
const commitTimeoutMs = 30 * 60_000;
const parallelInspections = 8;

/** See {@link ImageTransferRuntime}; Docker Engine 20.10 and later. */
export class DockerImageTransfer implements ImageTransferRuntime {
  readonly #client: DockerClient;

  constructor(address: EngineAddress = {}) {
    this.#client = new DockerClient(address);
  }

  async engineId(): Promise<string> {
    return (await this.#client.json<{ ID: string }>({ method: 'GET', path: '/info', timeoutMs: 30_000 })).ID;
  }

  async imageLayers(reference: string): Promise<LayeredImage | undefined> {
    try {
      const path = `/images/${encodeURI(reference).replace(/[?#]/g, encodeURIComponent)}/json`;
      const answer = await this.#client.json<ImageAnswer>({ method: 'GET', path, timeoutMs: 30_000 });
      return { id: answer.Id, layers: answer.RootFS?.Layers ?? [], sizeBytes: answer.Size };
    } catch (error) {
      if (isRuntimeError(error, 'noSuchImage', 'notFound')) return undefined;
      throw error;
    }
  }

  async allImageLayers(): Promise<readonly (readonly string[])[]> {
    const query = { all: true };
    const images = await this.#client.json<{ Id: string }[]>({ method: 'GET', path: '/images/json', query });
    const ids = images.map(({ Id }) => Id);
    const layers: (readonly string[])[] = [];
    while (ids.length > 0) {
      const some = await Promise.all(ids.splice(0, parallelInspections).map((id) => this.imageLayers(id)));
      layers.push(...some.flatMap((image) => (image ? [image.layers] : [])));
    }
    return layers;
  }

  async saveImage(reference: string, signal: AbortSignal): Promise<Readable> {
    const path = '/images/get';
    const query = { names: reference };
    return this.#client.stream({ method: 'GET', path, query, timeoutMs: commitTimeoutMs, signal });
  }

  async loadImage(archive: Readable, signal: AbortSignal): Promise<void> {
    const broken = new AbortController();
    // An archive that breaks off must not look like one that ended.
    const body = pipeline(archive, new PassThrough(), (error) => error && broken.abort());
    const answer = await this.#client.stream({
      method: 'POST',
      path: '/images/load',
      archive: body,
      timeoutMs: transferTimeoutMs,
      signal: AbortSignal.any([signal, broken.signal]),
    });
    for await (const line of createInterface({ input: answer })) {
      const problem = problemIn(line);
      if (problem !== undefined) throw new RuntimeError('refused', problem);
    }
  }

  async commitContainer(id: string, reference: string): Promise<void> {
    const colon = reference.lastIndexOf(':');
    const hasTag = colon > reference.lastIndexOf('/');
    const repo = hasTag ? reference.slice(0, colon) : reference;
    const tag = hasTag ? reference.slice(colon + 1) : 'latest';
    const query = { container: id, repo, tag, pause: true };
    const { Config } = await this.#client.json<{ Config: { Labels?: Record<string, string> | null } }>({
      method: 'GET',
      path: `/containers/${id}/json`,
    });
    // A container made of the image would pass for one of the pod's. The engine can empty a label, not take it off.
    const own = Object.keys(Config.Labels ?? {}).filter((name) => /^io\.(gantry|kubernetes)\./.test(name));
    const body = { Labels: Object.fromEntries(own.map((name) => [name, ''])) };
    await this.#client.json({ method: 'POST', path: '/commit', query, body, timeoutMs: commitTimeoutMs });
  }
}

function problemIn(line: string): string | undefined {
  try {
    const message: unknown = JSON.parse(line);
    return typeof message === 'object' && message !== null && 'error' in message ? String(message.error) : undefined;
  } catch {
    // Progress that is no JSON says nothing of a failure.
    return undefined;
  }
}
