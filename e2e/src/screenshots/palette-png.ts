import { crc32, deflateSync, inflateSync } from 'node:zlib';

/** A quarter of the size, and of a page of few colours the eye sees no difference: at most 256 colours, one byte a pixel. */
export function shrinkPng(png: Buffer): Buffer {
  const image = readPng(png);
  const palette = choosePalette(image.pixels);
  return writePng(image, palette);
}

interface Image {
  readonly width: number;
  readonly height: number;
  /** 0xRRGGBB each. */
  readonly pixels: Uint32Array;
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** What browsers write: eight bits a channel, not interlaced, with or without alpha (which screenshots do not use). */
function readPng(png: Buffer): Image {
  const chunks = chunksOf(png);
  const header = chunks.find(({ type }) => type === 'IHDR')?.data ?? Buffer.alloc(13);
  const [width, height, colorType] = [header.readUInt32BE(0), header.readUInt32BE(4), header[9]];
  if (header[8] !== 8 || header[12] !== 0 || (colorType !== 2 && colorType !== 6))
    throw new Error('this is no PNG as browsers write it: 8 bits, RGB or RGBA, not interlaced');
  const bytes = colorType === 6 ? 4 : 3;
  const lines = unfilter(inflateSync(Buffer.concat(chunks.flatMap((c) => (c.type === 'IDAT' ? [c.data] : [])))), {
    bytes,
    stride: width * bytes,
    height,
  });
  const pixels = new Uint32Array(width * height);
  for (let i = 0; i < pixels.length; i++) pixels[i] = lines.readUIntBE(i * bytes, 3);
  return { width, height, pixels };
}

function chunksOf(png: Buffer): { readonly type: string; readonly data: Buffer }[] {
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = signature.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) });
    at += length + 12;
  }
  return chunks;
}

interface Layout {
  readonly bytes: number;
  readonly stride: number;
  readonly height: number;
}

/** PNG 9.2: each line holds differences from its neighbours, by the rule that its first byte names. */
function unfilter(filtered: Buffer, { bytes, stride, height }: Layout): Buffer {
  const lines = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const rule = filtered[y * (stride + 1)] ?? 0;
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x;
      const left = x >= bytes ? (lines[at - bytes] ?? 0) : 0;
      const up = y > 0 ? (lines[at - stride] ?? 0) : 0;
      const corner = x >= bytes && y > 0 ? (lines[at - stride - bytes] ?? 0) : 0;
      lines[at] = (filtered[y * (stride + 1) + 1 + x] ?? 0) + predict(rule, left, up, corner);
    }
  }
  return lines;
}

function predict(rule: number, left: number, up: number, corner: number): number {
  if (rule === 1) return left;
  if (rule === 2) return up;
  if (rule === 3) return (left + up) >> 1;
  if (rule !== 4) return 0;
  const [toLeft, toUp, toCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

interface Shade {
  readonly color: number;
  readonly count: number;
}

const shifts: readonly number[] = [16, 8, 0];
const channel = (color: number, shift: number): number => (color >> shift) & 0xff;

/** Written out: it is asked millions of times. */
function distance(a: number, b: number): number {
  const [red, green, blue] = [(a >> 16) - (b >> 16), ((a >> 8) & 0xff) - ((b >> 8) & 0xff), (a & 0xff) - (b & 0xff)];
  return red * red + green * green + blue * blue;
}

/** Median cut; a box of near colours is shown as its most frequent one, so that grounds and texts keep theirs exactly. */
function choosePalette(pixels: Uint32Array): number[] {
  const counts = new Map<number, number>();
  for (const color of pixels) counts.set(color, (counts.get(color) ?? 0) + 1);
  const boxes = [boxOf([...counts].map(([color, count]) => ({ color, count })))];
  while (boxes.length < 256) {
    const worst = boxes.reduce((a, b) => (b.error > a.error ? b : a));
    if (worst.error === 0) break;
    boxes.splice(boxes.indexOf(worst), 1, ...split(worst.shades).map(boxOf));
  }
  return boxes.map(({ color }) => color);
}

function boxOf(shades: readonly Shade[]): { shades: readonly Shade[]; color: number; error: number } {
  const { color } = shades.reduce((a, b) => (b.count > a.count ? b : a));
  return { shades, color, error: shades.reduce((sum, one) => sum + one.count * distance(one.color, color), 0) };
}

/** Halves the box across the channel that varies most. */
function split(shades: readonly Shade[]): [Shade[], Shade[]] {
  const spreadOf = (shift: number): number => {
    const values = shades.map(({ color }) => channel(color, shift));
    return values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b));
  };
  const widest = shifts.reduce((a, b) => (spreadOf(b) > spreadOf(a) ? b : a));
  const sorted = [...shades].sort((a, b) => channel(a.color, widest) - channel(b.color, widest));
  const half = Math.max(1, sorted.length >> 1);
  return [sorted.slice(0, half), sorted.slice(half)];
}

function writePng({ width, height, pixels }: Image, palette: readonly number[]): Buffer {
  const known = new Map<number, number>();
  const indexOf = (color: number): number => {
    const found = known.get(color);
    if (found !== undefined) return found;
    const nearest = palette.reduce(
      (best, candidate, index) => (distance(candidate, color) < distance(palette[best] ?? 0, color) ? index : best),
      0,
    );
    known.set(color, nearest);
    return nearest;
  };
  const lines = Buffer.alloc((width + 1) * height);
  for (let i = 0; i < pixels.length; i++)
    lines[Math.floor(i / width) * (width + 1) + 1 + (i % width)] = indexOf(pixels[i] ?? 0);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits a pixel, which are indices of the palette.
  header.set([8, 3], 8);
  const colors = Buffer.from(palette.flatMap((color) => shifts.map((shift) => channel(color, shift))));
  const parts = [chunk('IHDR', header), chunk('PLTE', colors), chunk('IDAT', deflateSync(lines, { level: 9 }))];
  return Buffer.concat([signature, ...parts, chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}
