const number = /^[+-]?[\d.,]*\d[\d.,]*([eE][+-]?\d+)?$/;
const time = /\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|^\d{1,2}:\d\d/;

/** Names that columns of times have. */
export const timeName = /^ts$|time|date|stamp|zeit|datum|uhr|year|start|changed|tijd|时间|日期/i;

export function isTime(cell: string): boolean {
  return time.test(cell);
}

/** Whether a cell can be a number or a time, so that its line is not a header. */
export function isData(cell: string): boolean {
  return number.test(cell) || time.test(cell);
}
