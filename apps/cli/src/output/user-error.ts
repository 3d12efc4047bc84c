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
