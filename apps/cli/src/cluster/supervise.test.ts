import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { quietTerminal } from '../output/testing/quiet-terminal.ts';
import type { StartedProcess } from './processes.ts';
import { type Supervision, superviseProcesses } from './supervise.ts';

const started: StartedProcess[] = [];
afterEach(() => {
  for (const { child } of started.splice(0)) child.kill('SIGKILL');
});

async function start(name: string): Promise<StartedProcess> {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const process = { name, pid: child.pid ?? 0, startedAt: '', logPath: `/logs/${name}.log`, child };
  started.push(process);
  return process;
}

async function cluster(overrides: Partial<Supervision<StartedProcess>> = {}) {
  const stop = new AbortController();
  const terminal = quietTerminal();
  const controller = await start('the controller');
  const agent = await start('the agent of node-1');
  const restarts: StartedProcess[] = [];
  const restart = async ({ name }: StartedProcess) => {
    const again = await start(name);
    restarts.push(again);
    return again;
  };
  const backoff = { baseMs: 1, maxMs: 2 };
  const options = { controller, agents: [agent], restart, signal: stop.signal, backoff, ...overrides };
  return { stop, terminal, controller, agent, restarts, done: superviseProcesses(terminal, options) };
}

it('starts an agent that ended again, every time, and says so', async () => {
  const { stop, terminal, agent, restarts, done } = await cluster();
  agent.child.kill('SIGKILL');
  await expect.poll(() => restarts.length).toBe(1);
  restarts[0]?.child.kill('SIGKILL');
  await expect.poll(() => restarts.length).toBe(2);
  stop.abort();
  await done;
  expect(terminal.lines.slice(0, 2)).toEqual([
    'warning: the agent of node-1 ended unexpectedly (SIGKILL; its log is /logs/the agent of node-1.log): it is started again in 0.001 s',
    'the agent of node-1 is started again',
  ]);
  expect(restarts[1]?.child.exitCode).toBeNull();
});

it('starts one again that ended before it was looked after', async () => {
  const agent = await start('the agent of node-2');
  agent.child.kill('SIGKILL');
  await once(agent.child, 'exit');
  const { stop, restarts, done } = await cluster({ agents: [agent] });
  await expect.poll(() => restarts.length).toBe(1);
  stop.abort();
  await done;
});

it('goes on trying where a start fails, longer apart each time', async () => {
  let attempts = 0;
  const stop = new AbortController();
  const restart = () => {
    attempts += 1;
    if (attempts === 3) stop.abort();
    return Promise.reject(new Error('no memory'));
  };
  const { terminal, agent, done } = await cluster({ restart, signal: stop.signal });
  agent.child.kill('SIGKILL');
  await done;
  expect(terminal.lines.map((line) => line.slice(-7))).toEqual(['0.001 s', '0.002 s', '0.002 s', '0.002 s']);
  expect(terminal.lines[1]).toContain('the agent of node-1 could not be started again: no memory');
});

it('ends with the controller, naming its log, and leaves the agents', async () => {
  const { controller, agent, done } = await cluster();
  controller.child.kill('SIGKILL');
  await expect(done).rejects.toThrow(
    'the controller ended unexpectedly (SIGKILL); its log is /logs/the controller.log',
  );
  expect(agent.child.signalCode).toBeNull();
});

it('waits for a restart that is under way before it ends', async () => {
  const { promise, resolve } = Promise.withResolvers<StartedProcess>();
  const { promise: isAsked, resolve: ask } = Promise.withResolvers<void>();
  const restart = () => {
    ask();
    return promise;
  };
  const { stop, agent, done } = await cluster({ restart });
  agent.child.kill('SIGKILL');
  await isAsked;
  stop.abort();
  let isDone = false;
  const marked = done.then(() => {
    isDone = true;
  });
  await new Promise((next) => setImmediate(next));
  expect(isDone).toBe(false);
  resolve(await start('the agent of node-1'));
  await marked;
});
