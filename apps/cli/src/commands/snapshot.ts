import { type ImageFacts, transferPaths } from '@gantry/api-types/protocol';
import { connect } from '../api/kubeconfig.ts';
import { nodeImage } from '../images/image-source.ts';
import { mebibytes, sendImage } from '../images/send-image.ts';
import type { Terminal } from '../output/terminal.ts';
import { chooseNodes } from './image.ts';

export interface SnapshotOptions {
  readonly dataDir: string;
  readonly namespace: string;
  readonly pod: string;
  /** The name that the new image gets. */
  readonly image: string;
  /** Needed where the pod has several. */
  readonly container?: string;
  /** Nodes that get the image, too. */
  readonly to: readonly string[];
}

/** Files are copied on the node: for a large container that takes a while. */
const commitTimeoutMs = 30 * 60_000;

/** `gantry snapshot`: the files of a running container as an image on its node, and on others where wanted. */
export async function snapshot(terminal: Terminal, options: SnapshotOptions): Promise<void> {
  const api = await connect(options.dataDir);
  try {
    const to = options.to.length > 0 ? await chooseNodes(api, options.to) : [];
    const { image, container } = options;
    const { node, ...facts } = await api.json<ImageFacts & { readonly node: string }>({
      method: 'POST',
      path: transferPaths.snapshot(options.namespace, options.pod),
      body: { image, ...(container === undefined ? {} : { container }) },
      timeoutMs: commitTimeoutMs,
    });
    const contents = `${mebibytes(facts.sizeBytes)}, ${facts.layers.length} layers: files, no memory`;
    terminal.line(`${image} is on ${node} now (${contents})`);
    const others = to.filter((name) => name !== node);
    if (others.length > 0) await sendImage(api, terminal, nodeImage(api, node, facts), others);
  } finally {
    api.close();
  }
}
