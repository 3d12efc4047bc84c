import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { countSharedLayers, indexImageArchive, layerBytesFrom, withoutLayers } from './image-archive.ts';
import { TarSieve } from './tar-sieve.ts';

interface File {
  readonly name: string;
  readonly content?: string;
  readonly link?: string;
  readonly type?: string;
}

function octal(value: number, length: number): string {
  return `${value.toString(8).padStart(length - 1, '0')}\0`;
}

/** A ustar archive of the files. */
function tar(files: readonly File[]): Buffer {
  const blocks = files.flatMap(({ name, content = '', link = '', type = link ? '2' : '0' }) => {
    const header = Buffer.alloc(512);
    const body = Buffer.from(content);
    header.write(name, 0);
    header.write(octal(0o644, 8), 100);
    header.write(octal(body.length, 12), 124);
    header.write(type, 156);
    header.write(link, 157);
    header.write('ustar\0', 257);
    return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** As the archive comes in over a connection: in pieces of any size. */
function stream(archive: Buffer, pieceBytes = 700): Readable {
  const pieces: Buffer[] = [];
  for (let at = 0; at < archive.length; at += pieceBytes) pieces.push(archive.subarray(at, at + pieceBytes));
  return Readable.from(pieces, { objectMode: false });
}

async function namesIn(archive: Buffer): Promise<string[]> {
  const names: string[] = [];
  await buffer(stream(archive).pipe(new TarSieve(({ name }) => names.push(name) > 0)));
  return names;
}

const layers = ['a/layer.tar', 'b/layer.tar', 'c/layer.tar'];
const manifest = JSON.stringify([{ Config: 'config.json', RepoTags: ['x:1'], Layers: layers }]);
const image: readonly File[] = [
  { name: 'config.json', content: '{}' },
  { name: 'a/', type: '5' },
  { name: 'a/layer.tar', content: 'A'.repeat(2000) },
  { name: 'b/layer.tar', content: 'B'.repeat(700) },
  { name: 'c/layer.tar', content: 'C'.repeat(10) },
  { name: 'manifest.json', content: manifest },
];

it.each([1, 511, 512, 513, 100_000])('keeps entries byte for byte in pieces of %i bytes', async (pieceBytes) => {
  const all = await buffer(stream(tar(image), pieceBytes).pipe(new TarSieve(() => true)));
  expect(all).toEqual(tar(image));
  const some = await buffer(stream(tar(image), pieceBytes).pipe(new TarSieve(({ name }) => !name.startsWith('a/'))));
  expect(some).toEqual(tar(image.filter(({ name }) => !name.startsWith('a/'))));
});

it('drops the header of a long name with its entry', async () => {
  const long = `${'d/'.repeat(80)}layer.tar`;
  const record = (text: string) => `${text.length + 4} ${text}\n`;
  const files: File[] = [
    { name: '././@LongLink', type: 'L', content: `${long}\0` },
    { name: 'cut', content: '1' },
    { name: 'pax', type: 'x', content: record(`path=${long}2`) },
    { name: 'cut', content: '2' },
  ];
  const names: string[] = [];
  const kept = await buffer(stream(tar(files)).pipe(new TarSieve(({ name }) => names.push(name) > 1)));
  expect(names).toEqual([long, `${long}2`]);
  expect(kept).toEqual(tar(files.slice(2)));
});

it('fails on what is cut off or no archive', async () => {
  await expect(buffer(stream(tar(image).subarray(0, 1500)).pipe(new TarSieve(() => true)))).rejects.toThrow('ends in');
  await expect(buffer(stream(Buffer.alloc(512, 'z')).pipe(new TarSieve(() => true)))).rejects.toThrow('tar archive');
  await expect(indexImageArchive(stream(tar([])))).rejects.toThrow('no manifest.json');
});

it('leaves out the layers that an engine has', async () => {
  const index = await indexImageArchive(stream(tar(image)));
  expect(index.layerFiles).toEqual(layers);
  expect([0, 1, 2, 3].map((skip) => layerBytesFrom(index, skip))).toEqual([2710, 710, 10, 0]);
  const sent = await buffer(stream(tar(image)).pipe(withoutLayers(index, 2)));
  expect(await namesIn(sent)).toEqual(['config.json', 'a/', 'c/layer.tar', 'manifest.json']);
});

it('keeps the file of a layer to which a later one is a link', async () => {
  const linked = image.map((file) =>
    file.name === 'c/layer.tar' ? { name: file.name, link: '../a/layer.tar' } : file,
  );
  const index = await indexImageArchive(stream(tar(linked)));
  const sent = await buffer(stream(tar(linked)).pipe(withoutLayers(index, 2)));
  expect(await namesIn(sent)).toEqual(['config.json', 'a/', 'a/layer.tar', 'c/layer.tar', 'manifest.json']);
});

it('counts the layers from the lowest on that some image has', () => {
  expect(countSharedLayers(['a', 'b', 'c'], [['a'], ['b', 'c'], ['a', 'b', 'x']])).toBe(2);
  expect(countSharedLayers(['a', 'b', 'c'], [['a', 'b', 'c', 'd']])).toBe(3);
  expect(countSharedLayers(['a', 'b'], [])).toBe(0);
});
