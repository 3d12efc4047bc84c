import { apiVersionOf } from '../../kind.ts';
import { type StructSchema, schemaOfKind, structOf } from '../field-table.ts';
import {
  DefinitionSet,
  type GroupVersionKind,
  type JsonSchema,
  type OpenApiVersion,
  type SchemaTexts,
} from './definitions.ts';
import { encodeGnostic } from './gnostic.ts';
import { type DescribedKind, pathsOf } from './operations.ts';
import { type SchemasOfOperation, type V2Document, v2Paths, v3Paths } from './paths.ts';

/** A document as it is sent. */
export interface OpenApiDocument {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the bytes; for `ETag` and the v3 index. */
  readonly hash: string;
}

/** The OpenAPI documents of a server. Each is made when it is first asked for, and kept. */
export interface OpenApiDocuments {
  v2Json(): Promise<OpenApiDocument>;
  /** The same in the encoding of `com.github.proto-openapi.spec.v2.v1.0+protobuf`. */
  v2Protobuf(): Promise<OpenApiDocument>;
  /** The body of `/openapi/v3`. */
  v3Index(): Promise<OpenApiV3Index>;
  /** By the path the index has (`api/v1`, `apis/apps/v1`); undefined where nothing of that version is served. */
  v3(path: string): Promise<OpenApiDocument | undefined>;
}

export interface OpenApiV3Index {
  readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
}

export interface OpenApiOptions {
  /** The kinds that are served. */
  readonly kinds: readonly DescribedKind[];
  readonly title: string;
  /** The version of the API server, as `/version` has it. */
  readonly version: string;
}

/** The documents for the served kinds. */
export function createOpenApiDocuments(options: OpenApiOptions): OpenApiDocuments {
  const texts = once((): Promise<SchemaTexts> => import('../../generated/descriptions.ts'));
  const v2 = once(async () => v2Document(options, await texts()));
  const groups = Map.groupBy(options.kinds, (kind) => pathOf(kind));
  const v3 = new Map(
    [...groups].map(([path, kinds]) => [
      path,
      once(async () => toDocument(v3Json({ ...options, kinds }, await texts()))),
    ]),
  );
  return {
    v2Json: once(async () => toDocument(JSON.stringify(await v2()))),
    v2Protobuf: once(async () => toDocument(encodeGnostic(await v2()))),
    v3Index: once(() => v3Index(v3)),
    v3: async (path) => v3.get(path)?.(),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

async function v3Index(documents: ReadonlyMap<string, () => Promise<OpenApiDocument>>): Promise<OpenApiV3Index> {
  const paths: Record<string, { serverRelativeURL: string }> = {};
  for (const [path, document] of documents) {
    const { hash } = await document();
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
  }
  return { paths };
}

async function toDocument(content: string | Uint8Array<ArrayBuffer>): Promise<OpenApiDocument> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const hash = Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { bytes, hash: hash.toUpperCase() };
}

function v2Document(options: OpenApiOptions, texts: SchemaTexts): V2Document {
  const { definitions, schemasOf } = definitionsFor(options.kinds, 'v2', texts);
  const paths = v2Paths(options.kinds.flatMap(pathsOf), schemasOf);
  return { swagger: '2.0', info: infoOf(options), paths, definitions: definitions.toObject() };
}

function v3Json(options: OpenApiOptions, texts: SchemaTexts): string {
  const { definitions, schemasOf } = definitionsFor(options.kinds, 'v3', texts);
  const paths = v3Paths(options.kinds.flatMap(pathsOf), schemasOf);
  return JSON.stringify({
    openapi: '3.0.0',
    info: infoOf(options),
    paths,
    components: { schemas: definitions.toObject() },
  });
}

function infoOf({ title, version }: OpenApiOptions): { title: string; version: string } {
  return { title, version };
}

function definitionsFor(
  kinds: readonly DescribedKind[],
  version: OpenApiVersion,
  texts: SchemaTexts,
): { definitions: DefinitionSet; schemasOf: SchemasOfOperation } {
  const versions = [...new Map(kinds.map((kind) => [apiVersionOf(kind), kind])).values()];
  const definitions = new DefinitionSet(version, texts, (struct) => kindsOf(struct, versions));
  const reference = (struct: StructSchema | undefined): JsonSchema =>
    struct ? definitions.reference(struct) : { type: 'object' };
  const schemasOf: SchemasOfOperation = {
    object: (kind) => reference(structFor(kind, '')),
    list: (kind) => reference(structFor(kind, 'List')),
    patch: reference(undefined),
    deleteOptions: reference(structOf('meta/v1.DeleteOptions')),
    status: reference(structOf('meta/v1.Status')),
  };
  for (const kind of kinds) {
    schemasOf.object(kind);
    schemasOf.list(kind);
  }
  return { definitions, schemasOf };
}

function structFor(kind: GroupVersionKind, suffix: string): StructSchema | undefined {
  return schemaOfKind({ apiVersion: apiVersionOf(kind), kind: `${kind.kind}${suffix}` });
}

/** What a definition is called on the wire. Delete options belong to every group version. */
function kindsOf(struct: StructSchema, versions: readonly GroupVersionKind[]): GroupVersionKind[] {
  if (!struct.isKind) return [];
  if (struct.goName === 'DeleteOptions') {
    return versions.map(({ group, version }) => ({ group, version, kind: 'DeleteOptions' }));
  }
  if (struct.version === 'meta/v1') return [{ group: '', version: 'v1', kind: struct.goName }];
  const [group = '', version] = struct.version.split('/');
  return [
    version === undefined
      ? { group: '', version: group, kind: struct.goName }
      : { group, version, kind: struct.goName },
  ];
}

function pathOf(kind: DescribedKind): string {
  return kind.group === '' ? `api/${kind.version}` : `apis/${apiVersionOf(kind)}`;
}
