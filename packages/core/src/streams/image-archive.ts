import { finished, type Readable } from 'node:stream';
import { type TarEntry, TarSieve } from './tar-sieve.ts';

/** What an archive of `docker save` holds of one image. */
export interface ImageArchiveIndex {
  /** The files of the layers, the lowest first. */
  readonly layerFiles: readonly string[];
  /** Sizes of all files, by name. */
  readonly fileBytes: ReadonlyMap<string, number>;
  /** Where links point: of layers that are there twice, only one is a file. */
  readonly links: ReadonlyMap<string, string>;
}

/** How many of the wanted layers, from the lowest on, one of the images has: an engine needs no other copy of these. */
export function countSharedLayers(wanted: readonly string[], images: Iterable<readonly string[]>): number {
  let shared = 0;
  for (const layers of images) {
    let count = 0;
    while (count < wanted.length && wanted[count] === layers[count]) count += 1;
    shared = Math.max(shared, count);
  }
  return shared;
}

/** Reads an archive of one image through to its end and tells what is in it. */
export async function indexImageArchive(archive: Readable): Promise<ImageArchiveIndex> {
  const fileBytes = new Map<string, number>();
  const links = new Map<string, string>();
  const sieve = new TarSieve((entry) => {
    fileBytes.set(entry.name, entry.sizeBytes);
    if (entry.isLink) links.set(entry.name, resolveLink(entry.name, entry.linkName));
    return entry.name === 'manifest.json';
  });
  finished(archive, (error) => error && sieve.destroy(error));
  const chunks: Buffer[] = [];
  for await (const chunk of archive.pipe(sieve)) chunks.push(chunk as Buffer);
  const size = fileBytes.get('manifest.json');
  if (size === undefined) throw new Error('the archive of the image has no manifest.json');
  const manifest = JSON.parse(lastFile(Buffer.concat(chunks), size)) as readonly { readonly Layers: string[] }[];
  const [image, ...others] = manifest;
  if (!image || others.length > 0) throw new Error(`the archive holds ${manifest.length} images instead of one`);
  return { layerFiles: image.Layers, fileBytes, links };
}

/** A link's target as the archive names it: `a/layer.tar` for `../a/layer.tar` in `c/layer.tar`. */
function resolveLink(name: string, target: string): string {
  const parts = name.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

/** The contents of the one file of an archive: they follow its last header. */
function lastFile(archive: Buffer, size: number): string {
  const end = archive.byteLength;
  for (let start = 512; start < end; start += 512) {
    const text = archive.toString('utf8', start, start + size);
    if (text.startsWith('[')) return text;
  }
  throw new Error('the archive of the image has an empty manifest.json');
}

/** Leaves the contents of the first `skipLayers` layers out of an archive, as for an engine that has them. */
export function withoutLayers(index: ImageArchiveIndex, skipLayers: number): TarSieve {
  const skipped = skippedFiles(index, skipLayers);
  return new TarSieve((entry: TarEntry) => !skipped.has(entry.name));
}

/** The bytes of layers that are sent where the first `skipLayers` are not. */
export function layerBytesFrom(index: ImageArchiveIndex, skipLayers: number): number {
  const skipped = skippedFiles(index, skipLayers);
  const sent = new Set(index.layerFiles.filter((file) => !skipped.has(file)));
  return [...sent].reduce((total, file) => total + (index.fileBytes.get(file) ?? 0), 0);
}

function skippedFiles({ layerFiles, links }: ImageArchiveIndex, skipLayers: number): ReadonlySet<string> {
  const needed = new Set<string>();
  for (const file of layerFiles.slice(skipLayers)) {
    for (let name: string | undefined = file; name !== undefined && !needed.has(name); name = links.get(name)) {
      needed.add(name);
    }
  }
  return new Set(layerFiles.slice(0, skipLayers).filter((file) => !needed.has(file)));
}
