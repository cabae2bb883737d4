/** The top of each row, from the top of the first; one more entry than rows, whose last is the bottom. */
export const rowTops = (
  count: number,
  gap: number,
  sizeOf: (index: number) => number,
): Float64Array => {
  const tops = new Float64Array(count + 1);
  for (let index = 0; index < count; index += 1) {
    tops[index + 1] = (tops[index] ?? 0) + sizeOf(index) + (index === count - 1 ? 0 : gap);
  }
  return tops;
};

/** The first row that ends below `at`. */
const rowAt = (tops: Float64Array, at: number): number => {
  let low = 0;
  let high = tops.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tops[middle + 1] ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** The rows between two heights, with `more` before and after them; the end is exclusive. */
export const rowsBetween = (
  tops: Float64Array,
  [from, to]: readonly [from: number, to: number],
  more: number,
): readonly [first: number, end: number] => {
  const count = tops.length - 1;
  return [
    Math.max(0, rowAt(tops, from) - more),
    Math.min(count, Math.max(rowAt(tops, to), 0) + 1 + more),
  ];
};
