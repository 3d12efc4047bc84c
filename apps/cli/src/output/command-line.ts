import { relative } from 'node:path';

/** A word for a POSIX shell, quoted where it has to be. */
export function quote(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** ` --data-dir DIR` for a command about that directory's cluster; empty for the directory that is meant anyway. */
export function dataDirOption(dataDir: string): string {
  return relative(process.cwd(), dataDir) === '.gantry' ? '' : ` --data-dir ${quote(dataDir)}`;
}

/** What ends the cluster of a data directory and removes it. */
export function downCommand(dataDir: string): string {
  return npmCommand('npm run down', dataDirOption(dataDir));
}

/** What starts the cluster of a data directory, or takes it up again. `options` begin with a space each. */
export function startCommand(dataDir: string, options = ''): string {
  return npmCommand('npm start', options + dataDirOption(dataDir));
}

function npmCommand(command: string, options: string): string {
  return options === '' ? command : `${command} --${options}`;
}
