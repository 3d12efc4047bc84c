import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { engine } from './test-engine.ts';

const realSocket = '/var/run/docker.sock';
const awayMs = 1_500;

/** What may happen at a call; the last two are the agent's own end, before and after the call took effect. */
export const engineFaults = [
  'loses the request',
  'loses the answer',
  'goes away for a while',
  'loses a container',
  'is never asked: the agent dies',
  'is heard by nobody: the agent has died',
] as const;
export type EngineFault = (typeof engineFaults)[number];

/** Whether the agent, and not the engine, is what fails. */
export function endsAgent(fault: EngineFault): boolean {
  return fault.endsWith('dies') || fault.endsWith('died');
}

/** The real engine behind a socket at which one call goes wrong, of a cluster's own containers. Calls that wait for events do not count. */
export class FaultyEngine implements AsyncDisposable {
  readonly socketPath: string;
  /** How often it was called since it was armed. */
  calls = 0;
  readonly #directory: string;
  readonly #cluster: string;
  readonly #server = createServer((call, answer) => void this.#serve(call, answer));
  readonly #sockets = new Set<Socket>();
  #armed: { fault: EngineFault; call: number; struck: () => void } | undefined;
  #isAway = false;

  private constructor(directory: string, cluster: string) {
    this.#directory = directory;
    this.#cluster = cluster;
    this.socketPath = join(directory, 'engine.sock');
    this.#server.keepAliveTimeout = 0;
    this.#server.on('upgrade', (call, socket, head) => this.#pass(call, socket, head));
    this.#server.on('connection', (socket) => {
      if (this.#isAway) return socket.destroy();
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(cluster: string): Promise<FaultyEngine> {
    const faulty = new FaultyEngine(await mkdtemp(join(tmpdir(), 'gantry-faulty-')), cluster);
    await new Promise<void>((resolve) => faulty.#server.listen(faulty.socketPath, resolve));
    return faulty;
  }

  /** Has it happen at the `call`-th call from now, the first being 0. Resolves when it did. */
  arm(fault: EngineFault, call: number): Promise<void> {
    this.calls = 0;
    return new Promise((struck) => {
      this.#armed = { fault, call, struck };
    });
  }

  disarm(): void {
    this.#armed = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** What goes wrong with this call; undefined where nothing does. */
  #faultOf({ url = '' }: IncomingMessage): EngineFault | undefined {
    if (/^(\/v[\d.]+)?\/events\b/.test(url)) return undefined;
    const { fault, call, struck } = this.#armed ?? {};
    const isIts = this.calls === call;
    this.calls += 1;
    if (!isIts) return undefined;
    this.#armed = undefined;
    struck?.();
    return fault;
  }

  async #serve(call: IncomingMessage, answer: ServerResponse): Promise<void> {
    const fault = this.#faultOf(call);
    if (fault === 'goes away for a while') return this.#goAway();
    if (fault === 'loses the request' || fault === 'is never asked: the agent dies') return void call.socket.destroy();
    const { method, url, headers } = call;
    const asked = request({ socketPath: realSocket, method, path: url, headers, agent: false }, (real) => {
      void this.#answer(fault, real, answer).catch(() => call.socket.destroy());
    });
    asked.on('error', () => call.socket.destroy());
    answer.on('close', () => asked.destroy());
    call.pipe(asked);
  }

  async #answer(fault: EngineFault | undefined, real: IncomingMessage, answer: ServerResponse): Promise<void> {
    if (fault === 'loses the answer' || fault === 'is heard by nobody: the agent has died') {
      real.resume();
      return void answer.socket?.destroy();
    }
    if (fault === 'loses a container') await this.#loseContainer();
    answer.writeHead(real.statusCode ?? 500, real.headers);
    answer.flushHeaders();
    real.pipe(answer);
  }

  /** A connection that the engine gives over to raw bytes. */
  #pass(call: IncomingMessage, socket: Duplex, head: Buffer): void {
    const fault = this.#faultOf(call);
    if (fault === 'goes away for a while') return this.#goAway();
    if (fault !== undefined && fault !== 'loses a container') return void socket.destroy();
    const real = connect(realSocket);
    const lines = [`${call.method} ${call.url} HTTP/1.1`];
    for (let at = 0; at < call.rawHeaders.length; at += 2)
      lines.push(`${call.rawHeaders[at]}: ${call.rawHeaders[at + 1]}`);
    real.write(`${lines.join('\r\n')}\r\n\r\n`);
    real.write(head);
    for (const one of [socket, real]) one.on('error', () => undefined);
    real.on('close', () => socket.destroy());
    socket.on('close', () => real.destroy());
    socket.pipe(real).pipe(socket);
  }

  #goAway(): void {
    this.#isAway = true;
    for (const socket of this.#sockets) socket.destroy();
    setTimeout(() => {
      this.#isAway = false;
    }, awayMs);
  }

  /** The newest of the cluster's. */
  async #loseContainer(): Promise<void> {
    const filters = encodeURIComponent(JSON.stringify({ label: [`io.gantry.cluster=${this.#cluster}`] }));
    const { body } = await engine('GET', `/containers/json?all=1&limit=1&filters=${filters}`);
    const [newest] = JSON.parse(body) as { Id: string }[];
    if (newest) await engine('DELETE', `/containers/${newest.Id}?force=1`);
  }
}
