/**
 * Runs on the joining host, on any Node from 18 on, with what the line of `gantry join` learned (`join`: server, ca,
 * token): fetches the agent's archive over the pinned CA, unpacks it and runs the agent in the background. Options come
 * from the environment: GANTRY_NODE_NAME, GANTRY_AGENT_DIR, GANTRY_FOREGROUND=1, and any GANTRY_AGENT_ARGS.
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
const fail = (text) => { console.error('gantry: ' + text); process.exit(1); };

fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
const archive = path.join(dir, 'agent.tgz');
const caFile = path.join(dir, 'ca.pem');
fs.writeFileSync(caFile, join.ca);
console.log('fetching the agent from ' + join.server);
https.get(join.server + '/gantry/v1/agent.tgz', { ca: join.ca, headers: { authorization: 'Bearer ' + join.token } }, (response) => {
  if (response.statusCode !== 200) {
    let text = '';
    response.on('data', (chunk) => { text += chunk; }).on('end', () => fail(text));
    return;
  }
  response.pipe(fs.createWriteStream(archive)).on('finish', install).on('error', (error) => fail(error.message));
}).on('error', (error) => fail(error.message));

function install() {
  const code = path.join(dir, 'agent');
  fs.rmSync(code, { recursive: true, force: true });
  fs.mkdirSync(code);
  const unpacked = spawnSync('tar', ['-xzf', archive, '-C', code], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (unpacked.status !== 0) fail('the archive could not be unpacked with tar');
  const extra = process.env.GANTRY_AGENT_ARGS ? JSON.parse(process.env.GANTRY_AGENT_ARGS) : [];
  const args = [path.join(code, 'agent.mjs'), '--server', join.server, '--ca-file', caFile, '--node-name', nodeName, '--data-dir', path.join(dir, 'data'), ...extra];
  const env = { ...process.env, GANTRY_JOIN_TOKEN: join.token };
  if (process.env.GANTRY_FOREGROUND) {
    const child = spawn(process.execPath, args, { stdio: 'inherit', env });
    for (const name of ['SIGTERM', 'SIGINT']) process.on(name, () => child.kill(name));
    child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
    return;
  }
  const log = path.join(dir, 'agent.log');
  const out = fs.openSync(log, 'a');
  const child = spawn(process.execPath, args, { stdio: ['ignore', out, out], env, detached: true });
  child.on('error', (error) => fail(error.message));
  child.unref();
  console.log('the agent of ' + nodeName + ' runs (pid ' + child.pid + '); its log is ' + log);
}
`;
