import { closeSync, existsSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** A network namespace held open, so that it cannot become another's while it is worked on. */
export class NetworkNamespace implements Disposable {
  readonly fd: number;
  #isOpen = true;

  constructor(fd: number) {
    this.fd = fd;
  }

  [Symbol.dispose](): void {
    if (this.#isOpen) closeSync(this.fd);
    this.#isOpen = false;
  }
}

/** How often a starting container is looked at; its namespace is there for 200 ms and more before its program runs. */
const pollMs = 8;

/**
 * The network namespace of a container that is being started, as soon as there is one: `procsFile` is its cgroup's
 * `cgroup.procs`. Undefined once `signal` aborts; a container that shares the host's namespace never has one.
 */
export async function awaitNamespace(procsFile: string, signal: AbortSignal): Promise<NetworkNamespace | undefined> {
  while (!signal.aborted) {
    const namespace = findNamespace(procsFile);
    if (namespace) return namespace;
    await setTimeout(pollMs);
  }
  return undefined;
}

/** The namespace of the process; undefined where it is gone or in the host's. */
export function openNamespace(pid: number | string): NetworkNamespace | undefined {
  let fd: number;
  try {
    fd = openSync(`/proc/${pid}/ns/net`, 'r');
  } catch {
    // It has ended.
    return undefined;
  }
  if (fstatSync(fd).ino !== statSync('/proc/self/ns/net').ino) return new NetworkNamespace(fd);
  closeSync(fd);
  return undefined;
}

function findNamespace(procsFile: string): NetworkNamespace | undefined {
  if (!existsSync(procsFile)) return undefined;
  let pids: string[];
  try {
    pids = readFileSync(procsFile, 'utf8').split('\n').filter(Boolean);
  } catch {
    // Removed in between: the start failed.
    return undefined;
  }
  // The engine's helper enters the cgroup in the host's namespace first.
  for (const pid of pids) {
    const namespace = openNamespace(pid);
    if (namespace) return namespace;
  }
  return undefined;
}
