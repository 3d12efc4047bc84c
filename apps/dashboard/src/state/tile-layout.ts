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
 * Packs tiles into the node's area so that a tile's area is its share of the node (at most 15 % less, where that lets one
 * more into a row) and what stays empty is what is free. Each tile goes to the topmost and then leftmost place where it
 * fits, so that the order of the input decides and a newcomer at the end moves nothing. One that fits nowhere in its own
 * shape takes a higher or flatter one; where least sizes make the sum exceed the area, rows are added below.
 */
export function layoutTiles(inputs: readonly TileInput[], area: TileArea): { tiles: TileRect[]; rows: number } {
  const free: Free = Array.from({ length: area.rows }, () => [{ from: 0, to: area.width }]);
  const tiles = inputs.map(({ id, share }) => {
    const { row, rows, x, width } = place(share, free, area);
    return { id, x, y: row * area.rowHeight, width: width - area.gap, height: rows * area.rowHeight - area.gap };
  });
  return { tiles, rows: free.length };
}

interface Shape {
  readonly rows: number;
  /** Pixels. */
  readonly width: number;
}

interface Place extends Shape {
  readonly row: number;
  readonly x: number;
}

interface Gap {
  readonly from: number;
  readonly to: number;
}

/** What is still empty, row by row, from left to right. */
type Free = (readonly Gap[])[];

/** Half a pixel of slack: shares that add up to exactly one row must not wrap by rounding. */
const slack = 0.5;

/** Takes the place for a tile. */
function place(share: number, free: Free, area: TileArea): Place {
  const own = tileSize(share, area);
  let taken = findPlace(own, free, area.rows);
  for (const shape of taken ? [] : otherShapes(own, share, area)) taken ??= findPlace(shape, free, area.rows);
  taken ??= placeBelow(own, free, area);
  for (let row = taken.row; row < taken.row + taken.rows; row++) {
    free[row] = without(free[row] ?? [], { from: taken.x, to: taken.x + taken.width });
  }
  return taken;
}

/** Of the same size and as few rows more or less as may be. */
function otherShapes(own: Shape, share: number, area: TileArea): Shape[] {
  const size = own.rows * own.width;
  return Array.from({ length: area.rows }, (_, index) => sizeIn(index + 1, share, area))
    .filter(({ rows, width }) => rows !== own.rows && Math.abs((rows * width) / size - 1) <= mostNarrowed)
    .sort((a, b) => Math.abs(a.rows - own.rows) - Math.abs(b.rows - own.rows));
}

/** The topmost and then leftmost place within so many rows. */
function findPlace(shape: Shape, free: Free, rows: number): Place | undefined {
  for (let row = 0; row + shape.rows <= rows; row++) {
    const all = free.slice(row, row + shape.rows);
    const begins = all.flatMap((gaps) => gaps.map(({ from }) => from)).sort((a, b) => a - b);
    const x = begins.find((begin) => all.every((gaps) => gaps.some((gap) => holds(gap, begin, shape.width))));
    if (x !== undefined) return { ...shape, row, x };
  }
  return undefined;
}

function placeBelow(shape: Shape, free: Free, area: TileArea): Place {
  for (;;) {
    const place = findPlace(shape, free, free.length);
    if (place) return place;
    free.push([{ from: 0, to: area.width }]);
  }
}

function holds({ from, to }: Gap, begin: number, width: number): boolean {
  return from <= begin && begin + width <= to + slack;
}

function without(gaps: readonly Gap[], { from, to }: Gap): Gap[] {
  return gaps.flatMap((gap) => {
    if (gap.to <= from || to <= gap.from) return [gap];
    const rest = [
      { from: gap.from, to: from },
      { from: to, to: gap.to },
    ];
    return rest.filter((part) => part.to - part.from > slack);
  });
}

/** Rows and width of a tile: as few rows as keep it from becoming a ribbon. */
export function tileSize(share: number, area: TileArea): Shape {
  const length = share * area.width * area.rows;
  let rows = 1;
  while (rows < area.rows && (length / rows > area.width || length / rows > widest * rows * area.rowHeight)) rows++;
  return sizeIn(rows, share, area);
}

function sizeIn(rows: number, share: number, area: TileArea): Shape {
  const length = share * area.width * area.rows;
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
