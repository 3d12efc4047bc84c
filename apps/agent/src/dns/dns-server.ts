import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '@gantry/core';
import type { Responder } from './responder.ts';
import { withLength } from './upstream.ts';

export interface DnsServerOptions {
  readonly responder: Responder;
  readonly ip: string;
  /** 0 for any. */
  readonly port: number;
  readonly logger: Logger;
}

const maxConnections = 256;
const idleMs = 10_000;
/** A connection that sends more than a message ahead of what was answered is closed. */
const maxWaitingBytes = 128 * 1024;
/** Questions of one connection that are not answered yet; it is not read meanwhile. */
const maxUnanswered = 64;

/** Answers DNS by UDP and TCP on one address and port. */
export class DnsServer {
  readonly ip: string;
  readonly port: number;
  readonly #udp: UdpSocket;
  readonly #tcp: Server;
  readonly #connections: Set<Socket>;

  private constructor(ip: string, port: number, udp: UdpSocket, tcp: Server, connections: Set<Socket>) {
    this.ip = ip;
    this.port = port;
    this.#udp = udp;
    this.#tcp = tcp;
    this.#connections = connections;
  }

  /** Rejects where the address or port cannot be had (EADDRNOTAVAIL, EADDRINUSE). */
  static async listen({ responder, ip, port, logger }: DnsServerOptions): Promise<DnsServer> {
    const udp = createSocket({ type: 'udp4', recvBufferSize: 1024 * 1024 });
    udp.bind(port, ip);
    await once(udp, 'listening').catch((error: unknown) => {
      udp.close();
      throw error;
    });
    const bound = udp.address().port;
    const connections = new Set<Socket>();
    const tcp = createServer((socket) => serveConnection(socket, responder, connections));
    tcp.maxConnections = maxConnections;
    tcp.listen(bound, ip);
    await once(tcp, 'listening').catch((error: unknown) => {
      udp.close();
      throw error;
    });
    udp.on('error', (error) => logger.warn({ err: error }, 'a DNS answer could not be sent'));
    udp.on('message', (message, from) => {
      const answer = responder.respond(message, 'udp');
      const send = (data: Buffer | undefined) => data && udp.send(data, from.port, from.address, () => undefined);
      if (answer instanceof Promise) void answer.then(send);
      else send(answer);
    });
    return new DnsServer(ip, bound, udp, tcp, connections);
  }

  async stop(): Promise<void> {
    this.#udp.close();
    for (const socket of this.#connections) socket.destroy();
    await new Promise<void>((resolve) => this.#tcp.close(() => resolve()));
  }
}

function serveConnection(socket: Socket, responder: Responder, connections: Set<Socket>): void {
  connections.add(socket);
  socket.setTimeout(idleMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('close', () => connections.delete(socket));
  let waiting: Buffer = Buffer.alloc(0);
  let last: Promise<void> = Promise.resolve();
  let unanswered = 0;
  const take = () => {
    while (unanswered < maxUnanswered && waiting.length >= 2 && waiting.length >= waiting.readUInt16BE(0) + 2) {
      const end = waiting.readUInt16BE(0) + 2;
      const message = waiting.subarray(2, end);
      waiting = waiting.subarray(end);
      unanswered += 1;
      last = last.then(async () => {
        const answer = socket.destroyed ? undefined : await responder.respond(message, 'tcp');
        if (answer && !socket.destroyed) socket.write(withLength(answer));
        unanswered -= 1;
        if (unanswered === 0) take();
      });
    }
    if (unanswered >= maxUnanswered) socket.pause();
    else socket.resume();
  };
  socket.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    if (waiting.length > maxWaitingBytes || socket.writableLength > maxWaitingBytes) return void socket.destroy();
    take();
  });
}
