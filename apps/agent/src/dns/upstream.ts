import { createSocket } from 'node:dgram';
import { readFile, stat } from 'node:fs/promises';
import { connect, isIP } from 'node:net';
import type { Clock, Logger } from '@gantry/core';
import { type Answer, decode, encode, type Packet } from 'dns-packet';
import type { Transport } from './responder.ts';

export interface UpstreamOptions {
  /** The host's servers, first come first asked; read anew when they change. */
  readonly servers: () => Promise<readonly UpstreamServer[]>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timeoutMs?: number;
}

export interface UpstreamServer {
  readonly ip: string;
  readonly port: number;
}

/** Questions under way; more are answered SERVFAIL at once. */
const maxPending = 512;
const defaultTimeoutMs = 2_000;
/** A server that did not answer so often in a row is left alone for a while, so that clients fail quickly. */
const maxFailures = 3;
const restMs = 5_000;
const maxMessageBytes = 65_535;

/** Asks the host's own name servers. Bounded in number and time; a failure is an answer of undefined. */
export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #failures = new Map<string, { count: number; until: number }>();
  #pending = 0;

  constructor(options: UpstreamOptions) {
    this.#options = options;
  }

  /** The answer to the message as the server gave it, with the message's id; undefined where nobody answers. */
  async ask(message: Buffer, transport: Transport): Promise<Buffer | undefined> {
    if (this.#pending >= maxPending) return undefined;
    this.#pending += 1;
    try {
      const { clock, servers } = this.#options;
      for (const server of await servers()) {
        const name = `${server.ip}:${server.port}`;
        const failed = this.#failures.get(name);
        if (failed && failed.count >= maxFailures && clock.now() < failed.until) continue;
        const answer = await this.#askOne(server, message, transport);
        if (answer) {
          this.#failures.delete(name);
          return answer;
        }
        this.#failures.set(name, { count: (failed?.count ?? 0) + 1, until: clock.now() + restMs });
      }
      return undefined;
    } finally {
      this.#pending -= 1;
    }
  }

  /** The records of a name, for an alias of ours that leads outside; none where nobody knows. */
  async resolve(name: string, type: string): Promise<readonly Answer[]> {
    const question = { name, type: type as 'A' };
    const id = Math.floor(Math.random() * 65_536);
    const answer = await this.ask(encode({ type: 'query', id, flags: 0x100, questions: [question] }), 'tcp');
    try {
      return answer ? (decode(answer).answers ?? []) : [];
    } catch {
      // What came is not DNS.
      return [];
    }
  }

  #askOne(server: UpstreamServer, message: Buffer, transport: Transport): Promise<Buffer | undefined> {
    const timeoutMs = this.#options.timeoutMs ?? defaultTimeoutMs;
    const ask = transport === 'udp' ? askByUdp : askByUdpThenTcp;
    return ask(server, message, timeoutMs);
  }
}

async function askByUdpThenTcp(
  server: UpstreamServer,
  message: Buffer,
  timeoutMs: number,
): Promise<Buffer | undefined> {
  const answer = await askByUdp(server, message, timeoutMs);
  const isTruncated = answer !== undefined && (answer.readUInt16BE(2) & 0x200) !== 0;
  return answer && !isTruncated ? answer : askByTcp(server, message, timeoutMs);
}

/** A socket of its own for each question: its random port is what makes answers hard to forge. */
function askByUdp(server: UpstreamServer, message: Buffer, timeoutMs: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIP(server.ip) === 6 ? 'udp6' : 'udp4');
    const end = (answer: Buffer | undefined) => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => end(undefined), timeoutMs);
    socket.once('error', () => end(undefined));
    socket.on('message', (answer) => {
      if (isAnswerTo(answer, message)) end(answer);
    });
    // Called with an error, too, where there is no way to the server: a socket without a peer may not send then.
    socket.connect(server.port, server.ip, ((error?: Error) => {
      if (error) end(undefined);
      else socket.send(message);
    }) as () => void);
  });
}

function askByTcp(server: UpstreamServer, message: Buffer, timeoutMs: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: server.ip, port: server.port });
    const chunks: Buffer[] = [];
    const end = (answer: Buffer | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(undefined), timeoutMs);
    socket.on('error', () => end(undefined));
    socket.on('close', () => end(undefined));
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      const all = Buffer.concat(chunks);
      const length = all.length < 2 ? maxMessageBytes : all.readUInt16BE(0);
      if (all.length >= length + 2) {
        const answer = all.subarray(2, length + 2);
        end(isAnswerTo(answer, message) ? answer : undefined);
      }
    });
    socket.write(withLength(message));
  });
}

/** DNS over TCP puts the length before each message (RFC 1035 4.2.2). */
export function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Same id, a response, and about the same question. */
function isAnswerTo(answer: Buffer, message: Buffer): boolean {
  if (answer.length < 12 || answer.readUInt16BE(0) !== message.readUInt16BE(0) || ((answer[2] ?? 0) & 0x80) === 0)
    return false;
  try {
    const of = (packet: Packet) => packet.questions?.map(({ name, type }) => `${name.toLowerCase()} ${type}`).join();
    return of(decode(answer)) === of(decode(message));
  } catch {
    return false;
  }
}

/** The servers of the host's resolv.conf, read again when it changed. `own` are addresses that we answer ourselves. */
export function hostServers(
  paths: readonly string[] = ['/run/systemd/resolve/resolv.conf', '/etc/resolv.conf'],
  own: readonly string[] = [],
): () => Promise<readonly UpstreamServer[]> {
  let known: { stamp: string; servers: readonly UpstreamServer[] } | undefined;
  return async () => {
    for (const path of paths) {
      const found = await stat(path).catch(() => undefined);
      if (!found) continue;
      const stamp = `${path} ${found.mtimeMs} ${found.size}`;
      if (known?.stamp !== stamp)
        known = { stamp, servers: parseServers(await readFile(path, 'utf8').catch(() => ''), own) };
      return known.servers;
    }
    return [];
  };
}

/** At most three, as resolvers take them. */
export function parseServers(text: string, own: readonly string[]): readonly UpstreamServer[] {
  const ips = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1] ?? '');
  return ips
    .filter((ip) => isIP(ip) !== 0 && !own.includes(ip))
    .slice(0, 3)
    .map((ip) => ({ ip, port: 53 }));
}
