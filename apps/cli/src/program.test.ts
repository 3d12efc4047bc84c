import { type Command, CommanderError } from 'commander';
import { expect, it } from 'vitest';
import { createTerminal } from './output/terminal.ts';
import { buildProgram } from './program.ts';

/** The program, made to throw where it would end the process. */
function program(): Command {
  const built = buildProgram(createTerminal(process.stdout));
  for (const command of [built, ...built.commands]) {
    command.exitOverride();
    command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  }
  return built;
}

const refusalOf = (...args: string[]): Promise<string> =>
  program()
    .parseAsync(args, { from: 'user' })
    .then(
      () => 'accepted',
      (error: unknown) => (error instanceof CommanderError ? error.message : String(error)),
    );

it('has the commands that the documents name', () => {
  const names = program().commands.map((command) => command.name());
  expect(names).toEqual(
    expect.arrayContaining([
      'up',
      'down',
      'apply',
      'get',
      'logs',
      'kubeconfig',
      'dashboard',
      'version',
      'join',
      'image',
      'snapshot',
      'pool',
      'simulate',
      'recommend',
      'rebalance',
      'inspect',
    ]),
  );
});

it.each([
  ['up', '--nodes', '-1'],
  ['up', '--nodes', '1.5'],
  ['up', '--port', '0'],
  ['up', '--hpa-sync-period', '0'],
  ['up', '--port', '65536'],
  ['up', '--dashboard-port', 'http'],
  ['up', '--address', 'example.org'],
  ['up', '--address', '0.0.0.0'],
  ['join', '--ttl', '0'],
  ['logs', 'web', '--tail', '-5'],
  ['get', 'pods', '-o', 'xml'],
])('refuses %s %s %s, naming the option', async (command, ...rest) => {
  const option = rest.find((arg) => arg.startsWith('-'))?.replace(/^-o$/, '--output') ?? '';
  expect(await refusalOf(command, ...rest)).toContain(option);
});

it('refuses apply without files, and commands that do not exist', async () => {
  expect(await refusalOf('apply')).toContain('--filename');
  expect(await refusalOf('upp')).toContain("unknown command 'upp'");
});

it('finds the kubeconfig of a data directory named before or after the command', async () => {
  const missing = '/nonexistent/gantry data';
  expect(await refusalOf('--data-dir', missing, 'kubeconfig')).toContain(missing);
  expect(await refusalOf('kubeconfig', '--data-dir', missing)).toContain(missing);
});
