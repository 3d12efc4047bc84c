import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { constants, createDeflate } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerDictionary } from './header-dictionary.ts';
import { SpdyConnection } from './spdy-connection.ts';
import { dataFrame, pingFrame, resetFrame, type SpdyFrame, SpdyParser, synStreamFrame } from './spdy-frames.ts';
import { HeaderReader } from './spdy-headers.ts';
import type { SpdyStream } from './spdy-stream.ts';

/** Compresses header blocks as Go's clients do: one context, flushed after each block. */
function headerWriter(): (headers: Readonly<Record<string, string>>) => Promise<Buffer> {
  const deflate = createDeflate({ dictionary: headerDictionary(), flush: constants.Z_SYNC_FLUSH });
  return async (headers) => {
    deflate.write(encodeHeaders(headers));
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    return deflate.read() as Buffer;
  };
}

function encodeHeaders(headers: Readonly<Record<string, string>>): Buffer {
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const text = (value: string) => Buffer.concat([number(Buffer.byteLength(value)), Buffer.from(value)]);
  const pairs = Object.entries(headers);
  return Buffer.concat([number(pairs.length), ...pairs.flatMap(([name, value]) => [text(name), text(value)])]);
}

/** Data in pieces counts as if it had come at once. */
function joined(frames: readonly SpdyFrame[]): unknown[] {
  const result: { type: string; id?: number; data?: Buffer; isLast?: boolean }[] = [];
  for (const frame of frames) {
    const last = result.at(-1);
    if (frame.type === 'data' && last?.type === 'data' && last.id === frame.id && !last.isLast) {
      result[result.length - 1] = {
        ...frame,
        data: Buffer.concat([last.data ?? Buffer.alloc(0), frame.data]),
      };
    } else result.push(frame);
  }
  return result;
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...chunks, bytes.subarray(at)].filter((chunk) => chunk.length > 0);
}

const id = fc.integer({ min: 1, max: 0x7fffffff });
const anyFrame = fc.oneof(
  fc.tuple(id, fc.uint8Array({ maxLength: 300 }), fc.boolean()).map(([n, data, last]) => dataFrame(n, data, last)),
  fc.tuple(id, fc.uint8Array({ maxLength: 300 })).map(([n, data]) => synStreamFrame(n, Buffer.from(data))),
  id.map((n) => pingFrame(n)),
  id.map((n) => resetFrame(n, 5)),
);

describe('the SPDY parser', () => {
  it('finds the same frames however the bytes are cut', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 64 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 12 }), sizes, (frames, cuts) => {
        const bytes = Buffer.concat(frames);
        const whole = new SpdyParser().push(bytes);
        const parser = new SpdyParser();
        const pieces = cut(bytes, cuts).flatMap((chunk) => parser.push(chunk));
        expect(joined(pieces)).toEqual(joined(whole));
      }),
    );
  });

  it('throws nothing but its own error, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        try {
          new SpdyParser().push(Buffer.from(bytes));
        } catch (error) {
          expect(error).toMatchObject({ name: 'SpdyError' });
        }
      }),
    );
  });

  it('holds no more than one control frame', () => {
    const huge = Buffer.from([0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff]);
    expect(() => new SpdyParser().push(huge)).toThrow('too large');
  });
});

describe('SPDY headers', () => {
  it('are read in one context', async () => {
    const write = headerWriter();
    const reader = new HeaderReader();
    for (const headers of [{ streamtype: 'error' }, { streamtype: 'data', port: '80', requestid: '0' }, {}]) {
      expect(Object.fromEntries(await reader.read(await write(headers)))).toEqual(headers);
    }
    reader.close();
  });

  it('are bounded when unpacked', async () => {
    const write = headerWriter();
    const bomb = await write({ x: 'a'.repeat(8 * 1024 * 1024) });
    expect(bomb.length).toBeLessThan(64 * 1024);
    await expect(new HeaderReader().read(bomb)).rejects.toThrow('too large');
  });

  it('may be anything', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 100 }), async (bytes) => {
        const reader = new HeaderReader();
        await reader.read(Buffer.from(bytes)).catch((error) => expect(error).toMatchObject({ name: 'SpdyError' }));
        reader.close();
      }),
      { numRuns: 50 },
    );
  });
});

interface Rig {
  readonly client: ReturnType<typeof duplexPair>[0];
  readonly streams: SpdyStream[];
  readonly closed: Promise<void>;
  readonly answers: () => SpdyFrame[];
}

function connect(): Rig {
  const [client, socket] = duplexPair();
  const streams: SpdyStream[] = [];
  const frames: SpdyFrame[] = [];
  const parser = new SpdyParser();
  client.on('data', (chunk: Buffer) => frames.push(...parser.push(chunk)));
  client.on('error', () => undefined);
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const onStream = (stream: SpdyStream) => void streams.push(stream);
  new SpdyConnection({ socket, maxStreams: 4, onStream, onClosed: resolve });
  return { client, streams, closed, answers: () => frames };
}

describe('a SPDY connection', () => {
  it('carries streams both ways, each with its ends', async () => {
    const { client, streams, answers } = connect();
    const write = headerWriter();
    client.write(synStreamFrame(1, await write({ streamtype: 'stdin' })));
    client.write(synStreamFrame(3, await write({ streamtype: 'stdout' }), true));
    client.write(dataFrame(1, Buffer.from('in')));
    client.write(dataFrame(1, Buffer.alloc(0), true));
    client.write(pingFrame(7));
    await expect.poll(() => streams.length).toBe(2);
    const [stdin, stdout] = streams;
    expect(stdin?.headers.get('streamtype')).toBe('stdin');
    const [data] = await once(stdin as SpdyStream, 'data');
    expect(String(data)).toBe('in');
    stdout?.end('out');
    await expect.poll(() => answers().some((f) => f.type === 'data' && f.isLast)).toBe(true);
    expect(answers().filter((f) => f.type === 'headers').length).toBe(2);
    expect(answers()).toContainEqual({ type: 'ping', id: 7 });
    expect(
      answers()
        .flatMap((f) => (f.type === 'data' && f.id === 3 ? [String(f.data)] : []))
        .join(''),
    ).toBe('out');
  });

  it('stops reading where a consumer does not', async () => {
    const { client, streams } = connect();
    const write = headerWriter();
    client.write(synStreamFrame(1, await write({ streamtype: 'stdin' })));
    const totalBytes = 8 * 1024 * 1024;
    let sent = 0;
    const pump = () => {
      if (sent === totalBytes) client.write(dataFrame(1, Buffer.alloc(0), true));
      else
        client.write(dataFrame(1, Buffer.alloc(64 * 1024)), () => {
          sent += 64 * 1024;
          pump();
        });
    };
    pump();
    await expect.poll(() => streams.length).toBe(1);
    for (let turn = 0; turn < 500; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toBeLessThan(2 * 1024 * 1024);
    const [stream] = streams;
    if (!stream) throw new Error('no stream came');
    let received = 0;
    stream.on('data', (data: Buffer) => {
      received += data.length;
    });
    await once(stream, 'end');
    expect(received).toBe(totalBytes);
  });

  it('ends on a malformed frame, with its streams', async () => {
    const { client, streams, closed } = connect();
    client.write(synStreamFrame(1, await headerWriter()({ streamtype: 'stdin' })));
    await expect.poll(() => streams.length).toBe(1);
    client.write(Buffer.from('GET / HTTP/1.1\r\n\r\n\xff\xff\xff\xff', 'latin1'));
    client.write(Buffer.from([0x80, 9, 0, 1, 0, 0, 0, 0]));
    client.end();
    await closed;
    expect(streams[0]?.destroyed).toBe(true);
  });

  it('refuses more streams than it may have', async () => {
    const { client, streams, answers } = connect();
    const write = headerWriter();
    for (let n = 0; n < 6; n += 1) client.write(synStreamFrame(2 * n + 1, await write({ streamtype: 'data' })));
    await expect.poll(() => answers().filter((f) => f.type === 'reset').length).toBe(2);
    expect(streams.length).toBe(4);
  });
});
