import { createHash } from 'node:crypto';
import type { ImageInspection, ImageLayer } from '@gantry/api-types';
import type { ImageHistory } from '../runtime/container-runtime.ts';

const maxCreatedBy = 200;
const maxNames = 10;

/** An image and what is known of its layers. */
export interface LayeredImage {
  readonly id: string;
  readonly names: readonly string[];
  readonly sizeBytes: number;
  readonly layers: readonly SizedLayer[];
}

export interface SizedLayer {
  readonly diffId: string;
  /**
   * Stands for the layer and all below it: two images lie on the same files only where these are equal, as the engine
   * unpacks the same archive again above another base.
   */
  readonly chain: string;
  readonly sizeBytes?: number;
  readonly createdBy?: string;
}

/**
 * Sizes and instructions of the layers, from the image's history: that has steps without a layer too, and does not say
 * which. A step of a size has one; of the others, those whose instruction can change files, where the number then fits.
 * Without sizes where it does not. Pure.
 */
export function sizeLayers({ layers, steps }: ImageHistory): readonly SizedLayer[] {
  const sized = steps.filter(({ sizeBytes }) => sizeBytes > 0);
  const changing = steps.filter(({ sizeBytes, createdBy }) => sizeBytes > 0 || !isMetadata(createdBy));
  const matching = [sized, changing, steps].find(({ length }) => length === layers.length);
  let chain = '';
  return layers.map((diffId, index) => {
    chain = createHash('sha256').update(`${chain} ${diffId}`).digest('hex');
    const step = matching?.[index];
    if (!step) return { diffId, chain };
    const createdBy = withoutArguments(step.createdBy);
    return { diffId, chain, sizeBytes: step.sizeBytes, ...(createdBy === '' ? {} : { createdBy }) };
  });
}

const metadataInstructions =
  /^(ENV|LABEL|CMD|ENTRYPOINT|EXPOSE|USER|VOLUME|ARG|MAINTAINER|STOPSIGNAL|HEALTHCHECK|SHELL|ONBUILD)\b/;

function isMetadata(createdBy: string): boolean {
  return metadataInstructions.test(createdBy.replace(/^\/bin\/sh -c #\(nop\)\s*/, ''));
}

/** Build arguments are in the history too, and people pass passwords in them. */
function withoutArguments(createdBy: string): string {
  const bare = createdBy.replace(/^\/bin\/sh -c #\(nop\)\s*/, '').trim();
  const argumentsAt = bare.search(/\|\d+ /);
  if (argumentsAt < 0) return bare.slice(0, maxCreatedBy);
  const shellAt = bare.indexOf('/bin/sh -c ', argumentsAt);
  const command = shellAt < 0 ? '' : bare.slice(shellAt);
  return `${bare.slice(0, argumentsAt)}${command}`.trim().slice(0, maxCreatedBy);
}

/** Which layers of the image other images lie on too. Pure. */
export function shareLayers(image: LayeredImage, all: readonly LayeredImage[]): ImageInspection {
  const others = all.filter(({ id }) => id !== image.id);
  const chains = others.map((other) => ({ other, chains: new Set(other.layers.map(({ chain }) => chain)) }));
  const layers = image.layers.map(({ chain, ...layer }): ImageLayer => {
    const sharers = chains.flatMap((each) => (each.chains.has(chain) ? [each.other] : []));
    return { ...layer, sharedCount: sharers.length, sharedWith: sharers.slice(0, maxNames).map(nameOf) };
  });
  const { id, names, sizeBytes } = image;
  return { id, names, sizeBytes, layers };
}

function nameOf({ id, names }: LayeredImage): string {
  return names[0] ?? id.replace('sha256:', '').slice(0, 12);
}

/**
 * What the images would take if each had its layers for itself, less what they take; layers whose size is not known are
 * left out. Undefined where that is every one. Pure.
 */
export function savedBytes(images: readonly LayeredImage[]): number | undefined {
  const seen = new Set<string>();
  let saved: number | undefined;
  for (const { layers } of images) {
    for (const { chain, sizeBytes } of layers) {
      if (sizeBytes === undefined) continue;
      saved = (saved ?? 0) + (seen.has(chain) ? sizeBytes : 0);
      seen.add(chain);
    }
  }
  return saved;
}
