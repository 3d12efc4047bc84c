import { DecodeFailure } from '../failure.ts';

export const wireVarint = 0;
export const wireFixed64 = 1;
export const wireBytes = 2;
export const wireFixed32 = 5;

const utf8 = new TextDecoder();
const two32 = 2 ** 32;

/** Reads the protobuf wire format from a part of a buffer. Throws DecodeFailure where the bytes end or make no sense. */
export class ProtobufReader {
  readonly #bytes: Uint8Array;
  #at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** A field's number and wire type. */
  tag(): { number: number; wireType: number } {
    const tag = this.varint();
    const number = Math.floor(tag / 8);
    if (number <= 0) throw new DecodeFailure(`proto: illegal tag ${number} (wire type ${tag % 8})`);
    return { number, wireType: tag % 8 };
  }

  /** A varint as a signed 64-bit integer; beyond 2^53 to the precision of a double. */
  varint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#next();
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) return high * two32 + (low >>> 0);
    }
    throw new DecodeFailure('proto: integer overflow');
  }

  double(): number {
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.#skip(8), 8);
    return view.getFloat64(0, true);
  }

  /** A length-delimited value as a view on the buffer. */
  bytes(): Uint8Array {
    const { start, end } = this.#delimited();
    return this.#bytes.subarray(start, end);
  }

  string(): string {
    return utf8.decode(this.bytes());
  }

  /** A reader for a length-delimited message. */
  message(): ProtobufReader {
    const { start, end } = this.#delimited();
    return new ProtobufReader(this.#bytes, start, end);
  }

  /** Passes over a field that is not known. */
  skip(wireType: number): void {
    if (wireType === wireVarint) this.varint();
    else if (wireType === wireBytes) this.#delimited();
    else if (wireType === wireFixed64) this.#skip(8);
    else if (wireType === wireFixed32) this.#skip(4);
    else throw new DecodeFailure(`proto: illegal wireType ${wireType}`);
  }

  #delimited(): { start: number; end: number } {
    const length = this.varint();
    if (length < 0) throw new DecodeFailure('proto: negative length found during unmarshaling');
    const start = this.#skip(length);
    return { start, end: start + length };
  }

  #skip(length: number): number {
    const start = this.#at;
    if (length > this.#end - start) throw new DecodeFailure('unexpected EOF');
    this.#at = start + length;
    return start;
  }

  #next(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined || this.#at >= this.#end) throw new DecodeFailure('unexpected EOF');
    this.#at += 1;
    return byte;
  }
}
