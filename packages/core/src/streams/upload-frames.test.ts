import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { UploadDecoder, UploadEncoder } from './upload-frames.ts';

it('carries bytes and their end, however the connection cuts them', async () => {
  const chunks = [Buffer.from('one'), Buffer.alloc(100_000, 7), Buffer.from('end')];
  const encoded = await buffer(Readable.from(chunks).pipe(new UploadEncoder()));
  for (const size of [1, 3, 4, 5, 70_000, 1_000_000].filter((bytes) => bytes > 2)) {
    const decoder = new UploadDecoder();
    const decoded = buffer(decoder);
    for (let at = 0; at < encoded.length; at += size) decoder.write(encoded.subarray(at, at + size));
    // The connection stays open for the answer.
    expect(await decoded).toEqual(Buffer.concat(chunks));
  }
});

it('fails where the connection ends before the upload does', async () => {
  const decoder = new UploadDecoder();
  const source = new PassThrough();
  source.pipe(decoder);
  source.end(Buffer.from([0, 0, 0, 5, 1, 2]));
  await expect(buffer(decoder)).rejects.toThrow('the upload was cut off');
});
