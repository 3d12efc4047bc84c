import { ApiError } from '@gantry/api-types';
import { invalidListOptions } from '../failures.ts';
import type { Selection } from '../selection.ts';

/** A list or watch request as the handlers take it. */
export interface ListOptions {
  readonly selection: Selection;
  /** 0: no limit. */
  readonly limit: number;
  readonly continueToken: string;
  /** As sent: `''` and `'0'` mean different things. */
  readonly resourceVersion: string;
  readonly resourceVersionMatch: '' | 'Exact' | 'NotOlderThan';
}

export interface WatchRequestOptions extends ListOptions {
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
}

/** The rules that tie resourceVersion, its match and continue together. Throws Kubernetes' 422 and 400. */
export function checkListOptions(options: ListOptions): void {
  const { resourceVersion, resourceVersionMatch, continueToken } = options;
  if (resourceVersionMatch !== '') {
    const field = 'resourceVersionMatch';
    if (continueToken !== '') {
      throw invalidListOptions(field, 'resourceVersionMatch is forbidden when continue is provided');
    }
    if (resourceVersion === '') {
      throw invalidListOptions(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided');
    }
    if (resourceVersionMatch === 'Exact' && resourceVersion === '0') {
      throw invalidListOptions(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
    }
  }
  if (continueToken !== '' && resourceVersion !== '' && resourceVersion !== '0') {
    throw new ApiError('BadRequest', 'specifying resource version is not allowed when using continue');
  }
}

/** The same for a watch, with what `sendInitialEvents` demands. */
export function checkWatchOptions(options: WatchRequestOptions): void {
  const { sendInitialEvents, resourceVersionMatch } = options;
  const field = 'resourceVersionMatch';
  if (sendInitialEvents === undefined) {
    if (resourceVersionMatch !== '') {
      throw invalidListOptions(
        field,
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      );
    }
    return;
  }
  if (resourceVersionMatch !== 'NotOlderThan') {
    throw invalidListOptions(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
}

/** A client's resourceVersion as a revision; '' and '0' are both 0 here. Throws 400 for what no server of ours gave out. */
export function parseRevision(resourceVersion: string): number {
  if (resourceVersion === '') return 0;
  const revision = Number(resourceVersion);
  if (/^\d+$/.test(resourceVersion) && Number.isSafeInteger(revision)) return revision;
  throw new ApiError(
    'Invalid',
    `resourceVersion: Invalid value: ${JSON.stringify(resourceVersion)}: strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`,
    {
      causes: [{ reason: 'FieldValueInvalid', message: 'Invalid value', field: 'resourceVersion' }],
    },
  );
}
