import { type Command, Option } from 'commander';
import type { Terminal } from './output/terminal.ts';
import { changesHelp } from './scheduling/parse-changes.ts';

interface Flags {
  dataDir?: string;
  namespace: string;
}

/** `gantry simulate …`. */
export function addSchedulingCommands(
  program: Command,
  terminal: Terminal,
  dataDirOf: (flags: { dataDir?: string }) => string,
): void {
  program
    .command('simulate [change...]')
    .description('what the scheduler would do, without doing it; without changes: what waits now and why')
    .option('-n, --namespace <name>', 'of the workloads named', 'default')
    .option('--suggest', 'look for what would let the waiting pods fit', false)
    .addOption(new Option('-o, --output <format>', 'output format').choices(['json', 'yaml']))
    .addHelpText('after', `\n${changesHelp}`)
    // The changes have options of their own.
    .allowUnknownOption()
    .allowExcessArguments()
    .action(
      async (_words: string[], flags: Flags & { suggest: boolean; output?: 'json' | 'yaml' }, command: Command) => {
        const { simulate } = await import('./commands/simulate.ts');
        await simulate(terminal, {
          dataDir: dataDirOf(flags),
          namespace: flags.namespace,
          words: command.args,
          suggest: flags.suggest,
          ...(flags.output === undefined ? {} : { output: flags.output }),
        });
      },
    );
}
