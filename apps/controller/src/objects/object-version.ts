import type { KubernetesObject, ObjectKey } from '@gantry/api-types';
import { deepFreeze } from './deep-freeze.ts';
import type { CachedObject, ObjectEvent } from './object-store.ts';

type EventType = ObjectEvent['type'];

/** What a stored text says about an object, and where. */
export interface VersionSource<T> {
  readonly key: ObjectKey;
  readonly revision: number;
  /** JSON text that starts with apiVersion, kind and metadata and holds no resourceVersion. */
  readonly text: string;
  /** The same, parsed, where somebody has it: it becomes part of the cache. Otherwise parsed when first asked for. */
  readonly object?: T;
}

const metadataStart = '"metadata":{';
const heads: Readonly<Record<EventType, string>> = {
  ADDED: '{"type":"ADDED","object":',
  MODIFIED: '{"type":"MODIFIED","object":',
  DELETED: '{"type":"DELETED","object":',
};
const tail = '}\n';

/**
 * One version of an object. Its bytes are a window into the watch line of the event that made it, so that each version
 * is encoded once and held once.
 */
export class ObjectVersion<T extends KubernetesObject> implements CachedObject<T> {
  readonly key: ObjectKey;
  readonly revision: number;
  readonly bytes: Buffer;
  readonly wireBytes: Buffer;
  readonly #isFrozen: boolean;
  #object: T | undefined;

  /** Throws where the text is not that of a Kubernetes object. */
  constructor(type: EventType, { key, revision, text, object }: VersionSource<T>, isFrozen: boolean) {
    this.key = key;
    this.revision = revision;
    this.#isFrozen = isFrozen;
    const head = heads[type];
    this.wireBytes = encode(head, text, revision);
    this.bytes = this.wireBytes.subarray(head.length, -tail.length);
    if (!object) return;
    object.metadata.resourceVersion = String(revision);
    this.#object = isFrozen ? deepFreeze(object) : object;
  }

  get object(): T {
    this.#object ??= this.#parse();
    return this.#object;
  }

  /**
   * Gives the parsed object up, which takes several times the memory of the bytes. Who has it keeps it; it is parsed
   * again when next asked for.
   */
  forgetObject(): void {
    this.#object = undefined;
  }

  #parse(): T {
    const object = JSON.parse(this.bytes.toString()) as T;
    return this.#isFrozen ? deepFreeze(object) : object;
  }
}

/** Splices the revision into the text and the text into a watch line. */
function encode(head: string, text: string, revision: number): Buffer {
  // The quotes of a string are escaped in JSON text, so the first match is the key, whatever apiVersion and kind say.
  const at = text.indexOf(metadataStart) + metadataStart.length;
  if (at < metadataStart.length) throw new Error('the stored text has no metadata');
  const line = `${head}${text.slice(0, at)}"resourceVersion":"${revision}",${text.slice(at)}${tail}`;
  // Not from Node's pool: a small long-lived slice would keep a whole slab of it alive.
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(line));
  bytes.write(line);
  return bytes;
}

/** A copy of an object as it is stored: apiVersion, kind and metadata first, no resourceVersion. Shares everything below metadata. */
export function toStored<T extends KubernetesObject>(object: T): T {
  const { apiVersion, kind, metadata, ...rest } = object;
  const { resourceVersion: _, ...stored } = metadata;
  return { apiVersion, kind, metadata: stored, ...rest } as unknown as T;
}
