import { pipeline, type Readable, Transform } from 'node:stream';
import { isApiError } from '@gantry/api-types';
import { type ImageFacts, type ImageLayersAnswer, transferPaths } from '@gantry/api-types/protocol';
import { uploadProtocol } from '@gantry/core/streams/upload-frames';
import type { ApiConnection } from '../api/api-connection.ts';
import { uploadOver } from '../api/upload.ts';
import type { Terminal } from '../output/terminal.ts';
import { messageOf, UserError } from '../output/user-error.ts';
import type { ImageSource } from './image-source.ts';

/** Uploads at a time: the sender's network is what they share. */
const parallelUploads = 3;
const progressEveryMs = 500;
/** A busy engine with hundreds of images takes a while to name their layers. */
const compareTimeoutMs = 120_000;

interface Target {
  /** Nodes of one engine. */
  readonly nodes: readonly string[];
  readonly answer: ImageLayersAnswer;
}

/**
 * Sends an image to the nodes that lack it, each time only the layers that are not there; nodes that share an engine
 * get it once. Prints what it did for every node; throws `UserError` where some could not be served.
 */
export async function sendImage(
  api: ApiConnection,
  terminal: Terminal,
  source: ImageSource,
  nodes: readonly string[],
): Promise<void> {
  const failures: string[] = [];
  const targets = await findTargets(api, source, { nodes, failures });
  const waiting = [...targets];
  const work = async () => {
    for (let target = waiting.shift(); target; target = waiting.shift()) {
      await serve(api, terminal, source, target).catch((error: unknown) =>
        failures.push(`${target?.nodes.join(', ')}: ${messageOf(error)}`),
      );
    }
  };
  await Promise.all(Array.from({ length: parallelUploads }, work));
  if (failures.length > 0) throw new UserError(`not every node has ${source.reference} now: ${failures.join('; ')}`);
}

async function findTargets(
  api: ApiConnection,
  source: ImageSource,
  { nodes, failures }: { readonly nodes: readonly string[]; readonly failures: string[] },
): Promise<Target[]> {
  const byEngine = new Map<string, Target>();
  const { reference, imageId, layers } = source;
  await Promise.all(
    nodes.map(async (node) => {
      try {
        const answer = await api.json<ImageLayersAnswer>({
          method: 'POST',
          path: transferPaths.imageLayers(node),
          body: { reference, imageId, layers },
          timeoutMs: compareTimeoutMs,
        });
        const others = byEngine.get(answer.engineId)?.nodes ?? [];
        byEngine.set(answer.engineId, { nodes: [...others, node].toSorted(), answer });
      } catch (error) {
        failures.push(`${node}: ${messageOf(error)}`);
      }
    }),
  );
  return [...byEngine.values()];
}

async function serve(api: ApiConnection, terminal: Terminal, source: ImageSource, target: Target): Promise<void> {
  const names = target.nodes.join(', ');
  const { isPresent, engineId, sharedLayers } = target.answer;
  if (isPresent) {
    const why = engineId === source.engineId ? 'it runs on the engine that the image comes from' : 'it is there';
    return terminal.line(`${names}: nothing sent, ${why}`);
  }
  try {
    await upload(api, terminal, source, { ...target, skipLayers: sharedLayers });
  } catch (error) {
    // A layer went away meanwhile, or the engine wants every one of them.
    if (sharedLayers === 0 || !isApiError(error, 'BadRequest')) throw error;
    terminal.warn(`${names}: ${error.message}; sending all layers`);
    await upload(api, terminal, source, { ...target, skipLayers: 0 });
  }
}

async function upload(
  api: ApiConnection,
  terminal: Terminal,
  source: ImageSource,
  target: Target & { readonly skipLayers: number },
): Promise<void> {
  const { nodes, skipLayers } = target;
  const names = nodes.join(', ');
  const [node = ''] = nodes;
  const connection = await api.upgrade(transferPaths.loadImage(node, source.reference), uploadProtocol);
  let sentBytes = 0;
  let toldAt = 0;
  const archive = counted(await source.open(skipLayers), (bytes) => {
    sentBytes += bytes;
    if (Date.now() - toldAt < progressEveryMs) return;
    toldAt = Date.now();
    terminal.progress(`${names}: ${mebibytes(sentBytes)} sent`);
  });
  await uploadOver<ImageFacts>(connection, archive);
  const count = source.layers.length - skipLayers;
  const layers = `${count} of ${source.layers.length} layer${source.layers.length === 1 ? '' : 's'}`;
  terminal.line(`${names}: sent ${mebibytes(sentBytes)} of ${mebibytes(source.sizeBytes)} (${layers})`);
}

function counted(archive: Readable, onBytes: (bytes: number) => void): Readable {
  const counter = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      onBytes(chunk.byteLength);
      done(null, chunk);
    },
  });
  // What breaks reaches whoever reads the counter.
  return pipeline(archive, counter, () => undefined);
}

/** `12.3 MiB`. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
