import { isApiError } from '@gantry/api-types';
import { createTerminal } from './output/terminal.ts';
import { isSystemError, messageOf, UserError } from './output/user-error.ts';
import { buildProgram } from './program.ts';

const terminal = createTerminal(process.stdout);
// Who reads us has seen enough (`gantry get pods | head -1`).
process.stdout.on('error', (error) => {
  if (isSystemError(error, 'EPIPE')) process.exit(0);
  throw error;
});

try {
  await buildProgram(terminal).parseAsync(process.argv);
} catch (error) {
  // What the user can put right is one line; anything else is a bug of ours and keeps its stack.
  const isExpected = error instanceof UserError || isApiError(error);
  process.stderr.write(
    `gantry: ${isExpected ? messageOf(error) : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = error instanceof UserError ? error.exitCode : 1;
}
