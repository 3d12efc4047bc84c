import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { ApiError } from '@gantry/api-types';
import { encodeStreamData, type StreamRequest, streamLimits } from '@gantry/api-types/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { linkStreams } from '../testing/linked-streams.ts';

const pod = { namespace: 'default', name: 'web', uid: 'uid-1' };
const request: StreamRequest = { kind: 'portForward', pod, port: 80 };
const never = new AbortController().signal;
const chunk = Buffer.alloc(16 * 1024, 'x');

/** Lets everything that is under way go as far as it can. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Unlike `for await`, which destroys a duplex after its last chunk, leaves the other direction alone. */
async function readAll(source: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  source.on('data', (data: Buffer) => chunks.push(data));
  await once(source, 'end');
  return Buffer.concat(chunks);
}

/** Data bytes among what was sent. */
function dataBytes(frames: readonly unknown[]): number {
  return frames.reduce<number>((sum, frame) => sum + (frame instanceof Uint8Array ? frame.byteLength - 5 : 0), 0);
}

describe('streams', () => {
  it('carry bytes both ways, whatever the chunks, and end each direction by itself', async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 100_000 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(chunks, chunks, async (there, back) => {
        let received: Buffer = Buffer.alloc(0);
        const { opener } = linkStreams(async (_request, stream) => {
          stream.accept();
          received = await readAll(stream.channel(0));
          Readable.from(back).pipe(stream.channel(0));
          await once(stream.channel(0), 'finish');
        });
        const stream = await opener.open(request, never);
        const answer = readAll(stream.channel(0));
        Readable.from(there).pipe(stream.channel(0));
        expect(Buffer.compare(await answer, Buffer.concat(back))).toBe(0);
        expect(Buffer.compare(received, Buffer.concat(there))).toBe(0);
        expect(await stream.ended).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });

  it('hold a writer back while nobody reads, in either direction', async () => {
    const forever = async function* () {
      for (;;) yield chunk;
    };
    const { opener, toAcceptor, toOpener } = linkStreams(async (_request, stream) => {
      stream.accept();
      await pipeline(Readable.from(forever()), stream.channel(1));
    });
    const stream = await opener.open(request, never);
    const writing = pipeline(Readable.from(forever()), stream.channel(0)).catch(() => 'broken off');
    await settle();
    expect(dataBytes(toAcceptor)).toBeLessThanOrEqual(streamLimits.windowBytes);
    expect(dataBytes(toOpener)).toBeLessThanOrEqual(streamLimits.windowBytes);
    expect(dataBytes(toOpener)).toBeGreaterThan(0);
    stream.close();
    expect(await writing).toBe('broken off');
    await settle();
    const [sent] = [dataBytes(toOpener)];
    await settle();
    expect(dataBytes(toOpener)).toBe(sent);
  });

  it('do not wait for one another', async () => {
    const { opener } = linkStreams(async (_request, stream) => {
      stream.accept();
      await pipeline(Readable.from([Buffer.alloc(4 * 1024 * 1024)]), stream.channel(1));
    });
    const stuck = await opener.open(request, never);
    stuck.channel(1).pause();
    const quick = await opener.open(request, never);
    expect((await buffer(quick.channel(1))).byteLength).toBe(4 * 1024 * 1024);
    // Nor do the channels of one stream.
    stuck.close();
  });

  it('deliver what was sent before a stream ended, then the end', async () => {
    const { opener } = linkStreams(async (_request, stream) => {
      stream.channel(1).write('out');
      stream.channel(3).write('status');
    });
    const stream = await opener.open(request, never);
    await stream.ended;
    expect([await text(stream.channel(1)), await text(stream.channel(3))]).toEqual(['out', 'status']);
    expect(await text(stream.channel(2))).toBe('');
    // Nobody is there to take it, which is no error.
    await new Promise((resolve) => stream.channel(0).write('late', resolve));
  });

  it('pass refusals on, and hide failures that are not for clients', async () => {
    const errors = [new ApiError('BadRequest', 'no such container'), new Error('secret')];
    const { opener } = linkStreams(async () => {
      throw errors.shift();
    });
    const first = opener.open(request, never);
    await expect(first).rejects.toMatchObject({ reason: 'BadRequest', message: 'no such container' });
    const second = await opener.open(request, never).catch((error: unknown) => error);
    expect(second).toMatchObject({ reason: 'InternalError' });
    expect(String(second)).not.toContain('secret');
  });

  it('break off with the error of the handler', async () => {
    const { opener } = linkStreams(async (_request, stream) => {
      stream.accept();
      throw new ApiError('NotFound', 'the container is gone');
    });
    const stream = await opener.open(request, never);
    const [error] = await once(stream.channel(1), 'error');
    expect(error).toMatchObject({ reason: 'NotFound' });
    expect(await stream.ended).toMatchObject({ reason: 'NotFound' });
  });

  it('tell the handler that the reader has gone', async () => {
    const gone = Promise.withResolvers<void>();
    const { opener } = linkStreams(async (_request, stream) => {
      stream.accept();
      stream.signal.addEventListener('abort', () => gone.resolve());
      await gone.promise;
    });
    const abort = new AbortController();
    const stream = await opener.open(request, abort.signal);
    abort.abort();
    await gone.promise;
    expect(await stream.ended).toBeDefined();
  });

  it('are given up where the peer does not answer', async () => {
    const clock = new FakeClock();
    const { opener, toAcceptor } = linkStreams(() => new Promise(() => undefined), clock);
    const opening = opener.open(request, never);
    const refused = expect(opening).rejects.toMatchObject({ reason: 'Timeout' });
    await settle();
    clock.advance(15_000);
    await refused;
    expect(toAcceptor.at(-1)).toMatchObject({ type: 'closeStream' });
  });

  it('break off with their connection, on both sides', async () => {
    const gone = Promise.withResolvers<void>();
    const { opener, acceptor } = linkStreams(async (_request, stream) => {
      stream.accept();
      stream.signal.addEventListener('abort', () => gone.resolve());
      await gone.promise;
    });
    const stream = await opener.open(request, never);
    opener.closeAll();
    acceptor.closeAll();
    await gone.promise;
    expect(await stream.ended).toMatchObject({ reason: 'ServiceUnavailable' });
    await expect(opener.open(request, never)).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  });

  it('end where a peer sends more than it was granted', async () => {
    const { opener } = linkStreams(async (_request, stream) => {
      stream.accept();
      await once(stream.signal, 'abort');
    });
    const stream = await opener.open(request, never);
    const { data } = { data: encodeStreamData(1, 1, chunk).subarray(5) };
    for (let sent = 0; sent <= streamLimits.windowBytes; sent += data.byteLength) opener.onData(1, 1, data);
    expect(await stream.ended).toMatchObject({ reason: 'InternalError' });
  });

  it('are limited in number', async () => {
    const { opener } = linkStreams(async (_request, stream) => {
      stream.accept();
      await once(stream.signal, 'abort');
    });
    const all = Array.from({ length: streamLimits.maxStreams }, () => opener.open(request, never));
    const [first] = await Promise.all(all);
    await expect(opener.open(request, never)).rejects.toMatchObject({ reason: 'TooManyRequests' });
    first?.close();
    await opener.open(request, never);
  });
});
