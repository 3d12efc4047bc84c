/**
 * Runs on the joining host, on any Node from 20 on, with what the line of `gantry join` learned (`join`: server, ca,
 * token): fetches the agent's archive over the pinned CA, unpacks it, runs the agent in the background and waits until
 * it is connected. It leaves `start.sh`, which starts the agent again after a reboot and holds no secret, and `leave.sh`,
 * which undoes all of it. Options come
 * from the environment: GANTRY_NODE_NAME, GANTRY_AGENT_DIR, GANTRY_FOREGROUND=1, and GANTRY_AGENT_ARGS, a JSON array
 * of further options of the agent.
 */
export const joinScript = `
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');

const nodeName = process.env.GANTRY_NODE_NAME || os.hostname().toLowerCase();
const isRoot = process.getuid && process.getuid() === 0;
const dir = process.env.GANTRY_AGENT_DIR || (isRoot ? '/var/lib/gantry-agent' : path.join(os.homedir(), '.gantry-agent'));
const places = Object.fromEntries(['agent', 'agent.tgz', 'agent.pid', 'agent.log', 'ca.pem', 'data', 'start.sh', 'leave.sh'].map((name) => [name, path.join(dir, name)]));
const fail = (text) => { console.error('gantry: ' + text); process.exit(1); };
const quote = (text) => "'" + text.replaceAll("'", "'\\\\''") + "'";

refuseSecondAgent();
fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
fs.writeFileSync(places['ca.pem'], join.ca);
console.log('fetching the agent from ' + join.server);
https.get(join.server + '/gantry/v1/agent.tgz', { ca: join.ca, headers: { authorization: 'Bearer ' + join.token } }, (response) => {
  if (response.statusCode !== 200) {
    let text = '';
    response.on('data', (chunk) => { text += chunk; }).on('end', () => fail(messageOf(text)));
    return;
  }
  response.pipe(fs.createWriteStream(places['agent.tgz'])).on('finish', install).on('error', (error) => fail(error.message));
}).on('error', (error) => fail(error.message));

function messageOf(text) {
  try { return JSON.parse(text).message || text; } catch { return text; }
}

// Two agents of one node would take the connection from each other for ever.
function refuseSecondAgent() {
  let pid;
  try {
    pid = Number(fs.readFileSync(places['agent.pid'], 'utf8'));
    process.kill(pid, 0);
    if (fs.existsSync('/proc/self') && !fs.readFileSync('/proc/' + pid + '/cmdline', 'utf8').includes(places.agent)) return;
  } catch { return; }
  fail('an agent runs here already (pid ' + pid + '): stop it first, then run this line again');
}

function install() {
  fs.rmSync(places.agent, { recursive: true, force: true });
  fs.mkdirSync(places.agent);
  const unpacked = spawnSync('tar', ['-xzf', places['agent.tgz'], '-C', places.agent], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (unpacked.status !== 0) fail('the archive could not be unpacked with tar');
  // The credential of an earlier join may be void by now; this line brings what a new one needs.
  fs.rmSync(path.join(places.data, 'credential.json'), { force: true });
  const extra = process.env.GANTRY_AGENT_ARGS ? JSON.parse(process.env.GANTRY_AGENT_ARGS) : [];
  const args = [process.execPath, path.join(places.agent, 'agent.mjs'), '--server', join.server, '--ca-file', places['ca.pem'], '--node-name', nodeName, '--data-dir', places.data, ...extra];
  const lines = ['#!/bin/sh', '# Runs the Gantry agent of ' + nodeName + '; start it at boot.', 'echo $$ >' + quote(places['agent.pid']), 'exec ' + args.map(quote).join(' ')];
  fs.writeFileSync(places['start.sh'], lines.join('\\n') + '\\n', { mode: 0o755 });
  fs.writeFileSync(places['leave.sh'], leaveLines().join('\\n') + '\\n', { mode: 0o755 });
  const env = { ...process.env, GANTRY_JOIN_TOKEN: join.token };
  if (process.env.GANTRY_FOREGROUND) {
    const child = spawn(places['start.sh'], { stdio: 'inherit', env });
    for (const name of ['SIGTERM', 'SIGINT']) process.on(name, () => child.kill(name));
    child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
    return;
  }
  runInBackground(env);
}

// Nothing to start it again with first, whoever watches over it.
function leaveLines() {
  const agent = [process.execPath, path.join(places.agent, 'agent.mjs'), 'leave', '--data-dir', places.data].map(quote).join(' ');
  const pidFile = quote(places['agent.pid']);
  return [
    '#!/bin/sh',
    '# Takes ' + nodeName + ' out of the cluster and removes all that the agent made on this host.',
    'set -e',
    'pid=$(cat ' + pidFile + ' 2>/dev/null || true)',
    // Another program may have the number by now.
    'is_ours() { [ ! -d /proc/self ] || grep -q agent.mjs "/proc/$1/cmdline" 2>/dev/null; }',
    // In a container nobody may ask for it: it stays as a zombie.
    'has_ended() { ! kill -0 "$1" 2>/dev/null || grep -q "^State:[[:space:]]*Z" "/proc/$1/status" 2>/dev/null; }',
    'if [ -n "$pid" ] && is_ours "$pid" && kill "$pid" 2>/dev/null; then',
    '  left=\${GANTRY_STOP_SECONDS:-60}',
    '  until has_ended "$pid"; do',
    '    if [ "$left" -le 0 ]; then kill -9 "$pid" 2>/dev/null || true; fi',
    '    left=$((left - 1))',
    '    sleep 1',
    '  done',
    'fi',
    agent,
    'rm -rf ' + quote(dir),
  ];
}

function runInBackground(env) {
  const log = places['agent.log'];
  const out = fs.openSync(log, 'a');
  const start = fs.fstatSync(out).size;
  const said = () => fs.readFileSync(log).subarray(start).toString('utf8');
  const child = spawn(places['start.sh'], { stdio: ['ignore', out, out], env, detached: true });
  child.on('error', (error) => fail(error.message));
  child.on('exit', () => {
    const last = said().trim().split('\\n').at(-1);
    let reason = last;
    try { const { msg, err } = JSON.parse(last); reason = [msg, err && err.message].filter(Boolean).join(': '); } catch {}
    fail((reason || 'the agent ended at once') + ' (log: ' + log + ')');
  });
  const deadline = Date.now() + 30000;
  const timer = setInterval(() => {
    const isConnected = said().includes('connected to the controller');
    if (!isConnected && Date.now() < deadline) return;
    clearInterval(timer);
    child.removeAllListeners('exit');
    child.unref();
    console.log('the agent of ' + nodeName + (isConnected ? ' runs' : ' is not connected yet, and goes on trying') + ' (pid ' + child.pid + '); its log is ' + log);
    console.log('after a reboot start it with ' + places['start.sh'] + '; to leave the cluster run ' + places['leave.sh']);
  }, 100);
}
`;
