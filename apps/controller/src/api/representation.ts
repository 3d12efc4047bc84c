import { apiVersionOf, type ListMeta } from '@gantry/api-types';
import type { CachedObject } from '../objects/object-store.ts';
import type { AnyObject, AnyVersion, WrittenObject } from './context.ts';
import type { ListResult } from './handlers/list.ts';
import type { ServedKind } from './registry.ts';
import { columnDefinitions, tableRow } from './table.ts';

/** What rows of a Table carry beside their cells. */
export type IncludeObject = 'Metadata' | 'Object' | 'None';

/** Turns objects of one kind into the JSON a client asked for. */
export interface Representation {
  /** One object. */
  one(object: WrittenObject): Buffer;
  /** A list, as the pieces to be sent one after another. */
  list(result: ListResult): readonly Buffer[];
  /** The JSON of a watch event's object. */
  eventObject(object: CachedObject<AnyObject>): Buffer;
  /** The object of a BOOKMARK event. */
  bookmark(metadata: object): Buffer;
}

/** Plain JSON: the bytes that the cache holds, untouched, unless the client knows the kind in another version. */
export function plainRepresentation(kind: ServedKind, version?: AnyVersion): Representation {
  const { kind: name, group } = kind.definition;
  const apiVersion = version ? apiVersionOf({ group, version: version.version }) : kind.apiVersion;
  const bytesOf = ({ object, bytes }: WrittenObject): Buffer =>
    version ? Buffer.from(JSON.stringify(version.fromKind(object))) : bytes;
  return {
    one: bytesOf,
    list: (result) => wrapList(`${name}List`, apiVersion, result.metadata, '"items":[', ']', result.items.map(bytesOf)),
    eventObject: bytesOf,
    bookmark: (metadata) => Buffer.from(JSON.stringify({ kind: name, apiVersion, metadata })),
  };
}

/** `PartialObjectMetadata` and its list. */
export function partialRepresentation(version: string): Representation {
  const apiVersion = `meta.k8s.io/${version}`;
  const partial = (metadata: object) =>
    Buffer.from(`{"kind":"PartialObjectMetadata","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)}}`);
  return {
    one: ({ object }) => partial(object.metadata),
    list: (result) =>
      wrapList(
        'PartialObjectMetadataList',
        apiVersion,
        result.metadata,
        '"items":[',
        ']',
        result.items.map((item) => partial(item.object.metadata)),
      ),
    eventObject: ({ object }) => partial(object.metadata),
    bookmark: partial,
  };
}

export interface TableOptions {
  readonly version: string;
  readonly includeObject: IncludeObject;
  /** For ages. */
  readonly now: () => Date;
}

/** `Table`: what `kubectl get` shows. */
export function tableRepresentation(kind: ServedKind, options: TableOptions): Representation {
  const apiVersion = `meta.k8s.io/${options.version}`;
  const definitions = JSON.stringify(columnDefinitions(kind.definition));
  const head = `"columnDefinitions":${definitions},"rows":[`;
  const row = (item: WrittenObject, now: Date) => Buffer.from(tableRow(kind.definition, item, options, now));
  const table = (metadata: object, rows: readonly Buffer[]) => wrapList('Table', apiVersion, metadata, head, ']', rows);
  const single = (item: WrittenObject) =>
    Buffer.concat(table({ resourceVersion: item.object.metadata.resourceVersion }, [row(item, options.now())]));
  return {
    one: single,
    list(result) {
      const now = options.now();
      return table(
        result.metadata,
        result.items.map((item) => row(item, now)),
      );
    },
    eventObject: single,
    bookmark: (metadata) => Buffer.concat(table(metadata, [])),
  };
}

/** Pieces of about this many bytes: large enough to cost little each, small enough to let other requests in between. */
const pieceBytes = 256 * 1024;
const comma = 0x2c;

function wrapList(
  kind: string,
  apiVersion: string,
  metadata: ListMeta,
  open: string,
  close: string,
  items: readonly Buffer[],
): readonly Buffer[] {
  const head = Buffer.from(
    `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},${open}`,
  );
  const pieces: Buffer[] = [];
  let start = 0;
  while (start < items.length) {
    let end = start;
    let size = 0;
    while (end < items.length && size < pieceBytes) {
      size += (items[end]?.length ?? 0) + 1;
      end += 1;
    }
    pieces.push(joinWithCommas(items, start, end, size));
    start = end;
  }
  // Every item is followed by a comma but the last.
  const last = pieces.pop();
  return last ? [head, ...pieces, last.subarray(0, -1), Buffer.from(`${close}}`)] : [head, Buffer.from(`${close}}`)];
}

function joinWithCommas(items: readonly Buffer[], start: number, end: number, size: number): Buffer {
  const piece = Buffer.allocUnsafe(size);
  let offset = 0;
  for (let i = start; i < end; i += 1) {
    const item = items[i];
    if (!item) continue;
    offset += item.copy(piece, offset);
    piece[offset] = comma;
    offset += 1;
  }
  return piece;
}
