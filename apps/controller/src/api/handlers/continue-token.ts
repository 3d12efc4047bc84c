import { ApiError, type ObjectKey } from '@gantry/api-types';

/** Where a paged list goes on. `revision` -1 means "at the present state": an inconsistent list, asked for knowingly. */
export interface ContinueToken {
  readonly revision: number;
  readonly afterKey: ObjectKey;
}

/** Opaque to clients: base64url of a small JSON object, in the shape Kubernetes uses. */
export function encodeContinueToken(token: ContinueToken): string {
  const json = JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.revision, start: token.afterKey });
  return Buffer.from(json).toString('base64url');
}

/** The inverse of {@link encodeContinueToken}. Throws `ApiError` BadRequest for anything else. */
export function decodeContinueToken(text: string): ContinueToken {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null && 'rv' in parsed && 'start' in parsed) {
      const { rv, start } = parsed;
      if (typeof rv === 'number' && Number.isSafeInteger(rv) && typeof start === 'string') {
        return { revision: rv, afterKey: start };
      }
    }
  } catch {
    // Not JSON: the same answer as for JSON of another shape.
  }
  throw new ApiError('BadRequest', 'continue key is not valid: it is not a token that this server gave out');
}
