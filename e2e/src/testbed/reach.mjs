// Tells, as JSON, what can be reached from where it runs. Arguments: NAME resolves it, NAME:PORT connects to it. Plain Node.
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';

// Names are looked up a few at a time. First packets are sent again after 1 s and 3 s: what takes longer is refused in silence.
const lookupMs = 8_000;
const connectMs = 4_000;
const lookups = new Map();

function addressOf(name) {
  const found = lookups.get(name) ?? Promise.race([lookup(name, { family: 4 }), silence(lookupMs)]);
  lookups.set(name, found);
  return found;
}

function silence(ms) {
  return new Promise((_, reject) => setTimeout(() => reject(Object.assign(new Error(), { code: 'no answer' })), ms));
}

function open(address, port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: Number(port) });
    socket.on('connect', () => resolve(socket.destroy()));
    socket.on('error', reject);
  });
}

async function reach(target) {
  const [name, port] = target.split(':');
  try {
    const { address } = await addressOf(name);
    if (port === undefined) return 'resolved';
    await Promise.race([open(address, port), silence(connectMs)]);
    return 'connected';
  } catch (error) {
    return error.code;
  }
}

const targets = process.argv.slice(2);
const answers = await Promise.all(targets.map(reach));
process.stdout.write(JSON.stringify(Object.fromEntries(targets.map((target, i) => [target, answers[i]]))));
process.exit();
