import { useLayoutEffect, useRef, useState } from 'preact/hooks';

type Keys = Readonly<Record<string, (links: readonly HTMLElement[], from: HTMLElement) => unknown>>;

const middleOf = (link: Element): number => {
  const { left, width } = link.getBoundingClientRect();
  return left + width / 2;
};

/** The link of another row that lies nearest above or below. */
const inNextRow =
  (by: 1 | -1) =>
  (_links: readonly HTMLElement[], from: HTMLElement): HTMLElement | undefined => {
    const rows = [...(from.closest('[role=table]')?.querySelectorAll('[role=row]') ?? [])];
    const here = rows.findIndex((row) => row.contains(from));
    for (let place = here + by; place >= 0 && place < rows.length; place += by) {
      const [nearest] = [...(rows[place]?.querySelectorAll('a') ?? [])].toSorted(
        (a, b) => Math.abs(middleOf(a) - middleOf(from)) - Math.abs(middleOf(b) - middleOf(from)),
      );
      if (nearest !== undefined) return nearest;
    }
    return undefined;
  };

const along =
  (by: 1 | -1) =>
  (links: readonly HTMLElement[], from: HTMLElement): HTMLElement | undefined =>
    links[links.indexOf(from) + by];

const KEYS = {
  ArrowLeft: along(-1),
  ArrowRight: along(1),
  ArrowUp: inNextRow(-1),
  ArrowDown: inNextRow(1),
  Home: (links) => links[0],
  End: (links) => links.at(-1),
} satisfies Keys;

/**
 * Makes a picture with many links one stop of the Tab key: the arrow keys walk its links, Home and End go to the first
 * and last. `told` is the label of the link that has the focus or the pointer.
 */
export const useArrowKeys = () => {
  const root = useRef<HTMLDivElement>(null);
  const stop = useRef<HTMLElement | null>(null);
  const [told, setTold] = useState('');

  const linksOf = (): readonly HTMLElement[] => [...(root.current?.querySelectorAll('a') ?? [])];
  const stopAt = (links: readonly HTMLElement[], link: HTMLElement | undefined): void => {
    stop.current = link ?? null;
    for (const one of links) one.tabIndex = one === link ? 0 : -1;
  };
  useLayoutEffect(() => {
    const links = linksOf();
    stopAt(links, links.find((link) => link === stop.current) ?? links[0]);
  });
  const linkIn = ({ target }: Event): HTMLElement | null =>
    target instanceof Element ? target.closest('a') : null;
  const tell = (event: Event): void => setTold(linkIn(event)?.getAttribute('aria-label') ?? '');
  return {
    told,
    picture: {
      ref: root,
      onKeyDown: (event: KeyboardEvent): void => {
        const from = linkIn(event);
        const key = event.key;
        if (from === null || event.altKey || event.ctrlKey || event.metaKey) return;
        if (!Object.hasOwn(KEYS, key)) return;
        const next = KEYS[key as keyof typeof KEYS](linksOf(), from);
        event.preventDefault();
        next?.focus();
      },
      onFocusIn: (event: FocusEvent): void => {
        const link = linkIn(event);
        if (link !== null) stopAt(linksOf(), link);
        tell(event);
      },
      onPointerOver: tell,
    },
  };
};
