import type { Readable } from 'node:stream';
import { type ImageFacts, transferPaths } from '@gantry/api-types/protocol';
import { type ImageArchiveIndex, indexImageArchive, withoutLayers } from '@gantry/core/streams/image-archive';
import type Docker from 'dockerode';
import type { ApiConnection } from '../api/api-connection.ts';
import { UserError } from '../output/user-error.ts';

/** Where an image is sent from. */
export interface ImageSource extends ImageFacts {
  /** Its archive, without the contents of the lowest layers. */
  open(skipLayers: number): Promise<Readable>;
}

/** An image of the local engine. Throws `UserError` where there is none of that name. */
export async function localImage(docker: Docker, reference: string): Promise<ImageSource> {
  const image = docker.getImage(reference);
  const [found, info] = await Promise.all([
    image.inspect().catch((error: unknown) => {
      throw new UserError(`there is no image ${reference} on the local Docker Engine: build or pull it first`, {
        cause: error,
      });
    }),
    docker.info() as Promise<{ ID: string }>,
  ]);
  if (!reference.includes(':') && !(found.RepoTags ?? []).some((tag) => tag.startsWith(`${reference}:`))) {
    throw new UserError(`${reference} is an id: name the image by its name, under which nodes will have it`);
  }
  let index: Promise<ImageArchiveIndex> | undefined;
  return {
    engineId: info.ID,
    reference,
    imageId: found.Id,
    layers: found.RootFS.Layers ?? [],
    sizeBytes: found.Size,
    open: async (skipLayers) => {
      if (skipLayers === 0) return (await image.get()) as Readable;
      index ??= image.get().then((archive) => indexImageArchive(archive as Readable));
      const sieve = withoutLayers(await index, skipLayers);
      const archive = (await image.get()) as Readable;
      archive.on('error', (error) => sieve.destroy(error));
      sieve.on('close', () => archive.destroy());
      return archive.pipe(sieve);
    },
  };
}

/** An image of a node, which leaves the layers out itself. */
export function nodeImage(api: ApiConnection, node: string, facts: ImageFacts): ImageSource {
  const timeoutMs = 30 * 60_000;
  return {
    ...facts,
    open: (skipLayers) =>
      api.open({ path: transferPaths.saveImage(node, facts.reference, skipLayers), accept: '*/*', timeoutMs }),
  };
}
