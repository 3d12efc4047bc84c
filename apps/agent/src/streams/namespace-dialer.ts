import { type ChildProcess, spawn } from 'node:child_process';
import { readlink } from 'node:fs/promises';
import { Socket } from 'node:net';

/** How long a helper waits for the next connection to its pod. */
const idleMs = 30_000;
const answerTimeoutMs = 15_000;

/**
 * Runs in the pod's network namespace: connects to its loopback and hands the sockets back over the channel to the
 * agent, which carries the bytes itself. A socket stays in the namespace that it was made in.
 */
const program = `
const { connect } = require('node:net');
process.on('message', ({ id, port }) => {
  const attempt = (hosts) => {
    const socket = connect({ host: hosts[0], port, allowHalfOpen: true });
    socket.once('error', (error) => {
      if (hosts.length > 1) attempt(hosts.slice(1));
      else process.send({ id, error: error.message });
    });
    socket.once('connect', () => { socket.pause(); process.send({ id }, socket, { keepOpen: false }); });
  };
  attempt(['127.0.0.1', '::1']);
});
process.on('disconnect', () => process.exit());
`;

interface Helper {
  readonly child: ChildProcess;
  readonly waiting: Map<number, { resolve: (socket: Socket) => void; reject: (error: Error) => void }>;
  nextId: number;
  idle: NodeJS.Timeout | undefined;
}

/**
 * Connections from within pods' network namespaces, for ports that listen on the pod's 127.0.0.1 only. Needs an agent
 * that runs as root on the engine's own host, and nsenter(1) of util-linux there.
 */
export class NamespaceDialers {
  /** By namespace. */
  readonly #helpers = new Map<string, Helper>();

  /** Connects to a port on the loopback of the network namespace of a process. Rejects where it cannot, saying why. */
  async dial(pid: number, port: number): Promise<Socket> {
    const namespace = await namespaceOf(pid);
    const helper = this.#helpers.get(namespace) ?? this.#start(namespace, pid);
    clearTimeout(helper.idle);
    const id = helper.nextId;
    helper.nextId += 1;
    try {
      return await new Promise<Socket>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('no answer from within the pod')), answerTimeoutMs);
        const settled = <T>(settle: (value: T) => void) => {
          return (value: T) => {
            clearTimeout(timer);
            settle(value);
          };
        };
        helper.waiting.set(id, { resolve: settled(resolve), reject: settled(reject) });
        helper.child.send({ id, port }, (error) => {
          if (error) helper.waiting.get(id)?.reject(error);
        });
      });
    } finally {
      helper.waiting.delete(id);
      if (helper.waiting.size === 0) helper.idle = setTimeout(() => helper.child.kill('SIGKILL'), idleMs).unref();
    }
  }

  stop(): void {
    for (const { child } of this.#helpers.values()) child.kill('SIGKILL');
  }

  #start(namespace: string, pid: number): Helper {
    const enter = [`--net=/proc/${pid}/ns/net`, process.execPath, '--max-old-space-size=32', '-e', program];
    const child = spawn('nsenter', enter, {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // Nothing of the agent's own settings (its join token among them) is of use there.
      env: { PATH: process.env.PATH },
    });
    // Ends with the agent, which must not wait for it.
    child.unref();
    child.channel?.unref();
    const helper: Helper = { child, waiting: new Map(), nextId: 1, idle: undefined };
    this.#helpers.set(namespace, helper);
    child.on('message', (message: { id: number; error?: string }, handle: unknown) => {
      const waiting = helper.waiting.get(message.id);
      if (handle instanceof Socket) {
        // The program's wish for half-open connections does not travel with the socket.
        handle.allowHalfOpen = true;
        if (waiting) waiting.resolve(handle);
        else handle.destroy();
      } else waiting?.reject(new Error(message.error ?? 'the connection was lost on its way'));
    });
    const onGone = (why: string) => {
      if (this.#helpers.get(namespace) === helper) this.#helpers.delete(namespace);
      clearTimeout(helper.idle);
      for (const { reject } of helper.waiting.values()) reject(new Error(why));
    };
    child.once('error', (error: NodeJS.ErrnoException) =>
      onGone(error.code === 'ENOENT' ? 'nsenter(1) is missing on the host: install util-linux' : error.message),
    );
    child.once('exit', () =>
      onGone("the pod's network namespace cannot be entered: the agent must run as root on the engine's host"),
    );
    return helper;
  }
}

async function namespaceOf(pid: number): Promise<string> {
  try {
    if (pid > 0) return await readlink(`/proc/${pid}/ns/net`);
  } catch {
    // Told below: no such process here, or not ours to look at.
  }
  throw new Error(
    "the pod's network namespace is not on this host: ports on 127.0.0.1 of a pod need an agent that runs as root on the engine's host",
  );
}
