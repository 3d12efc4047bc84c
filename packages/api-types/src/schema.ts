export {
  type Decoded,
  type DecodedObject,
  decodeJson,
  decodeProtobuf,
  decodeValue,
  decodeYaml,
} from './schema/decode.ts';
export { fieldWarnings, type KindReference, strictDecodingError } from './schema/decode-errors.ts';
export { type FieldSchema, type StructSchema, schemaOfKind, structOf, type ValueType } from './schema/field-table.ts';
export {
  createOpenApiDocuments,
  type OpenApiDocument,
  type OpenApiDocuments,
  type OpenApiOptions,
  type OpenApiV3Index,
} from './schema/openapi/documents.ts';
