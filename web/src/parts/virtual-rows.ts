import {
  observeWindowOffset,
  observeWindowRect,
  Virtualizer,
  type VirtualItem,
  windowScroll,
} from '@tanstack/virtual-core';
import { useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';

const OVERSCAN = 12;
/** The stylesheet's breakpoint: below it, rows are cards with gaps. */
const NARROW = matchMedia('(width < 60rem)');
const CARD = { size: 190, gap: 8 };
const LINE = { size: 56, gap: 0 };

/**
 * Which of `count` rows are on the screen while the page scrolls. Rows are measured, because a line on a wide screen
 * is a card on a narrow one.
 */
export const useVirtualRows = (count: number, keyOf: (index: number) => string) => {
  const [, render] = useReducer((renders: number) => renders + 1, 0);
  const body = useRef<HTMLDivElement>(null);
  const [margin, setMargin] = useState(0);
  const { size, gap } = NARROW.matches ? CARD : LINE;
  const options = {
    count,
    gap,
    getItemKey: keyOf,
    getScrollElement: () => window,
    estimateSize: () => size,
    overscan: OVERSCAN,
    scrollMargin: margin,
    scrollToFn: windowScroll,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    onChange: () => render(undefined),
  };
  const [rows] = useState(() => new Virtualizer<Window, HTMLDivElement>(options));
  rows.setOptions({ ...rows.options, ...options });
  useLayoutEffect(() => rows._didMount(), []);
  useLayoutEffect(() => {
    rows._willUpdate();
    // The content above the rows may have grown. Measuring during a scroll would cause two layouts per frame.
    if (rows.isScrolling) return;
    const top = body.current?.getBoundingClientRect().top ?? 0;
    setMargin(Math.round(top + scrollY));
  });
  return {
    body,
    height: rows.getTotalSize(),
    items: rows.getVirtualItems(),
    offsetOf: ({ start }: VirtualItem): number => start - margin,
    // Must keep its identity: a new function would be called for every row again.
    measure: rows.measureElement,
  };
};
