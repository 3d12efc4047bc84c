import { Transform, type TransformCallback } from 'node:stream';

const headerBytes = 8;

/**
 * Takes the engine's frames (stream number, three zero bytes, big-endian length, payload) apart and passes on the
 * payloads of stdout and stderr in the order they came. For containers without a terminal.
 */
export class Demultiplex extends Transform {
  #header = Buffer.alloc(0);
  #left = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#left > 0) {
        const payload = rest.subarray(0, this.#left);
        this.#left -= payload.length;
        rest = rest.subarray(payload.length);
        this.push(payload);
        continue;
      }
      const missing = headerBytes - this.#header.length;
      this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (this.#header.length === headerBytes) {
        this.#left = this.#header.readUInt32BE(4);
        this.#header = Buffer.alloc(0);
      }
    }
    done();
  }
}
