import { createHash } from 'node:crypto';
import { type PauseArchitecture, pauseProgram } from './pause-program.ts';

/** The image of the containers that hold the namespaces of pods. */
export const pauseImage = 'gantry/pause:1';

/** Marks the image, so that nobody takes it for a user's. */
export const pauseImageLabel = 'io.gantry.image';

const blockBytes = 512;

/**
 * The pause image as an archive for the engine's `POST /images/load`. The same bytes each time: an image that is there
 * already is left as it is, whoever loads it. Throws for a machine without a pause program.
 */
export function pauseImageArchive(architecture: string): Buffer {
  if (!isKnown(architecture)) {
    throw new Error(
      `pods with several containers need amd64 or arm64, this engine is ${architecture}: there is no pause program for it`,
    );
  }
  const layer = tar([{ name: 'pause', mode: 0o755, content: pauseProgram(architecture) }]);
  const config = Buffer.from(
    JSON.stringify({
      architecture,
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config: { Entrypoint: ['/pause'], Labels: { [pauseImageLabel]: 'pause' } },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
      history: [{ created: '1970-01-01T00:00:00Z', created_by: 'gantry' }],
    }),
  );
  const configName = `${sha256(config)}.json`;
  const manifest = [{ Config: configName, RepoTags: [pauseImage], Layers: ['layer.tar'] }];
  return tar([
    { name: 'manifest.json', mode: 0o644, content: Buffer.from(JSON.stringify(manifest)) },
    { name: configName, mode: 0o644, content: config },
    { name: 'layer.tar', mode: 0o644, content: layer },
  ]);
}

function isKnown(architecture: string): architecture is PauseArchitecture {
  return architecture === 'amd64' || architecture === 'arm64';
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

interface TarFile {
  readonly name: string;
  readonly mode: number;
  readonly content: Buffer;
}

function tar(files: readonly TarFile[]): Buffer {
  const blocks = files.flatMap((file) => {
    const padding = Buffer.alloc((blockBytes - (file.content.length % blockBytes)) % blockBytes);
    return [tarHeader(file), file.content, padding];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

/** A ustar header: a regular file of root from 1970. */
function tarHeader({ name, mode, content }: TarFile): Buffer {
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, length: number) => {
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  };
  header.write(name, 0, 'latin1');
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(content.length, 124, 12);
  octal(0, 136, 12);
  header.write('        0', 148, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return header;
}
