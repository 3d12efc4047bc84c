import type { GroupVersionKind, JsonSchema } from './definitions.ts';
import { type Operation, type Path, pathParameters } from './operations.ts';

/** The schemas that operations refer to. */
export interface SchemasOfOperation {
  object(kind: GroupVersionKind): JsonSchema;
  list(kind: GroupVersionKind): JsonSchema;
  readonly patch: JsonSchema;
  readonly deleteOptions: JsonSchema;
  readonly status: JsonSchema;
}

export interface V2Parameter {
  readonly name: string;
  readonly in: 'body' | 'query' | 'path';
  readonly description?: string;
  readonly required?: boolean;
  readonly type?: string;
  readonly uniqueItems?: boolean;
  readonly schema?: JsonSchema;
}

export interface V2Operation {
  readonly description: string;
  readonly operationId: string;
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
  readonly schemes: readonly string[];
  readonly parameters: readonly V2Parameter[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly schema?: JsonSchema }>>;
  readonly 'x-kubernetes-action': string;
  readonly 'x-kubernetes-group-version-kind': GroupVersionKind;
}

export interface V2PathItem {
  readonly get?: V2Operation;
  readonly put?: V2Operation;
  readonly post?: V2Operation;
  readonly delete?: V2Operation;
  readonly patch?: V2Operation;
  readonly parameters: readonly V2Parameter[];
}

export interface V2Document {
  readonly swagger: '2.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, V2PathItem>>;
  readonly definitions: Readonly<Record<string, JsonSchema>>;
}

const answers = ['application/json', 'application/yaml'];
const bodies = [...answers, 'application/vnd.kubernetes.protobuf'];
const patches = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

/** `paths` of OpenAPI v2. */
export function v2Paths(paths: readonly Path[], schemas: SchemasOfOperation): Record<string, V2PathItem> {
  return Object.fromEntries(
    paths.map(({ path, operations }) => [
      path,
      {
        ...Object.fromEntries(operations.map((operation) => [operation.method, v2Operation(operation, schemas)])),
        parameters: pathParameters(path).map(
          ({ name, description }): V2Parameter => ({
            name,
            in: 'path',
            description,
            required: true,
            type: 'string',
            uniqueItems: true,
          }),
        ),
      },
    ]),
  );
}

function v2Operation(operation: Operation, schemas: SchemasOfOperation): V2Operation {
  const body = bodySchema(operation, schemas);
  const query = operation.query.map(
    ({ name, type, description }): V2Parameter => ({ name, in: 'query', description, type, uniqueItems: true }),
  );
  const required = operation.body !== 'deleteOptions';
  const { schema } = answerOf(operation, schemas);
  return {
    description: operation.description,
    operationId: operation.id,
    consumes: operation.body === 'patch' ? patches : bodies,
    produces: operation.answer === 'text' ? ['text/plain'] : answers,
    schemes: ['https'],
    parameters: [...(body ? [{ name: 'body', in: 'body', required, schema: body } as const] : []), ...query],
    responses: { 200: { description: 'OK', ...(schema ? { schema } : {}) }, 401: { description: 'Unauthorized' } },
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.kind,
  };
}

/** `paths` of OpenAPI v3. */
export function v3Paths(paths: readonly Path[], schemas: SchemasOfOperation): Record<string, object> {
  return Object.fromEntries(
    paths.map(({ path, operations }) => [
      path,
      {
        ...Object.fromEntries(operations.map((operation) => [operation.method, v3Operation(operation, schemas)])),
        parameters: pathParameters(path).map(({ name, description, schema }) => ({
          name,
          in: 'path',
          description,
          required: true,
          schema,
        })),
      },
    ]),
  );
}

function v3Operation(operation: Operation, schemas: SchemasOfOperation): object {
  const body = bodySchema(operation, schemas);
  const contentTypes = operation.body === 'patch' ? patches : ['*/*'];
  const { types, schema } = answerOf(operation, schemas);
  const content = (names: readonly string[], value: JsonSchema) =>
    Object.fromEntries(names.map((name) => [name, { schema: value }]));
  return {
    description: operation.description,
    operationId: operation.id,
    parameters: operation.query.map(({ name, type, description }) => ({
      name,
      in: 'query',
      description,
      schema: { type, uniqueItems: true },
    })),
    ...(body ? { requestBody: { content: content(contentTypes, body) } } : {}),
    responses: {
      200: { description: 'OK', ...(schema ? { content: content(types, schema) } : {}) },
      401: { description: 'Unauthorized' },
    },
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': operation.kind,
  };
}

function bodySchema({ body, kind }: Operation, schemas: SchemasOfOperation): JsonSchema | undefined {
  return body === 'object' ? schemas.object(kind) : body && schemas[body];
}

function answerOf(
  { answer, kind }: Operation,
  schemas: SchemasOfOperation,
): { types: readonly string[]; schema: JsonSchema | undefined } {
  switch (answer) {
    case 'object':
      return { types: answers, schema: schemas.object(kind) };
    case 'list':
      return { types: answers, schema: schemas.list(kind) };
    case 'status':
      return { types: answers, schema: schemas.status };
    case 'text':
      return { types: ['text/plain'], schema: { type: 'string' } };
  }
}
