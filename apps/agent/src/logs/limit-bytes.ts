import { Transform, type TransformCallback } from 'node:stream';

/** Passes on the first `limit` bytes and ends. */
export class LimitBytes extends Transform {
  #left: number;

  constructor(limit: number) {
    super();
    this.#left = limit;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#left <= 0) return done();
    const part = chunk.subarray(0, this.#left);
    this.#left -= part.length;
    this.push(part);
    if (this.#left === 0) this.push(null);
    done();
  }
}
