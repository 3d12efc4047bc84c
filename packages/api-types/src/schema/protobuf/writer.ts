const utf8 = new TextEncoder();
const continues = 0x80;

/** Writes the protobuf wire format. Empty strings and absent parts are left out, as in proto3. */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** A string, unless it is missing or empty. */
  string(number: number, value: string | undefined): this {
    if (value) this.bytes(number, utf8.encode(value));
    return this;
  }

  strings(number: number, values: readonly string[] | undefined): this {
    for (const value of values ?? []) this.bytes(number, utf8.encode(value));
    return this;
  }

  /** A boolean, unless it is false. */
  bool(number: number, value: boolean | undefined): this {
    if (value) this.varint(number, 1);
    return this;
  }

  varint(number: number, value: number): this {
    this.#push(encodeVarint(number * 8));
    this.#push(encodeVarint(value));
    return this;
  }

  bytes(number: number, value: Uint8Array): this {
    this.#push(encodeVarint(number * 8 + 2));
    this.#push(encodeVarint(value.length));
    this.#push(value);
    return this;
  }

  /** A nested message, which may be empty. */
  message(number: number, write: (writer: ProtobufWriter) => void): this {
    const inner = new ProtobufWriter();
    write(inner);
    return this.bytes(number, inner.finish());
  }

  /** All that was written. */
  finish(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  #push(part: Uint8Array): void {
    this.#parts.push(part);
    this.#length += part.length;
  }
}

/** Whole numbers of up to 53 bits; negative ones as two's complement of 64 bits. */
function encodeVarint(value: number): Uint8Array {
  if (value >= 0 && value < continues) return Uint8Array.of(value);
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | continues);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
