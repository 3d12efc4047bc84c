import { type Command, Option } from 'commander';
import type { Terminal } from './output/terminal.ts';
import { changesHelp } from './scheduling/parse-changes.ts';

interface Flags {
  dataDir?: string;
  namespace: string;
}

/** `gantry simulate …` and `gantry recommend`. */
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
  program
    .command('recommend')
    .description('what workloads should request by what they used in the last half hour')
    .option('-n, --namespace <name>', 'only of this namespace (default: all)')
    .option('--apply', 'resize the running pods in place: no container restarts', false)
    .option('--template', 'with --apply: patch the templates instead, which starts the pods anew', false)
    .addOption(new Option('-o, --output <format>', 'output format').choices(['json']))
    .action(
      async (flags: { dataDir?: string; namespace?: string; apply: boolean; template: boolean; output?: 'json' }) => {
        const { recommend } = await import('./commands/recommend.ts');
        await recommend(terminal, {
          dataDir: dataDirOf(flags),
          apply: flags.apply,
          template: flags.template,
          ...(flags.namespace === undefined ? {} : { namespace: flags.namespace }),
          ...(flags.output === undefined ? {} : { output: flags.output }),
        });
      },
    );
}
