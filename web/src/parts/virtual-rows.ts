import {
  observeWindowOffset,
  observeWindowRect,
  Virtualizer,
  type VirtualItem,
  windowScroll,
} from '@tanstack/virtual-core';
import { useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';

const OVERSCAN = 12;
/** Of the stylesheet: below it rows are cards, which stand apart. */
const NARROW = matchMedia('(width < 60rem)');
const CARD = { size: 190, gap: 8 };
const LINE = { size: 56, gap: 0 };

/**
 * Which of `count` rows are on the screen, while the page scrolls. Rows are measured, since what is a line
 * on a wide screen is a card on a narrow one.
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
    // What stands above the rows may have grown; to ask while the page scrolls would lay it out twice a frame.
    if (rows.isScrolling) return;
    const top = body.current?.getBoundingClientRect().top ?? 0;
    setMargin(Math.round(top + scrollY));
  });
  return {
    body,
    height: rows.getTotalSize(),
    items: rows.getVirtualItems(),
    offsetOf: ({ start }: VirtualItem): number => start - margin,
    // The very same each time: another one would be told of every row anew.
    measure: rows.measureElement,
  };
};
