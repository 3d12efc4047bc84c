import { compileFieldSelector } from '@gantry/api-types/field-selector';
import { parseLabelSelector } from '@gantry/api-types/selector';
import type { AnyKind, AnyObject } from './context.ts';

/** Label and field selector of one request, parsed. */
export interface Selection {
  /** True where nothing is left out: the fast paths need not look at objects. */
  readonly isEverything: boolean;
  /** The one name asked for by `metadata.name=…`: a list need only look there. */
  readonly exactName: string | undefined;
  matches(object: AnyObject): boolean;
}

export const everything: Selection = { isEverything: true, exactName: undefined, matches: () => true };

/** Parses both selectors. Throws `ApiError` BadRequest with Kubernetes' text. */
export function parseSelection(kind: AnyKind, labelSelector: string, fieldSelector: string): Selection {
  if (labelSelector === '' && fieldSelector === '') return everything;
  const labels = parseLabelSelector(labelSelector);
  const fields = compileFieldSelector(fieldSelector, kind);
  return {
    isEverything: labels.isEverything && fields.isEverything,
    exactName: fields.exactValue('metadata.name'),
    matches: (object) => fields.matches(object) && labels.matches(object.metadata.labels),
  };
}
