import { useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';
import { rowsBetween, rowTops } from './row-places.ts';

const OVERSCAN = 12;
/** The stylesheet's breakpoint: below it, rows are cards with gaps. */
const NARROW = matchMedia('(width < 60rem)');
const CARD = { size: 190, gap: 8 };
const LINE = { size: 56, gap: 0 };
/** Between two events of one scroll there is less time than this. */
const SCROLLING_MS = 150;
/** Below this, a difference is only in how the browser rounds. */
const LEAST_PX = 0.5;

type KeyOf = (index: number) => string;

/** The places of the rows. `render` is called when other rows are on the screen, or they are at other places. */
const createRows = (render: () => void) => {
  /** Measured heights by key, so that they survive another order. */
  const sizes = new Map<string, number>();
  let count = 0;
  let keyOf: KeyOf = String;
  let shape = LINE;
  let tops: Float64Array | null = null;
  /** The top of the first row on the page. */
  let margin = 0;
  let shown: readonly [first: number, end: number] = [0, 0];
  let scrolledAt = Number.NEGATIVE_INFINITY;
  let rest: ReturnType<typeof setTimeout> | undefined;

  const sizeOf = (index: number): number => sizes.get(keyOf(index)) ?? shape.size;
  const places = (): Float64Array => (tops ??= rowTops(count, shape.gap, sizeOf));
  const onScreen = (): typeof shown =>
    rowsBetween(places(), [scrollY - margin, scrollY - margin + innerHeight], OVERSCAN);
  const onScroll = (): void => {
    scrolledAt = performance.now();
    clearTimeout(rest);
    rest = setTimeout(render, SCROLLING_MS);
    const [first, end] = onScreen();
    if (first !== shown[0] || end !== shown[1]) render();
  };
  return {
    /** Before each drawing. `of` must keep its identity while the rows do. */
    set: (rows: number, of: KeyOf): void => {
      const now = NARROW.matches ? CARD : LINE;
      // Heights of lines say nothing about cards.
      if (now !== shape) sizes.clear();
      if (rows !== count || of !== keyOf || now !== shape) tops = null;
      [count, keyOf, shape] = [rows, of, now];
      shown = onScreen();
    },
    listen: (): (() => void) => {
      addEventListener('scroll', onScroll, { passive: true });
      addEventListener('resize', render);
      return () => {
        clearTimeout(rest);
        removeEventListener('scroll', onScroll);
        removeEventListener('resize', render);
      };
    },
    /** After each drawing. During a scroll, only rows that are new: everything else would cost another layout. */
    measure: (body: HTMLElement): void => {
      const isScrolling = performance.now() - scrolledAt < SCROLLING_MS;
      const before = places();
      let grown = 0;
      let isOther = false;
      for (const row of body.children) {
        const index = Number(row.getAttribute('data-index'));
        const key = keyOf(index);
        if (isScrolling && sizes.has(key)) continue;
        const size = row.getBoundingClientRect().height;
        const more = size - sizeOf(index);
        if (Math.abs(more) >= LEAST_PX) {
          isOther = true;
          if ((before[index] ?? 0) + margin < scrollY) grown += more;
        }
        sizes.set(key, size);
      }
      if (!isScrolling) {
        const top = Math.round(body.getBoundingClientRect().top + scrollY);
        isOther ||= top !== margin;
        margin = top;
      }
      if (!isOther) return;
      tops = null;
      // What is read must not move because rows above it have another height than was assumed.
      if (grown !== 0) scrollBy(0, grown);
      render();
    },
    height: (): number => places().at(-1) ?? 0,
    indexes: (): readonly number[] =>
      Array.from({ length: shown[1] - shown[0] }, (_, place) => shown[0] + place),
    topOf: (index: number): number => places()[index] ?? 0,
  };
};

/**
 * Which of `count` rows are on the screen while the page scrolls. Rows are measured, because a line on a wide screen
 * is a card on a narrow one. Each element in `body` must have its row's number as `data-index`.
 *
 * @param keyOf must keep its identity while the rows do
 */
export const useVirtualRows = (count: number, keyOf: KeyOf) => {
  const [, render] = useReducer((renders: number) => renders + 1, 0);
  const body = useRef<HTMLDivElement>(null);
  const [rows] = useState(() => createRows(() => render(undefined)));
  rows.set(count, keyOf);
  useLayoutEffect(rows.listen, []);
  useLayoutEffect(() => {
    if (body.current !== null) rows.measure(body.current);
  });
  return { body, height: rows.height(), indexes: rows.indexes(), topOf: rows.topOf };
};
