// A well-behaved server and the clients that try it, in one file. Plain Node.
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { existsSync, readFileSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import { get as secureGet } from 'node:https';
import { hostname } from 'node:os';

const [program = 'idle', ...args] = process.argv.slice(2);
const programs = { serve, idle, get: getMany, lookup: look, udp, api, env, load, keep };
await programs[program](...args);

/** Serves on after SIGTERM, saying on each answer that the connection ends, until those that come have gone elsewhere. */
function serve() {
  let isLeaving = false;
  const server = createServer((_request, response) => {
    if (isLeaving) response.setHeader('connection', 'close');
    response.end(hostname());
  });
  server.keepAliveTimeout = 30_000;
  server.listen(8080);
  const socket = createSocket('udp4');
  socket.on('message', (_message, from) => socket.send(hostname(), from.port, from.address));
  socket.bind(5353);
  process.on('SIGTERM', () => {
    isLeaving = true;
    setTimeout(() => server.close(() => process.exit(0)), 3_000);
  });
}

function idle() {
  process.on('SIGTERM', () => process.exit(0));
  setInterval(() => undefined, 60_000);
}

function request(url, agent) {
  return new Promise((resolve, reject) => {
    const call = get(url, { agent, timeout: 5_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text.trim()));
      response.on('error', reject);
    });
    call.on('error', reject);
    call.on('timeout', () => call.destroy(Object.assign(new Error('no answer'), { code: 'TIMEOUT' })));
  });
}

async function getMany(url, count) {
  const answers = {};
  for (let i = 0; i < Number(count); i += 1) {
    const answer = await request(url, false).catch((error) => error.code);
    answers[answer] = (answers[answer] ?? 0) + 1;
  }
  print(answers);
}

async function look(name) {
  const found = await lookup(name, { all: true, family: 4 });
  print({ addresses: found.map(({ address }) => address) });
}

async function udp(name, port) {
  const { address } = await lookup(name, { family: 4 });
  const socket = createSocket('udp4');
  const answer = new Promise((resolve) => socket.once('message', resolve));
  socket.send('who', Number(port), address);
  print({ name: String(await answer) });
  socket.close();
}

function api() {
  const ca = readFileSync('/ca/ca.crt');
  const options = { host: 'kubernetes.default.svc', path: '/healthz', ca };
  secureGet(options, (response) => {
    const isTrusted = response.socket.authorized;
    print({ status: response.statusCode, host: response.socket.remoteAddress.split('.')[0], isTrusted });
    process.exit();
  }).on('error', (error) => print({ error: error.message }));
}

function env() {
  print({ env: process.env });
}

/**
 * Half of the callers keep their connections, half use one a request; a request that fails on a kept one is not repeated.
 * Until the time is over, or a file is there.
 */
async function load(url, ms, endFile = '/nonexistent') {
  const end = Date.now() + Number(ms);
  const failed = [];
  let sent = 0;
  const caller = async (agent) => {
    while (Date.now() < end && !existsSync(endFile)) {
      sent += 1;
      await request(url, agent).catch((error) =>
        failed.push(`${agent ? 'kept' : 'new'} ${error.code}: ${error.message}`),
      );
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const kept = () => new Agent({ keepAlive: true, maxSockets: 1 });
  await Promise.all([caller(false), caller(false), caller(kept()), caller(kept())]);
  print({ sent, failed });
  process.exit();
}

/** One connection, used all the time. */
async function keep(url, ms) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const first = await request(url, agent);
  const end = Date.now() + Number(ms);
  let answers = 0;
  while (Date.now() < end) {
    const answer = await request(url, agent).catch((error) => error.code);
    if (answer !== first) return finish({ answers, error: `${answer} instead of ${first}` });
    answers += 1;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  finish({ answers });
}

function finish(result) {
  print(result);
  process.exit();
}

function print(value) {
  process.stdout.write(JSON.stringify(value));
}
