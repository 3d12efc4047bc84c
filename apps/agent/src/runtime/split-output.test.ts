import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { splitOutput } from './split-output.ts';

function frame(stream: number, data: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(data.byteLength, 4);
  return Buffer.concat([head, data]);
}

it('gives each stream its bytes, however the frames are cut', async () => {
  const frames = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.string({ maxLength: 200 })), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(frames, fc.integer({ min: 1, max: 50 }), async (parts, size) => {
      const bytes = Buffer.concat(parts.map(([stream, data]) => frame(stream, Buffer.from(data))));
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const { stdout, stderr } = splitOutput(Readable.from(chunks, { objectMode: false }));
      const [out, err] = await Promise.all([text(stdout), text(stderr)]);
      const expected = (stream: number) => parts.flatMap(([one, data]) => (one === stream ? data : [])).join('');
      expect([out, err]).toEqual([expected(1), expected(2)]);
    }),
    { numRuns: 50 },
  );
});

it('holds the source back while one of the streams is not read', async () => {
  let taken = 0;
  const source = new Readable({
    read() {
      taken += 1;
      setImmediate(() => this.push(frame(1, Buffer.alloc(16 * 1024))));
    },
  });
  const { stdout, stderr } = splitOutput(source);
  stderr.resume();
  for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(taken).toBeLessThan(20);
  stdout.resume();
  await expect.poll(() => taken).toBeGreaterThan(50);
  source.once('error', () => undefined).destroy();
});

it('breaks both streams off with their source', async () => {
  const source = new Readable({ read: () => undefined });
  const { stdout, stderr } = splitOutput(source);
  const both = Promise.allSettled([text(stdout), text(stderr)]);
  source.destroy(new Error('gone'));
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
