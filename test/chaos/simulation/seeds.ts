/** Seeds and ranges of them: `17`, `1000..1999`, `37,67..112`. */
export const parseSeeds = (text: string): readonly number[] =>
  text
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = Number.NaN, last = first] = part.split('..').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
