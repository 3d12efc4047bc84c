import { DecodeFailure } from '../failure.ts';
import { ProtobufReader } from './reader.ts';

/** `k8s` and a zero byte. */
const magic = [0x6b, 0x38, 0x73, 0x00] as const;

export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  /** The object's own message. */
  readonly raw: Uint8Array;
}

/**
 * Opens `runtime.Unknown`, in which Kubernetes wraps every protobuf body.
 * @throws DecodeFailure
 */
export function openEnvelope(bytes: Uint8Array): Envelope {
  if (magic.some((byte, i) => bytes[i] !== byte)) {
    throw new DecodeFailure(
      `provided data does not appear to be a protobuf message, expected prefix [${magic.join(' ')}]`,
    );
  }
  const reader = new ProtobufReader(bytes, magic.length);
  let typeMeta = { apiVersion: '', kind: '' };
  let raw: Uint8Array = new Uint8Array();
  while (!reader.isAtEnd) {
    const { number, wireType } = reader.tag();
    if (number === 1) typeMeta = readTypeMeta(reader.message());
    else if (number === 2) raw = reader.bytes();
    else reader.skip(wireType);
  }
  return { ...typeMeta, raw };
}

function readTypeMeta(reader: ProtobufReader): { apiVersion: string; kind: string } {
  const typeMeta = { apiVersion: '', kind: '' };
  while (!reader.isAtEnd) {
    const { number, wireType } = reader.tag();
    if (number === 1) typeMeta.apiVersion = reader.string();
    else if (number === 2) typeMeta.kind = reader.string();
    else reader.skip(wireType);
  }
  return typeMeta;
}
