/** A pod to place: `share` is the part of the node it requests, 0 to 1. */
export interface TileInput {
  readonly id: string;
  readonly share: number;
}

/** Pixels, relative to the node's tile area. */
export interface TileRect {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface TileArea {
  /** Pixels. */
  readonly width: number;
  /** Rows that stand for the whole allocatable amount. */
  readonly rows: number;
  readonly rowHeight: number;
  readonly gap: number;
  /** Smallest tile, so that a pod that requests nothing can still be seen and hit. */
  readonly minWidth: number;
}

/** A tile may be this many times wider than high before it takes another row. */
const widest = 3.2;

/**
 * Packs tiles into the node's area so that a tile's area is its share of the node (at most 15 % less, where that lets one more into a row) and what stays empty is what is free.
 * Each tile goes to the topmost row where it fits, so that the order of the input decides and a newcomer at the end moves
 * nothing. Where least sizes make the sum exceed the area, rows are added below.
 */
export function layoutTiles(inputs: readonly TileInput[], area: TileArea): { tiles: TileRect[]; rows: number } {
  const ends: number[] = new Array(area.rows).fill(0);
  const tiles = inputs.map((input) => {
    const { rows, width } = tileSize(input.share, area);
    const row = firstRowThatFits(ends, rows, width, area.width);
    const x = reach(ends, row, rows);
    for (let r = row; r < row + rows; r++) ends[r] = x + width;
    return {
      id: input.id,
      x,
      y: row * area.rowHeight,
      width: width - area.gap,
      height: rows * area.rowHeight - area.gap,
    };
  });
  return { tiles, rows: ends.length };
}

/** Rows and width of a tile: as few rows as keep it from becoming a ribbon. */
export function tileSize(share: number, area: TileArea): { rows: number; width: number } {
  const length = share * area.width * area.rows;
  let rows = 1;
  while (rows < area.rows && (length / rows > area.width || length / rows > widest * rows * area.rowHeight)) rows++;
  const width = Math.min(area.width, Math.max(length / rows, area.minWidth));
  return { rows, width: fillRow(width, area.width) };
}

/** A width may be narrowed by this part of itself. */
const mostNarrowed = 0.15;

/**
 * Narrows a tile a little where one more then fits into its row: else equal tiles leave a strip at the end of every row,
 * and a node looks full that is not.
 */
function fillRow(width: number, areaWidth: number): number {
  const perRow = Math.ceil(areaWidth / width - 1e-6);
  const narrowed = areaWidth / perRow;
  return perRow > 1 && narrowed >= width * (1 - mostNarrowed) ? narrowed : width;
}

function firstRowThatFits(ends: readonly number[], rows: number, width: number, areaWidth: number): number {
  for (let row = 0; ; row++) {
    // Half a pixel of slack: shares that add up to exactly one row must not wrap by rounding.
    if (reach(ends, row, rows) + width <= areaWidth + 0.5) return row;
  }
}

function reach(ends: readonly number[], row: number, rows: number): number {
  let end = 0;
  for (let r = row; r < row + rows; r++) end = Math.max(end, ends[r] ?? 0);
  return end;
}
