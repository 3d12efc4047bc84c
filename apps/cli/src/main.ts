import { createTerminal } from './output/terminal.ts';
import { explainFailure, isSystemError, UserError } from './output/user-error.ts';
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
  process.stderr.write(`gantry: ${explainFailure(error)}\n`);
  process.exitCode = error instanceof UserError ? error.exitCode : 1;
}
