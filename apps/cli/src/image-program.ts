import { type Command, Option } from 'commander';
import type { Terminal } from './output/terminal.ts';

interface Flags {
  dataDir?: string;
}

/** `gantry image …`, `snapshot`, `inspect`, `backup` and `restore`. */
export function addImageCommands(program: Command, terminal: Terminal, dataDirOf: (flags: Flags) => string): void {
  const image = program.command('image').description('images of the nodes');
  image
    .command('load <name>')
    .description('send an image of the local Docker Engine to the nodes that lack it, only the layers they lack')
    .option('--node <name...>', 'only these nodes (default: all)')
    .action(async (name: string, flags: Flags & { node?: string[] }) => {
      const { loadImage } = await import('./commands/image.ts');
      await loadImage(terminal, { dataDir: dataDirOf(flags), image: name, nodes: flags.node ?? [] });
    });
  program
    .command('snapshot <pod> <image>')
    .description("make an image of a running pod's files (not of its memory), on its node")
    .option('-n, --namespace <name>', 'the namespace', 'default')
    .option('-c, --container <name>', 'which container, where the pod has several')
    .option('--to <node...>', 'send the image to these nodes, too')
    .action(
      async (pod: string, name: string, flags: Flags & { namespace: string; container?: string; to?: string[] }) => {
        const { snapshot } = await import('./commands/snapshot.ts');
        await snapshot(terminal, {
          dataDir: dataDirOf(flags),
          namespace: flags.namespace,
          pod,
          image: name,
          to: flags.to ?? [],
          ...(flags.container === undefined ? {} : { container: flags.container }),
        });
      },
    );
  addBackupCommands(program, terminal, dataDirOf);
  addInspectCommand(program, terminal, dataDirOf);
}

function addInspectCommand(program: Command, terminal: Terminal, dataDirOf: (flags: Flags) => string): void {
  program
    .command('inspect <target>')
    .description("what a pod's containers are made of; with node/NAME: which layers the images of a node share")
    .option('-n, --namespace <name>', 'the namespace', 'default')
    .option('-c, --container <name>', 'only this container')
    .addOption(new Option('-o, --output <format>', 'output format').choices(['json']))
    .action(async (target: string, flags: Flags & { namespace: string; container?: string; output?: 'json' }) => {
      const { inspect } = await import('./commands/inspect.ts');
      await inspect(terminal, {
        dataDir: dataDirOf(flags),
        namespace: flags.namespace,
        target,
        ...(flags.container === undefined ? {} : { container: flags.container }),
        ...(flags.output === undefined ? {} : { output: flags.output }),
      });
    });
}

function addBackupCommands(program: Command, terminal: Terminal, dataDirOf: (flags: Flags) => string): void {
  program
    .command('backup <file>')
    .description('write the objects of the cluster and the files of its volumes into a file')
    .option('-n, --namespace <name...>', 'only of these namespaces (default: all)')
    .option('--no-volumes', 'objects only')
    .action(async (file: string, flags: Flags & { namespace?: string[]; volumes: boolean }) => {
      const { backup } = await import('./commands/backup.ts');
      const namespaces = flags.namespace ?? [];
      await backup(terminal, { dataDir: dataDirOf(flags), file, namespaces, withVolumes: flags.volumes });
    });
  program
    .command('restore <file>')
    .description('create what a backup holds and the cluster does not have')
    .option('-n, --namespace <name...>', 'only of these namespaces (default: all)')
    .action(async (file: string, flags: Flags & { namespace?: string[] }) => {
      const { restore } = await import('./commands/restore.ts');
      await restore(terminal, { dataDir: dataDirOf(flags), file, namespaces: flags.namespace ?? [] });
    });
}
