import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiError } from '@gantry/api-types';
import { streamChannels, type TransferRequest } from '@gantry/api-types/protocol';
import { copyStream } from '@gantry/core/streams/copy-stream';
import type { IncomingStream } from '@gantry/core/streams/stream-acceptor';
import type { NodePods } from '../node-api.ts';
import { packDirectory, unpackDirectory } from './volume-archive.ts';

type VolumeRequest = Extract<TransferRequest, { kind: 'readVolume' | 'writeVolume' }>;

/** The files of a volume that this node made for a claim, out or in. */
export async function serveVolumeData(pods: NodePods, request: VolumeRequest, stream: IncomingStream): Promise<void> {
  const directory = directoryOf(pods, request.volume);
  stream.accept();
  const data = stream.channel(streamChannels.data);
  if (request.kind === 'writeVolume') {
    data.end(JSON.stringify(await unpackDirectory(data, directory)));
    return;
  }
  const found = await stat(directory).catch(() => undefined);
  // Made when the first pod mounts it: until then it is as good as empty.
  if (!found) throw new ApiError('NotFound', `volume ${request.volume} holds nothing yet`);
  const archive = packDirectory(directory);
  stream.signal.addEventListener('abort', () => archive.destroy(), { once: true });
  return copyStream(archive, data);
}

/** Only what is right below the directory of claims: a name is not a path. */
function directoryOf({ claimsDirectory }: NodePods, volume: string): string {
  if (
    claimsDirectory !== undefined &&
    /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(volume) &&
    !volume.includes('..')
  ) {
    return join(claimsDirectory, volume);
  }
  throw new ApiError('BadRequest', `the node keeps no volume ${volume}`);
}
