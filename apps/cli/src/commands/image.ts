import type { Node } from '@gantry/api-types';
import type { ApiConnection } from '../api/api-connection.ts';
import { connect } from '../api/kubeconfig.ts';
import { openEngine } from '../engine/engine.ts';
import { localImage } from '../images/image-source.ts';
import { mebibytes, sendImage } from '../images/send-image.ts';
import type { Terminal } from '../output/terminal.ts';
import { UserError } from '../output/user-error.ts';

export interface ImageLoadOptions {
  readonly dataDir: string;
  readonly image: string;
  /** All nodes where empty. */
  readonly nodes: readonly string[];
}

/** `gantry image load`: a locally built image to the nodes that lack it. */
export async function loadImage(terminal: Terminal, options: ImageLoadOptions): Promise<void> {
  const api = await connect(options.dataDir);
  try {
    const nodes = await chooseNodes(api, options.nodes);
    const source = await localImage(openEngine(), options.image);
    terminal.progress(
      `${source.reference}: ${mebibytes(source.sizeBytes)}, asking ${nodes.length} nodes what they have`,
    );
    await sendImage(api, terminal, source, nodes);
  } finally {
    api.close();
  }
}

/** The named nodes, or all. Throws `UserError` for one that is not there. */
export async function chooseNodes(api: ApiConnection, wanted: readonly string[]): Promise<string[]> {
  const { items } = await api.json<{ items: Node[] }>({ path: '/api/v1/nodes' });
  const names = items.map(({ metadata }) => metadata.name);
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new UserError(`there is no node ${unknown.join(', ')}; there are: ${names.join(', ') || 'none'}`);
  }
  if (names.length === 0) throw new UserError('the cluster has no nodes: add one with `gantry join`');
  return wanted.length > 0 ? [...new Set(wanted)] : names;
}
