/**
 * What a convolution, a ReLU and a max pooling do to numbers: all of it, and nothing about drawing.
 * @typedef {{rows: number, columns: number, cells: number[]}} Grid numbers, row by row
 * @typedef {{stride: number, padding: number}} Steps how a filter walks; the padding is that of each side
 * @typedef {{row: number, column: number, inside: boolean, input: number, weight: number, product: number}} Term
 */

/** @param {number} rows @param {number} columns @param {number[]} cells @returns {Grid} */
export function gridOf(rows, columns, cells) {
  if (cells.length !== rows * columns) throw new RangeError(`expected ${rows * columns} cells; got ${cells.length}`);
  return { rows, columns, cells };
}

/**
 * How many places a filter finds along one side.
 * @param {number} size @param {number} filter @param {Steps} steps @returns {number}
 */
export function places(size, filter, { stride, padding }) {
  return Math.floor((size + 2 * padding - filter) / stride) + 1;
}

/**
 * Where the filter's first cell lies for one output cell; -1 is the padding's row above the picture.
 * @param {number} row @param {number} column @param {Steps} steps @returns {{row: number, column: number}}
 */
export function windowAt(row, column, { stride, padding }) {
  return { row: row * stride - padding, column: column * stride - padding };
}

/**
 * Every product that one output cell adds up. Beside the picture, padding counts as 0.
 * @param {Grid} picture @param {Grid} filter @param {Steps} steps @param {number} row @param {number} column
 * @returns {Term[]}
 */
export function termsAt(picture, filter, steps, row, column) {
  const first = windowAt(row, column, steps);
  return filter.cells.map((weight, index) => {
    const y = first.row + Math.floor(index / filter.columns);
    const x = first.column + (index % filter.columns);
    const inside = y >= 0 && x >= 0 && y < picture.rows && x < picture.columns;
    const input = inside ? picture.cells[y * picture.columns + x] : 0;
    return { row: y, column: x, inside, input, weight, product: clean(input * weight) };
  });
}

/**
 * The sum of the products at each place, and the bias.
 * @param {Grid} picture @param {Grid} filter @param {number} bias @param {Steps} steps @returns {Grid}
 */
export function convolve(picture, filter, bias, steps) {
  const rows = places(picture.rows, filter.rows, steps);
  const columns = places(picture.columns, filter.columns, steps);
  const sum = (row, column) =>
    clean(termsAt(picture, filter, steps, row, column).reduce((total, term) => total + term.product, bias));
  return gridOf(
    rows,
    columns,
    indices(rows * columns).map((index) => sum(Math.floor(index / columns), index % columns)),
  );
}

/**
 * The output cells that one cell of the picture goes into.
 * @param {number} cell @param {Grid} picture @param {Grid} filter @param {Steps} steps @returns {number[]}
 */
export function usesOf(cell, picture, filter, steps) {
  const [y, x] = [Math.floor(cell / picture.columns), cell % picture.columns];
  const columns = places(picture.columns, filter.columns, steps);
  return indices(places(picture.rows, filter.rows, steps) * columns).filter((index) => {
    const { row, column } = windowAt(Math.floor(index / columns), index % columns, steps);
    return y >= row && y < row + filter.rows && x >= column && x < column + filter.columns;
  });
}

/** Keeps what is above zero, and makes the rest zero. @param {Grid} grid @returns {Grid} */
export function relu(grid) {
  return { ...grid, cells: grid.cells.map((value) => Math.max(0, value)) };
}

/**
 * The largest of each 2 x 2 window, and who that was; equals win together.
 * @param {Grid} grid
 * @param {boolean} edges whether windows that hang over the edge count, with the cells that they have
 * @returns {{grid: Grid, windows: {cells: number[], winners: number[]}[]}} cells are indices into the grid
 */
export function maxPool(grid, edges) {
  const halved = edges ? Math.ceil : Math.floor;
  const rows = halved(grid.rows / 2);
  const columns = halved(grid.columns / 2);
  const windows = indices(rows * columns).map((index) => {
    const top = 2 * Math.floor(index / columns);
    const left = 2 * (index % columns);
    const cells = [
      [top, left],
      [top, left + 1],
      [top + 1, left],
      [top + 1, left + 1],
    ]
      .filter(([row, column]) => row < grid.rows && column < grid.columns)
      .map(([row, column]) => row * grid.columns + column);
    const largest = Math.max(...cells.map((cell) => grid.cells[cell]));
    return { cells, winners: cells.filter((cell) => grid.cells[cell] === largest) };
  });
  return {
    grid: gridOf(
      rows,
      columns,
      windows.map(({ winners }) => grid.cells[winners[0]]),
    ),
    windows,
  };
}

/** The picture pushed by whole cells; what comes in from beside it is 0. @param {Grid} grid @returns {Grid} */
export function pushed(grid, down, right) {
  const { rows, columns } = grid;
  const from = (row, column) =>
    row >= 0 && column >= 0 && row < rows && column < columns ? grid.cells[row * columns + column] : 0;
  return {
    ...grid,
    cells: grid.cells.map((_, index) => from(Math.floor(index / columns) - down, (index % columns) - right)),
  };
}

/** @param {Grid} one @param {Grid} other @returns {boolean} */
export function same(one, other) {
  return one.rows === other.rows && one.columns === other.columns && one.cells.every((c, i) => c === other.cells[i]);
}

/** Without the dust that binary fractions leave: 9 * (1/9) is 1. @param {number} value @returns {number} */
export function clean(value) {
  return Math.round(value * 1e9) / 1e9 + 0; // + 0: no minus zero
}

const indices = (count) => Array.from({ length: count }, (_, index) => index);
