import { ProtobufWriter } from '../protobuf/writer.ts';
import type { JsonSchema } from './definitions.ts';
import type { V2Document, V2Operation, V2Parameter, V2PathItem } from './paths.ts';

/**
 * An OpenAPI v2 document in protobuf, by the message definitions of gnostic's OpenAPIv2.proto (the numbers below).
 * kubectl up to 1.28 reads nothing else.
 */
export function encodeGnostic(document: V2Document): Uint8Array<ArrayBuffer> {
  return new ProtobufWriter()
    .string(1, document.swagger)
    .message(2, (info) => info.string(1, document.info.title).string(2, document.info.version))
    .message(8, (paths) => {
      for (const [path, item] of Object.entries(document.paths)) {
        paths.message(2, (named) => named.string(1, path).message(2, (value) => writePathItem(value, item)));
      }
    })
    .message(9, (definitions) => writeNamedSchemas(definitions, document.definitions))
    .finish();
}

function writePathItem(writer: ProtobufWriter, item: V2PathItem): void {
  const methods = [
    [2, item.get],
    [3, item.put],
    [4, item.post],
    [5, item.delete],
    [8, item.patch],
  ] as const;
  for (const [number, operation] of methods) {
    if (operation) writer.message(number, (value) => writeOperation(value, operation));
  }
  for (const parameter of item.parameters) writer.message(9, (value) => writeParameter(value, parameter));
}

function writeOperation(writer: ProtobufWriter, operation: V2Operation): void {
  writer.string(3, operation.description).string(5, operation.operationId);
  writer.strings(6, operation.produces).strings(7, operation.consumes);
  for (const parameter of operation.parameters) writer.message(8, (value) => writeParameter(value, parameter));
  writer.message(9, (responses) => writeResponses(responses, operation.responses));
  writer.strings(10, operation.schemes);
  writeExtensions(writer, 13, operation);
}

function writeResponses(writer: ProtobufWriter, responses: V2Operation['responses']): void {
  for (const [code, { description, schema }] of Object.entries(responses)) {
    writer.message(1, (named) =>
      named.string(1, code).message(2, (value) =>
        value.message(1, (response) => {
          response.string(1, description);
          if (schema) response.message(2, (item) => item.message(1, (inner) => writeSchema(inner, schema)));
        }),
      ),
    );
  }
}

/** A `ParametersItem`: a body parameter (1) or another one (2), of which there are query (3) and path (4) parameters. */
function writeParameter(writer: ProtobufWriter, parameter: V2Parameter): void {
  writer.message(1, (either) => {
    if (parameter.in === 'body') either.message(1, (body) => writeBodyParameter(body, parameter));
    else {
      either.message(2, (other) =>
        parameter.in === 'query'
          ? other.message(3, (query) => writeValueParameter(query, parameter, 6).bool(20, parameter.uniqueItems))
          : other.message(4, (path) => writeValueParameter(path, parameter, 5).bool(19, parameter.uniqueItems)),
      );
    }
  });
}

function writeBodyParameter(writer: ProtobufWriter, { name, required, schema }: V2Parameter): void {
  writer.string(2, name).string(3, 'body').bool(4, required);
  if (schema) writer.message(5, (value) => writeSchema(value, schema));
}

function writeValueParameter(writer: ProtobufWriter, parameter: V2Parameter, typeNumber: number): ProtobufWriter {
  return writer
    .bool(1, parameter.required)
    .string(2, parameter.in)
    .string(3, parameter.description)
    .string(4, parameter.name)
    .string(typeNumber, parameter.type);
}

function writeNamedSchemas(writer: ProtobufWriter, schemas: Readonly<Record<string, JsonSchema>>): void {
  for (const [name, schema] of Object.entries(schemas)) {
    writer.message(1, (named) => named.string(1, name).message(2, (value) => writeSchema(value, schema)));
  }
}

function writeSchema(writer: ProtobufWriter, schema: JsonSchema): void {
  const { additionalProperties, type, items, properties } = schema;
  writer.string(1, schema.$ref).string(2, schema.format).string(4, schema.description);
  if (schema.default !== undefined) writer.message(5, (any) => any.string(2, JSON.stringify(schema.default)));
  writer.strings(19, schema.required);
  if (additionalProperties) {
    writer.message(21, (item) => item.message(1, (value) => writeSchema(value, additionalProperties)));
  }
  if (type) writer.message(22, (item) => item.string(1, type));
  if (items) writer.message(23, (item) => item.message(1, (value) => writeSchema(value, items)));
  if (properties) writer.message(25, (value) => writeNamedSchemas(value, properties));
  writeExtensions(writer, 31, schema);
}

/** Values of extensions are YAML, which JSON is. */
function writeExtensions(writer: ProtobufWriter, number: number, owner: object): void {
  for (const [name, value] of Object.entries(owner)) {
    if (!name.startsWith('x-')) continue;
    writer.message(number, (named) => named.string(1, name).message(2, (any) => any.string(2, JSON.stringify(value))));
  }
}
