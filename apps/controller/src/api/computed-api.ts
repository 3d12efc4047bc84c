import type { PrinterColumn } from '@gantry/api-types';
import type { AnyKind, AnyObject } from './context.ts';
import type { DiscoveredResource } from './discovery.ts';
import type { Query } from './http/query.ts';
import { textParameter } from './http/query.ts';
import type { ServedKind } from './registry.ts';
import { parseSelection, type Selection } from './selection.ts';

/** A group version whose objects are made when they are asked for: nothing is stored, nothing can be written or watched. */
export interface ComputedApi {
  readonly group: string;
  readonly version: string;
  /** What discovery lists, at any time. */
  readonly resources: readonly DiscoveredResource[];
  /** Those whose types OpenAPI describes. */
  readonly described?: readonly AnyKind[];
  /** What is there beside {@link resources} just now; asked for each time that the group version is listed. */
  readonly present?: () => readonly DiscoveredResource[];
  /** Throws `ApiError`. */
  answer(request: ComputedRequest): ComputedAnswer;
}

/** A GET that is allowed. */
export interface ComputedRequest {
  readonly namespace: string | undefined;
  readonly resource: string;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly query: Query;
}

export type ComputedAnswer =
  | { readonly type: 'object'; readonly kind: ServedKind; readonly object: AnyObject }
  | { readonly type: 'list'; readonly kind: ServedKind; readonly items: readonly AnyObject[] }
  /** In the words of the API already, and in no other form. */
  | { readonly type: 'document'; readonly body: object };

/** What a kind of a {@link ComputedApi} needs to be discovered and printed. */
export interface ComputedKindOptions {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly isNamespaced: boolean;
  readonly columns: readonly PrinterColumn<AnyObject>[];
}

/** A kind that the representations can print, though no handler stores it. */
export function computedKind(options: ComputedKindOptions): ServedKind {
  const definition = {
    singular: '',
    shortNames: [],
    categories: [],
    verbs: ['get', 'list'],
    subresources: [],
    selectableFields: {},
    ...options,
  };
  const { group, version, plural } = options;
  return {
    // Representations ask for names and columns only, which are there; the rest of a definition is about writing.
    definition: definition as unknown as AnyKind,
    resource: plural as ServedKind['resource'],
    apiVersion: `${group}/${version}`,
    qualifiedResource: `${plural}.${group}`,
  };
}

/** The label and field selector of a request, as the kind that stands behind the computed one takes them. */
export function selectionOf(kind: AnyKind, query: Query): Selection {
  return parseSelection(kind, textParameter(query, 'labelSelector'), textParameter(query, 'fieldSelector'));
}
