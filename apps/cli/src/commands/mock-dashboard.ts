import { spawn } from 'node:child_process';
import { programs } from '../cluster/processes.ts';
import { UserError } from '../output/user-error.ts';

/** Where it listens unless told otherwise: where the page's development server looks for it, too. */
const defaultPort = 5174;

/** `gantry dashboard --mock`: the page on a make-believe cluster, which is there until Ctrl-C. Resolves when it has ended. */
export async function serveMockDashboard(options: { readonly port?: number; readonly nodes?: number }): Promise<void> {
  const { port = defaultPort, nodes = 3 } = options;
  const child = spawn(process.execPath, [programs.mockDashboard, '--port', String(port), '--nodes', String(nodes)], {
    stdio: 'inherit',
  });
  // A Ctrl-C reaches both of us; a `kill` only us.
  const onTerminate = (): void => void child.kill('SIGTERM');
  const onInterrupt = (): void => undefined;
  process.on('SIGTERM', onTerminate);
  process.on('SIGINT', onInterrupt);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code)
      throw new UserError(`the mock of the dashboard ended with ${code}: is port ${port} taken? --port names another`);
  } finally {
    process.off('SIGTERM', onTerminate);
    process.off('SIGINT', onInterrupt);
  }
}
