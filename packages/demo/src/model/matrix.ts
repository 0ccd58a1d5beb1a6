/** A matrix in row-major order, in double precision. */
export interface Matrix {
  rows: number;
  columns: number;
  values: Float64Array;
}

export function matrix(
  rows: number,
  columns: number,
  value: (row: number, column: number) => number,
): Matrix {
  const values = new Float64Array(rows * columns);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) values[at++] = value(row, column);
  }
  return { rows, columns, values };
}

export function diagonal(size: number, value: number): Matrix {
  return matrix(size, size, (row, column) => (row === column ? value : 0));
}

export function transposed({ rows, columns, values }: Matrix): Matrix {
  return matrix(columns, rows, (row, column) => values[column * columns + row] as number);
}

/** The weighted sum of matrices of the same shape. */
export function sum(...terms: (readonly [weight: number, matrix: Matrix])[]): Matrix {
  const [, { rows, columns }] = terms[0] as (typeof terms)[number];
  const values = new Float64Array(rows * columns);
  for (const [weight, term] of terms) {
    for (let at = 0; at < values.length; at++) {
      values[at] = (values[at] as number) + weight * (term.values[at] as number);
    }
  }
  return { rows, columns, values };
}

export function product(left: Matrix, right: Matrix): Matrix {
  const result = matrix(left.rows, right.columns, () => 0);
  for (let row = 0; row < left.rows; row++) {
    for (let k = 0; k < left.columns; k++) {
      addRow(result, row, left.values[row * left.columns + k] as number, right, k);
    }
  }
  return result;
}

/** leftᵀ · right, without storing the transpose. */
export function crossProduct(left: Matrix, right: Matrix): Matrix {
  const result = matrix(left.columns, right.columns, () => 0);
  for (let k = 0; k < left.rows; k++) {
    for (let row = 0; row < left.columns; row++) {
      addRow(result, row, left.values[k * left.columns + row] as number, right, k);
    }
  }
  return result;
}

/** The lower triangle L with L·Lᵀ = `square`. @throws Error when it is not symmetric and positive definite */
export function cholesky(square: Matrix): Matrix {
  const size = square.rows;
  const { values } = square;
  const lower = matrix(size, size, () => 0);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let rest = values[row * size + column] as number;
      for (let k = 0; k < column; k++) {
        rest -= (lower.values[row * size + k] as number) * (lower.values[column * size + k] as number);
      }
      if (column < row)
        lower.values[row * size + column] = rest / (lower.values[column * size + column] as number);
      else if (rest > 0) lower.values[row * size + row] = Math.sqrt(rest);
      else throw new Error('the matrix is not positive definite');
    }
  }
  return lower;
}

/** L⁻¹ · right, for a lower triangle L. */
export function solveLower(lower: Matrix, right: Matrix): Matrix {
  const result = sum([1, right]);
  for (let row = 0; row < lower.rows; row++) {
    for (let k = 0; k < row; k++)
      addRow(result, row, -(lower.values[row * lower.rows + k] as number), result, k);
    divideRow(result, row, lower.values[row * lower.rows + row] as number);
  }
  return result;
}

/** square⁻¹ · right, for a symmetric, positive definite matrix. */
export function solve(square: Matrix, right: Matrix): Matrix {
  const lower = cholesky(square);
  const result = solveLower(lower, right);
  for (let row = lower.rows - 1; row >= 0; row--) {
    for (let k = row + 1; k < lower.rows; k++) {
      addRow(result, row, -(lower.values[k * lower.rows + row] as number), result, k);
    }
    divideRow(result, row, lower.values[row * lower.rows + row] as number);
  }
  return result;
}

function addRow(to: Matrix, row: number, factor: number, from: Matrix, fromRow: number): void {
  const { columns } = to;
  const [target, source] = [row * columns, fromRow * columns];
  for (let column = 0; column < columns; column++) {
    to.values[target + column] =
      (to.values[target + column] as number) + factor * (from.values[source + column] as number);
  }
}

function divideRow({ columns, values }: Matrix, row: number, by: number): void {
  for (let at = row * columns; at < (row + 1) * columns; at++) values[at] = (values[at] as number) / by;
}
