import { isApiError } from '@gantry/api-types';

/** Something the user can put right: printed as one line, without a stack trace. */
export class UserError extends Error {
  /** The exit status of the command. */
  readonly exitCode: number;

  constructor(message: string, options: ErrorOptions & { readonly exitCode?: number } = {}) {
    super(message, options);
    this.name = 'UserError';
    this.exitCode = options.exitCode ?? 1;
  }
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether a system call failed with one of these codes (`ENOENT`, `EADDRINUSE`). */
export function isSystemError(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}

/**
 * What a command prints of what ended it. One line for what the user, the system or the engine is the reason of; anything
 * else is a bug of ours and keeps its stack.
 */
export function explainFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof UserError || isApiError(error)) return error.message;
  if ('syscall' in error) return error.message;
  if ('statusCode' in error) return `the Docker Engine refuses: ${error.message.trim()}`;
  return error.stack ?? error.message;
}
