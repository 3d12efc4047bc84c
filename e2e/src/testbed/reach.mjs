// Tells, as JSON, what can be reached from where it runs. Arguments: NAME resolves it, NAME:PORT connects to it. Plain Node.
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';

// Retransmissions of a first packet come after 1 s and 3 s: what is slower is refused in silence.
const timeoutMs = 4_000;

function resolve(name) {
  return lookup(name, { family: 4 }).then(
    () => 'resolved',
    (error) => error.code,
  );
}

function reach(name, port) {
  return new Promise((done) => {
    const socket = connect({ host: name, port: Number(port), family: 4 });
    const end = (answer) => {
      socket.destroy();
      done(answer);
    };
    // The name may be what gets no answer.
    setTimeout(() => end('no answer'), timeoutMs);
    socket.on('connect', () => end('connected'));
    socket.on('error', (error) => end(error.code));
  });
}

const answers = await Promise.all(
  process.argv.slice(2).map(async (target) => {
    const [name, port] = target.split(':');
    return [target, await (port === undefined ? resolve(name) : reach(name, port))];
  }),
);
process.stdout.write(JSON.stringify(Object.fromEntries(answers)));
process.exit();
