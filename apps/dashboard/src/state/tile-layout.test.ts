import { expect, it } from 'vitest';
import { layoutTiles, type TileArea, type TileRect, tileSize } from './tile-layout.ts';

const area: TileArea = { width: 300, rows: 7, rowHeight: 26, gap: 2, minWidth: 20 };

it('gives a tile the part of the area that its pod takes of the node, or a little less', () => {
  for (const share of [0.04, 0.05, 0.1, 0.25, 0.5, 0.9, 1]) {
    const { rows, width } = tileSize(share, area);
    const part = (rows * width) / (area.rows * area.width);
    expect(part / share, String(share)).toBeLessThanOrEqual(1.00001);
    expect(part / share, String(share)).toBeGreaterThanOrEqual(0.85);
  }
});

it('adds no row for equal pods that take a part of the node that does not divide a row', () => {
  const most = Array.from({ length: 18 }, (_, i) => ({ id: `p${i}`, share: 0.05 }));
  expect(layoutTiles(most, area).rows).toBe(area.rows);
});

it('leaves no hole that a later tile fits into: only what asks for too much is below the area', () => {
  // A node whose limits add up to 58 % of it.
  const shares = [0.26, 0.08, 0.14, 0.05, 0.05, 0.05, 0.05];
  const tiles = shares.map((share, i) => ({ id: `p${i}`, share }));
  expect(layoutTiles(tiles, { width: 290, rows: 7, rowHeight: 35, gap: 2, minWidth: 20 }).rows).toBe(7);
  for (let round = 0; round < 40; round++) {
    const some = random(12, round + 1).map((value) => 0.01 + value / 10);
    const sum = some.reduce((a, b) => a + b, 0);
    // Nobody packs rectangles of any shape into all of an area.
    const most = some.map((value, i) => ({ id: `p${i}`, share: (value / sum) * 0.8 }));
    expect(layoutTiles(most, area).rows, `round ${round}`).toBe(area.rows);
  }
});

it('shows pods that request nothing', () => {
  expect(tileSize(0, area)).toEqual({ rows: 1, width: area.minWidth });
});

it('moves nothing when a pod is added at the end', () => {
  const shares = random(30).map((value, i) => ({ id: `p${i}`, share: value / 40 }));
  const before = layoutTiles(shares, area).tiles;
  expect(layoutTiles([...shares, { id: 'new', share: 0.02 }], area).tiles.slice(0, -1)).toEqual(before);
});

it('never lets tiles overlap or leave the area, whatever the requests', () => {
  for (let round = 0; round < 60; round++) {
    const shares = random(1 + round * 2, round).map((value, i) => ({ id: `p${i}`, share: value ** 3 }));
    const { tiles, rows } = layoutTiles(shares, area);
    for (const [i, tile] of tiles.entries()) {
      expect(tile.x).toBeGreaterThanOrEqual(0);
      expect(tile.x + tile.width).toBeLessThanOrEqual(area.width);
      expect(tile.y + tile.height).toBeLessThanOrEqual(rows * area.rowHeight);
      expect(tiles.slice(i + 1).filter((other) => overlap(tile, other))).toEqual([]);
    }
  }
});

it('fits a node full of equal pods', () => {
  const full = Array.from({ length: 28 }, (_, i) => ({ id: `p${i}`, share: 1 / 28 }));
  expect(layoutTiles(full, area).rows).toBe(area.rows);
});

function overlap(a: TileRect, b: TileRect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Repeatable numbers from 0 to 1. */
function random(count: number, seed = 1): number[] {
  let state = seed * 2654435761 + 12345;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  });
}
