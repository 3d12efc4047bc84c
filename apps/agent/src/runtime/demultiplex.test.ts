import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Demultiplex } from './demultiplex.ts';

function frame(stream: number, payload: string): Buffer {
  const body = Buffer.from(payload, 'utf8');
  const header = Buffer.alloc(8);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

it('passes on the payloads, however the bytes are cut', async () => {
  const frames = fc.array(fc.record({ stream: fc.constantFrom(1, 2), payload: fc.string() }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(frames, fc.integer({ min: 1, max: 9 }), async (parts, size) => {
      const bytes = Buffer.concat(parts.map(({ stream, payload }) => frame(stream, payload)));
      const chunks: Buffer[] = [];
      for (let start = 0; start < bytes.length; start += size) chunks.push(bytes.subarray(start, start + size));
      const output = await text(Readable.from(chunks).pipe(new Demultiplex()));
      expect(output).toBe(parts.map(({ payload }) => payload).join(''));
    }),
    { numRuns: 50 },
  );
});
