import { ApiError } from '@gantry/api-types';
import type { DeleteRequest } from '@gantry/core';
import type { AnyKind } from '../context.ts';
import { parsePropagationPolicy } from '../handlers/delete.ts';
import type { ListOptions, WatchRequestOptions } from '../handlers/list-options.ts';
import type { IncludeObject } from '../representation.ts';
import { parseSelection } from '../selection.ts';

/** Query parameters as fastify parses them. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The first value of a parameter; '' where it is absent. */
export function textParameter(query: Query, name: string): string {
  const value = query[name];
  return (typeof value === 'string' ? value : value?.[0]) ?? '';
}

/** As Kubernetes reads booleans: present and neither `false` nor `0`. Undefined where absent. */
export function booleanParameter(query: Query, name: string): boolean | undefined {
  if (query[name] === undefined) return undefined;
  const text = textParameter(query, name).toLowerCase();
  return text !== 'false' && text !== '0';
}

/** A whole number; undefined where absent or empty. Throws `ApiError` BadRequest. */
export function integerParameter(query: Query, name: string): number | undefined {
  const text = textParameter(query, name);
  if (text === '') return undefined;
  const value = Number(text);
  if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new ApiError('BadRequest', `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

export function parseListOptions(kind: AnyKind, query: Query): ListOptions {
  const match = textParameter(query, 'resourceVersionMatch');
  if (match !== '' && match !== 'Exact' && match !== 'NotOlderThan') {
    const message = `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""`;
    throw new ApiError('Invalid', `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: ${message}`, {
      group: 'meta.k8s.io',
      kind: 'ListOptions',
      causes: [{ reason: 'FieldValueNotSupported', message, field: 'resourceVersionMatch' }],
    });
  }
  return {
    selection: parseSelection(kind, textParameter(query, 'labelSelector'), textParameter(query, 'fieldSelector')),
    limit: Math.max(0, integerParameter(query, 'limit') ?? 0),
    continueToken: textParameter(query, 'continue'),
    resourceVersion: textParameter(query, 'resourceVersion'),
    resourceVersionMatch: match,
  };
}

export function parseWatchOptions(kind: AnyKind, query: Query): WatchRequestOptions {
  return {
    ...parseListOptions(kind, query),
    allowWatchBookmarks: booleanParameter(query, 'allowWatchBookmarks') ?? false,
    sendInitialEvents: booleanParameter(query, 'sendInitialEvents'),
    timeoutSeconds: integerParameter(query, 'timeoutSeconds') || undefined,
  };
}

export function parseIncludeObject(query: Query): IncludeObject {
  const text = textParameter(query, 'includeObject');
  if (text === '' || text === 'Metadata') return 'Metadata';
  if (text === 'Object' || text === 'None') return text;
  throw new ApiError('BadRequest', `unrecognized includeObject value: ${JSON.stringify(text)}`);
}

/** What is common to writes. */
export interface WriteParameters {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
}

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export function parseWriteParameters(query: Query): WriteParameters {
  return { dryRun: isDryRun(query.dryRun), fieldValidation: parseFieldValidation(query) };
}

function parseFieldValidation(query: Query): FieldValidation {
  const text = textParameter(query, 'fieldValidation');
  if (text === '' || text === 'Warn') return 'Warn';
  if (text === 'Strict' || text === 'Ignore') return text;
  throw refusedOption('fieldValidation', text, '"", "Ignore", "Strict", "Warn"');
}

/** The only dry run there is is `All`; anything else must not be taken for a real write. */
export function isDryRun(value: string | readonly string[] | undefined): boolean {
  const values = value === undefined ? [] : typeof value === 'string' ? [value] : value;
  const wrong = values.find((text) => text !== 'All' && text !== '');
  if (wrong !== undefined) throw refusedOption('dryRun', wrong, '"All"');
  return values.includes('All');
}

/** DeleteOptions from the query, where the body may say more. */
export function parseDeleteQuery(query: Query): DeleteRequest {
  const gracePeriodSeconds = integerParameter(query, 'gracePeriodSeconds');
  const propagationPolicy = parsePropagationPolicy(textParameter(query, 'propagationPolicy'));
  const orphan = booleanParameter(query, 'orphanDependents');
  const policy = propagationPolicy ?? (orphan === undefined ? undefined : orphan ? 'Orphan' : 'Background');
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
  };
}

function refusedOption(field: string, value: string, supported: string): ApiError {
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`;
  return new ApiError('Invalid', `WriteOptions.meta.k8s.io "" is invalid: ${field}: ${message}`, {
    group: 'meta.k8s.io',
    kind: 'WriteOptions',
    causes: [{ reason: 'FieldValueNotSupported', message, field }],
  });
}
