import { type ImageDetails, type ImageHistory, isRuntimeError, RuntimeError } from './container-runtime.ts';
import { type DockerHistoryStep, type DockerImage, toImage } from './docker-answers.ts';
import type { DockerClient } from './docker-client.ts';

const readTimeoutMs = 30_000;
/** Layers are deleted file by file. */
const removeTimeoutMs = 120_000;

/** See `ImageRuntime.inspectImage`. */
export async function inspectImage(client: DockerClient, reference: string): Promise<ImageDetails | undefined> {
  try {
    const path = `/images/${toPath(reference)}/json`;
    return toImage(await client.json<DockerImage>({ method: 'GET', path, timeoutMs: readTimeoutMs }));
  } catch (error) {
    if (isRuntimeError(error, 'noSuchImage', 'notFound')) return undefined;
    throw error;
  }
}

/** See `ImageRuntime.listImages`. */
export async function listImages(client: DockerClient): Promise<readonly ImageDetails[]> {
  const images = await client.json<DockerImage[]>({ method: 'GET', path: '/images/json', timeoutMs: readTimeoutMs });
  return images.map(toImage);
}

/** See `ImageRuntime.imageHistory`. */
export async function imageHistory(client: DockerClient, reference: string): Promise<ImageHistory | undefined> {
  const path = `/images/${toPath(reference)}`;
  try {
    const [image, steps] = await Promise.all([
      client.json<DockerImage>({ method: 'GET', path: `${path}/json`, timeoutMs: readTimeoutMs }),
      client.json<DockerHistoryStep[]>({ method: 'GET', path: `${path}/history`, timeoutMs: readTimeoutMs }),
    ]);
    return {
      layers: image.RootFS?.Layers ?? [],
      // The engine tells the newest first.
      steps: steps.map(({ CreatedBy, Size }) => ({ createdBy: CreatedBy, sizeBytes: Size })).reverse(),
    };
  } catch (error) {
    if (isRuntimeError(error, 'noSuchImage', 'notFound')) return undefined;
    throw error;
  }
}

/** See `ImageRuntime.removeImage`. */
export async function removeImage(client: DockerClient, reference: string): Promise<void> {
  await client.act({ method: 'DELETE', path: `/images/${toPath(reference)}`, timeoutMs: removeTimeoutMs }, [404]);
}

/** See `ImageRuntime.loadImage`. */
export async function loadImage(client: DockerClient, archive: Buffer): Promise<void> {
  const answer = await client.json<{ errorDetail?: { message?: string } } | undefined>({
    method: 'POST',
    path: '/images/load',
    query: { quiet: true },
    archive,
  });
  const message = answer?.errorDetail?.message;
  if (message !== undefined) throw new RuntimeError('refused', message);
}

/** A reference as part of a path: its slashes stay. */
function toPath(reference: string): string {
  return encodeURI(reference).replace(/[?#]/g, encodeURIComponent);
}
