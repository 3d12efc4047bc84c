import { PassThrough, type Readable, Writable } from 'node:stream';

const headerBytes = 8;
const stderrNumber = 2;

/** The engine's frames (see Demultiplex) taken apart into the two streams they carry, at the pace of the slower one. */
export function splitOutput(source: Readable): { readonly stdout: Readable; readonly stderr: Readable } {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const frames = new FrameReader();
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      writeAll(frames.push(chunk), (isStderr) => (isStderr ? stderr : stdout)).then(() => done(), done);
    },
    final(done) {
      stdout.end();
      stderr.end();
      done();
    },
    destroy(error, done) {
      if (!stdout.writableEnded) stdout.destroy(error ?? undefined);
      if (!stderr.writableEnded) stderr.destroy(error ?? undefined);
      done(error);
    },
  });
  sink.on('error', () => undefined);
  for (const target of [stdout, stderr]) target.on('error', () => undefined);
  source.once('error', (error) => sink.destroy(error));
  source.once('close', () => {
    if (!source.readableEnded) sink.destroy(new Error('the engine broke off the connection'));
  });
  source.pipe(sink);
  return { stdout, stderr };
}

async function writeAll(pieces: readonly Piece[], target: (isStderr: boolean) => PassThrough): Promise<void> {
  for (const { isStderr, data } of pieces) {
    const stream = target(isStderr);
    // Who does not want one of the two destroys it.
    if (!stream.destroyed && !stream.write(data)) await drained(stream);
  }
}

function drained(stream: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}

interface Piece {
  readonly isStderr: boolean;
  readonly data: Buffer;
}

/** Finds payloads in the engine's frames, however the bytes are cut. */
export class FrameReader {
  #header = Buffer.alloc(0);
  #left = 0;
  #isStderr = false;

  push(chunk: Buffer): Piece[] {
    const pieces: Piece[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#left > 0) {
        const data = rest.subarray(0, this.#left);
        this.#left -= data.length;
        rest = rest.subarray(data.length);
        pieces.push({ isStderr: this.#isStderr, data });
        continue;
      }
      const missing = headerBytes - this.#header.length;
      this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (this.#header.length < headerBytes) break;
      this.#isStderr = this.#header[0] === stderrNumber;
      this.#left = this.#header.readUInt32BE(4);
      this.#header = Buffer.alloc(0);
    }
    return pieces;
  }
}
