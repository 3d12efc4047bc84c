import { createServer } from 'node:net';
import type { Terminal } from '../output/terminal.ts';
import { isSystemError, UserError } from '../output/user-error.ts';

export interface PortChoice {
  /** What the port is for, in messages: `API`, `dashboard`. */
  readonly purpose: string;
  readonly option: string;
  readonly address: string;
  /** The user's port, which must be free; absent for the default, which gives way to the next free one. */
  readonly wanted: number | undefined;
  readonly fallback: number;
}

/** A port that can be bound now. A wanted port in use is an error that names the option. */
export async function choosePort(terminal: Terminal, choice: PortChoice): Promise<number> {
  const { purpose, option, address, wanted, fallback } = choice;
  if (wanted !== undefined) {
    if (await isFree(address, wanted)) return wanted;
    throw new UserError(`port ${wanted} for the ${purpose} is in use on ${address}: choose another with ${option}`);
  }
  for (let port = fallback; port < fallback + 100; port += 1) {
    if (!(await isFree(address, port))) continue;
    if (port !== fallback)
      terminal.line(`port ${fallback} is in use, so the ${purpose} gets ${port} (${option} chooses)`);
    return port;
  }
  throw new UserError(
    `no port between ${fallback} and ${fallback + 99} is free for the ${purpose}: choose one with ${option}`,
  );
}

async function isFree(address: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port, exclusive: true }, resolve);
    });
    return true;
  } catch (error) {
    if (isSystemError(error, 'EADDRINUSE')) return false;
    if (isSystemError(error, 'EACCES'))
      throw new UserError(`port ${port} may not be bound on ${address} (permission denied): choose one above 1023`);
    if (isSystemError(error, 'EADDRNOTAVAIL')) throw new UserError(`${address} is not an address of this host`);
    throw error;
  } finally {
    server.close();
  }
}
