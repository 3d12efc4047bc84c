import type { Status } from '@gantry/api-types';

/** What a Status says about one field. */
export interface RefusalCause {
  readonly field?: string;
  readonly reason?: string;
  readonly message: string;
}

/** The API said no: its own words, and what they are about. */
export class ApiRefusal extends Error {
  /** The HTTP status; 0 where no answer came. */
  readonly code: number;
  /** As in a Status: `Conflict`, `Invalid`, `Forbidden` and so on; `Unreachable` where no answer came. */
  readonly reason: string;
  readonly causes: readonly RefusalCause[];

  constructor(code: number, reason: string, message: string, causes: readonly RefusalCause[] = []) {
    super(message);
    this.name = 'ApiRefusal';
    this.code = code;
    this.reason = reason;
    this.causes = causes;
  }
}

/** The refusal in an answer that is not ok: its Status, or what can be said without one. */
export async function readRefusal(answer: Response): Promise<ApiRefusal> {
  const text = await answer.text().catch(() => '');
  const status = parseStatus(text);
  if (!status) {
    const words = text.trim().slice(0, 300) || answer.statusText || 'no reason was given';
    return new ApiRefusal(answer.status, 'Unknown', `the controller answered ${answer.status}: ${words}`);
  }
  return refusalOf(status, answer.status);
}

/** The refusal that a Status object is. */
export function refusalOf(status: Partial<Status>, code = status.code ?? 0): ApiRefusal {
  const causes = (status.details?.causes ?? []).map((cause) => ({
    ...(cause.field === undefined ? {} : { field: cause.field }),
    ...(cause.reason === undefined ? {} : { reason: cause.reason }),
    message: cause.message ?? '',
  }));
  return new ApiRefusal(code, status.reason ?? 'Unknown', status.message ?? `the API answered ${code}`, causes);
}

/** No answer came at all. */
export function unreachable(): ApiRefusal {
  return new ApiRefusal(0, 'Unreachable', 'the controller does not answer: is it running?');
}

/** Any failure in words for the page. */
export function failureWords(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}

function parseStatus(text: string): Partial<Status> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const isStatus = typeof parsed === 'object' && parsed !== null && 'kind' in parsed && parsed.kind === 'Status';
    return isStatus ? (parsed as Partial<Status>) : undefined;
  } catch {
    // Not every answer is JSON: a proxy's own page, say.
    return undefined;
  }
}
