import { Transform, type TransformCallback } from 'node:stream';

/**
 * An upload to the controller: an HTTP connection upgraded to {@link uploadProtocol}, on which the client sends frames
 * (a big-endian uint32 length, then bytes; length 0 ends the upload) and the server answers with one JSON
 * {@link UploadAnswer} and closes. A request body would have to arrive within the API's request timeout.
 */
export const uploadProtocol = 'gantry-upload';

/** `result` where it went well; else the reason and message of an `ApiError`. */
export type UploadAnswer =
  | { readonly result: unknown }
  | { readonly error: { readonly reason: string; readonly message: string } };

const headerBytes = 4;
const maxFrameBytes = 16 * 1024 * 1024;

/** Wraps bytes into frames; the end becomes an empty frame. */
export class UploadEncoder extends Transform {
  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (chunk.byteLength > 0) this.push(Buffer.concat([lengthOf(chunk.byteLength), chunk]));
    done();
  }

  override _flush(done: TransformCallback): void {
    this.push(lengthOf(0));
    done();
  }
}

function lengthOf(bytes: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32BE(bytes);
  return header;
}

/** The inverse of {@link UploadEncoder}: ends with the empty frame, fails where the connection ends before it. */
export class UploadDecoder extends Transform {
  #header = Buffer.alloc(0);
  #left = 0;
  #hasEnded = false;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let rest = chunk;
    while (rest.byteLength > 0 && !this.#hasEnded) {
      if (this.#left > 0) {
        const part = rest.subarray(0, this.#left);
        this.push(part);
        this.#left -= part.byteLength;
        rest = rest.subarray(part.byteLength);
        continue;
      }
      const missing = headerBytes - this.#header.byteLength;
      this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (this.#header.byteLength < headerBytes) break;
      this.#left = this.#header.readUInt32BE();
      this.#header = Buffer.alloc(0);
      if (this.#left > maxFrameBytes) return done(new Error('the upload has a frame that is too large'));
      if (this.#left === 0) {
        this.#hasEnded = true;
        this.push(null);
      }
    }
    done();
  }

  override _flush(done: TransformCallback): void {
    done(this.#hasEnded ? null : new Error('the upload was cut off'));
  }
}
