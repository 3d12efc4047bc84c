import type { Status, StatusCause, StatusDetails } from './generated/types.ts';

/** The error catalogue: Kubernetes' `reason` -> HTTP status and whether the same call may succeed later unchanged. */
export const errorCatalogue = {
  BadRequest: { code: 400, isRetryable: false },
  Unauthorized: { code: 401, isRetryable: false },
  Forbidden: { code: 403, isRetryable: false },
  NotFound: { code: 404, isRetryable: false },
  MethodNotAllowed: { code: 405, isRetryable: false },
  NotAcceptable: { code: 406, isRetryable: false },
  AlreadyExists: { code: 409, isRetryable: false },
  Conflict: { code: 409, isRetryable: true },
  Gone: { code: 410, isRetryable: false },
  Expired: { code: 410, isRetryable: false },
  RequestEntityTooLarge: { code: 413, isRetryable: false },
  UnsupportedMediaType: { code: 415, isRetryable: false },
  Invalid: { code: 422, isRetryable: false },
  TooManyRequests: { code: 429, isRetryable: true },
  InternalError: { code: 500, isRetryable: true },
  ServiceUnavailable: { code: 503, isRetryable: true },
  Timeout: { code: 504, isRetryable: true },
} as const satisfies Record<string, { code: number; isRetryable: boolean }>;

export type ErrorReason = keyof typeof errorCatalogue;

/**
 * The one error that crosses the API: what a client gets as a Kubernetes `Status`. Test by `reason`, never by message.
 */
export class ApiError extends Error {
  readonly reason: ErrorReason;
  readonly details: StatusDetails | undefined;

  constructor(reason: ErrorReason, message: string, details?: StatusDetails, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ApiError';
    this.reason = reason;
    this.details = details;
  }

  get code(): number {
    return errorCatalogue[this.reason].code;
  }

  /** The `Status` object of the Kubernetes API conventions for this error. */
  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }
}

/** True for an {@link ApiError} with one of the reasons. */
export function isApiError(error: unknown, ...reasons: ErrorReason[]): error is ApiError {
  return error instanceof ApiError && (reasons.length === 0 || reasons.includes(error.reason));
}

/** Kubernetes' field error types: `reason` as clients see it in `details.causes`. */
export type FieldErrorReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueNotFound'
  | 'FieldValueTypeInvalid';

/** One refused field. `message` has Kubernetes' text after the path, e.g. `Invalid value: "x": must be …`. */
export interface FieldError {
  readonly field: string;
  readonly reason: FieldErrorReason;
  readonly message: string;
}

/** The 422 Kubernetes answers for refused fields; `kind` is qualified by its group (`Deployment.apps`). */
export function invalid(kind: { kind: string; group: string }, name: string, errors: readonly FieldError[]): ApiError {
  const qualified = kind.group ? `${kind.kind}.${kind.group}` : kind.kind;
  const texts = errors.map((e) => `${e.field}: ${e.message}`);
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const causes: StatusCause[] = errors.map((e) => ({ reason: e.reason, message: e.message, field: e.field }));
  return new ApiError('Invalid', `${qualified} "${name}" is invalid: ${list}`, {
    name,
    ...(kind.group ? { group: kind.group } : {}),
    kind: kind.kind,
    causes,
  });
}
