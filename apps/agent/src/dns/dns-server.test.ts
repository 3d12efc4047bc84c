import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { EndpointSlice, Service } from '@gantry/api-types';
import { type Answer, decode, encode, type Packet } from 'dns-packet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServiceState } from '../session/service-state.ts';
import { systemClock } from '../system-clock.ts';
import { quietLogger } from '../testing/quiet-logger.ts';
import { DnsServer } from './dns-server.ts';
import { Responder } from './responder.ts';
import { ServiceZone } from './service-zone.ts';
import { parseServers, Upstream, type UpstreamServer, withLength } from './upstream.ts';

const meta = (name: string, version: string) => ({
  name,
  namespace: 'shop',
  uid: name,
  resourceVersion: version,
  creationTimestamp: '',
});
const service = (name: string, spec: Service['spec'], version = '1'): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: meta(name, version),
  spec,
  status: {},
});
const headless = (count: number): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { ...meta('many-1', String(count)), labels: { 'kubernetes.io/service-name': 'many' } },
  addressType: 'IPv4',
  endpoints: Array.from({ length: count }, (_, i) => ({ addresses: [`10.244.${i >> 8}.${i & 255}`] })),
  ports: [],
});

/** A name server elsewhere, which knows one name. */
async function startOther(): Promise<{ server: UpstreamServer; socket: Socket; asked: string[] }> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (message, from) => {
    const { id = 0, questions = [] } = decode(message);
    const [question] = questions;
    if (!question) return;
    asked.push(question.name);
    if (question.name === 'silent.example') return;
    const answers: Answer[] = [{ type: 'A', name: question.name, ttl: 60, data: '192.0.2.80' }];
    socket.send(encode({ id, type: 'response', questions, answers }), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { server: { ip: '127.0.0.1', port: socket.address().port }, socket, asked };
}

let state: ServiceState;
let zone: ServiceZone;
let dns: DnsServer;
let other: Awaited<ReturnType<typeof startOther>>;
let servers: UpstreamServer[];

beforeEach(async () => {
  state = new ServiceState();
  state.startSync();
  state.setService(service('web', { clusterIP: '10.96.0.9', ports: [{ port: 80 }] }));
  state.finishSync();
  other = await startOther();
  servers = [other.server];
  zone = new ServiceZone({ source: state, domain: 'cluster.local', dnsIp: '10.96.0.10' });
  const upstream = new Upstream({
    servers: async () => servers,
    clock: systemClock,
    logger: quietLogger(),
    timeoutMs: 100,
  });
  const responder = new Responder(zone, upstream);
  dns = await DnsServer.listen({ responder, ip: '127.0.0.1', port: 0, logger: quietLogger() });
});

afterEach(async () => {
  zone.stop();
  await dns.stop();
  other.socket.close();
});

async function exchange(message: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4');
  socket.send(message, dns.port, dns.ip);
  const [answer] = (await once(socket, 'message')) as [Buffer];
  socket.close();
  return answer;
}

const query = (name: string, more: Partial<Packet> = {}) =>
  encode({ type: 'query', id: 7, flags: 0x100, questions: [{ name, type: 'A' }], ...more });
const ask = async (name: string, more?: Partial<Packet>) => decode(await exchange(query(name, more)));
const dataOf = ({ answers = [] }: Packet) => answers.map((answer) => ('data' in answer ? answer.data : undefined));
const rcodeOf = (packet: Packet) => (packet.flags ?? 0) & 0xf;

describe('cluster DNS', () => {
  it('answers names of Services, with authority, and learns of changes at once', async () => {
    const first = await ask('web.shop.svc.cluster.local');
    expect([first.id, first.flag_aa, first.flag_ra, dataOf(first)]).toEqual([7, true, true, ['10.96.0.9']]);
    state.setService(service('web', { clusterIP: '10.96.0.8', ports: [{ port: 80 }] }, '2'));
    expect(dataOf(await ask('web.shop.svc.cluster.local'))).toEqual(['10.96.0.8']);
    state.remove('services', 'shop/web');
    expect(rcodeOf(await ask('web.shop.svc.cluster.local'))).toBe(3);
  });

  it('says "no such name" or "not of this type" with how long that holds', async () => {
    const missing = await ask('api.example.com.shop.svc.cluster.local');
    expect([rcodeOf(missing), missing.authorities?.[0]?.type]).toEqual([3, 'SOA']);
    const other6 = await ask('web.shop.svc.cluster.local', {
      questions: [{ name: 'web.shop.svc.cluster.local', type: 'AAAA' }],
    });
    expect([rcodeOf(other6), dataOf(other6), other6.authorities?.[0]?.type]).toEqual([0, [], 'SOA']);
  });

  it('does not say "no such name" before it knows all names', async () => {
    const young = new ServiceState();
    const youngZone = new ServiceZone({ source: young, domain: 'cluster.local', dnsIp: '10.96.0.10' });
    const upstream = new Upstream({ servers: async () => [], clock: systemClock, logger: quietLogger() });
    const answer = new Responder(youngZone, upstream).respond(query('late.shop.svc.cluster.local'), 'udp');
    young.startSync();
    young.setService(service('late', { clusterIP: '10.96.0.7', ports: [{ port: 80 }] }));
    young.finishSync();
    const message = await answer;
    expect(message && dataOf(decode(message))).toEqual(['10.96.0.7']);
    youngZone.stop();
  });

  it('keeps the case of the question', async () => {
    const answer = await ask('WeB.shop.SVC.cluster.local');
    expect(answer.answers?.[0]).toMatchObject({ name: 'WeB.shop.SVC.cluster.local', data: '10.96.0.9' });
  });

  it("asks the host's servers for everything else", async () => {
    expect(dataOf(await ask('example.com'))).toEqual(['192.0.2.80']);
    expect(other.asked).toEqual(['example.com']);
  });

  it('follows an ExternalName to its address', async () => {
    state.setService(service('out', { type: 'ExternalName', externalName: 'api.example.com' }));
    expect(dataOf(await ask('out.shop.svc.cluster.local'))).toEqual(['api.example.com', '192.0.2.80']);
    state.setService(service('in', { type: 'ExternalName', externalName: 'web.shop.svc.cluster.local' }));
    expect(dataOf(await ask('in.shop.svc.cluster.local'))).toEqual(['web.shop.svc.cluster.local', '10.96.0.9']);
    state.setService(service('loop', { type: 'ExternalName', externalName: 'loop.shop.svc.cluster.local' }));
    expect(rcodeOf(await ask('loop.shop.svc.cluster.local'))).toBe(0);
  });

  it('fails where nobody answers, at once where there is nobody or all are known to be silent', async () => {
    for (let i = 0; i < 4; i += 1) expect(rcodeOf(await ask('silent.example'))).toBe(2);
    expect(other.asked).toHaveLength(3);
    servers = [];
    expect(rcodeOf(await ask('example.com'))).toBe(2);
  });

  it('asks the next server where the host has no way to one (an IPv6 server on a host without, say)', async () => {
    // No socket may be connected to everybody: the kernel refuses at once, as for lack of a route.
    servers = [{ ip: '255.255.255.255', port: 53 }, other.server];
    expect(dataOf(await ask('example.com'))).toEqual(['192.0.2.80']);
  });

  it('does not read on while questions of a connection wait for their answers', async () => {
    const upstream = new Upstream({
      servers: async () => servers,
      clock: systemClock,
      logger: quietLogger(),
      timeoutMs: 60_000,
    });
    const responder = new Responder(zone, upstream);
    const slow = await DnsServer.listen({ responder, ip: '127.0.0.1', port: 0, logger: quietLogger() });
    const socket = connect(slow.port, slow.ip);
    socket.write(withLength(query('silent.example')));
    // More than the kernel keeps for a connection.
    const many = Buffer.concat(Array<Buffer>(1_000).fill(withLength(query('web.shop.svc.cluster.local'))));
    for (let i = 0; i < 800; i += 1) socket.write(many);
    await expect.poll(() => other.asked).toEqual(['silent.example']);
    // It goes on answering others meanwhile.
    for (let i = 0; i < 200; i += 1) await ask('web.shop.svc.cluster.local');
    expect(socket.writableLength).toBeGreaterThan(0);
    socket.destroy();
    await slow.stop();
  });

  it('cuts what does not fit, fits more with EDNS, and gives all by TCP', async () => {
    state.setService(service('many', { clusterIP: 'None' }));
    state.setSlice(headless(20));
    const name = 'many.shop.svc.cluster.local';
    const cut = await ask(name);
    expect([cut.flag_tc, dataOf(cut)]).toEqual([true, []]);
    const edns = { type: 'OPT', name: '.', udpPayloadSize: 4096, extendedRcode: 0, ednsVersion: 0, flags: 0 } as Answer;
    expect(dataOf(await ask(name, { additionals: [edns] }))).toHaveLength(20);
    const socket = connect(dns.port, dns.ip);
    socket.write(Buffer.concat([withLength(query(name)), withLength(query('web.shop.svc.cluster.local'))]));
    let received = Buffer.alloc(0);
    const answers: Packet[] = [];
    while (answers.length < 2) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= received.readUInt16BE(0) + 2) {
        const end = received.readUInt16BE(0) + 2;
        answers.push(decode(received.subarray(2, end)));
        received = received.subarray(end);
      }
    }
    expect(answers.map((answer) => dataOf(answer).length)).toEqual([20, 1]);
    socket.destroy();
  });

  it('refuses what is no question and goes on', async () => {
    const header = (flags: number) => {
      const message = Buffer.alloc(12);
      message.writeUInt16BE(flags, 2);
      return message;
    };
    const rcode = async (message: Buffer) => (await exchange(message)).readUInt16BE(2) & 0xf;
    expect(await rcode(header(0x0100))).toBe(1);
    expect(await rcode(header(0x2800))).toBe(4);
    expect(await rcode(Buffer.concat([query('web.shop.svc.cluster.local').subarray(0, 20)]))).toBe(1);
    expect(dataOf(await ask('web.shop.svc.cluster.local'))).toEqual(['10.96.0.9']);
  });
});

it('takes three servers of resolv.conf, never itself', () => {
  const text =
    'search x\nnameserver 10.0.0.1\nnameserver 10.96.0.10\n nameserver fd00::1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\n';
  expect(parseServers(text, ['10.96.0.10']).map(({ ip }) => ip)).toEqual(['10.0.0.1', 'fd00::1', '10.0.0.2']);
});
