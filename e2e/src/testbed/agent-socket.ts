import { randomBytes } from 'node:crypto';
import { request } from 'node:https';
import type { Duplex } from 'node:stream';
import { agentProtocol } from '@gantry/api-types/protocol';

/** Where a controller's agents connect, and the CA it is checked against. */
export interface AgentEndpoint {
  readonly server: string;
  readonly caPem: string;
}

/** What the controller answers to a joining host. */
export async function joinAs(
  { server, caPem }: AgentEndpoint,
  join: { readonly bootstrapToken: string; readonly nodeName: string },
): Promise<{ status: number; body: { message?: string; token?: string } }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: { token?: string } }>();
  const headers = { authorization: `Bearer ${join.bootstrapToken}`, 'content-type': 'application/json' };
  const call = request(new URL(agentProtocol.joinPath, server), { method: 'POST', ca: caPem, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as { token?: string } }),
    );
  });
  call.on('error', reject);
  call.end(JSON.stringify({ nodeName: join.nodeName }));
  return promise;
}

/** A connection to the agents' path on which bytes can be sent that no WebSocket library would. */
export interface RawAgentSocket {
  /** 101 where the controller took the connection, else how it refused. */
  readonly status: number;
  send(bytes: Uint8Array): void;
  /** Resolves with all that came once the controller has closed the connection. */
  readonly closed: Promise<Buffer>;
}

/** Opens the agents' WebSocket with a node's credential, by hand. */
export function openAgentSocket({ server, caPem }: AgentEndpoint, credential: string): Promise<RawAgentSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<RawAgentSocket>();
  const call = request(new URL(agentProtocol.sessionPath, server), {
    ca: caPem,
    agent: false,
    headers: {
      authorization: `Bearer ${credential}`,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
    },
  });
  call.on('error', reject);
  call.on('response', ({ statusCode = 0 }) => {
    call.destroy();
    resolve({ status: statusCode, send: () => undefined, closed: Promise.resolve(Buffer.alloc(0)) });
  });
  call.on('upgrade', (_response, socket: Duplex, head: Buffer) => {
    const received = [head];
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk);
      // The closing handshake, or the server would wait for it.
      if (closeCodeIn(Buffer.concat(received)) !== undefined) socket.end();
    });
    // A reset counts as closed, too.
    socket.on('error', () => socket.destroy());
    const closed = new Promise<Buffer>((done) => socket.on('close', () => done(Buffer.concat(received))));
    socket.on('end', () => socket.end());
    resolve({ status: 101, send: (bytes) => socket.write(bytes), closed });
  });
  call.end();
  return promise;
}

/** One final frame as a client sends it: masked with zeros, so that the payload stands there as it is. */
export function clientFrame(opcode: number, payload: Uint8Array): Buffer {
  const isShort = payload.length <= 125;
  const header = Buffer.alloc(isShort ? 6 : 8);
  header.writeUInt8(0x80 | opcode, 0);
  header.writeUInt8(0x80 | (isShort ? payload.length : 126), 1);
  if (!isShort) header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}

/** The code of the close frame in what a server sent; undefined where it closed without one. */
export function closeCodeIn(received: Buffer): number | undefined {
  let rest = received;
  while (rest.length >= 2) {
    const short = rest.readUInt8(1) & 0x7f;
    const [start, length] =
      short < 126 ? [2, short] : short === 126 ? [4, rest.readUInt16BE(2)] : [10, Number(rest.readBigUInt64BE(2))];
    if ((rest.readUInt8(0) & 0x0f) === 8 && length >= 2) return rest.readUInt16BE(start);
    rest = rest.subarray(start + length);
  }
  return undefined;
}
