import type { RunProgress } from '../../core/contract/run-views.ts';
import { cutText } from './cell-text.ts';
import { type Terminal, widthOf } from '../terminal/terminal.ts';

/** One line at the bottom of a terminal that shows the progress. Without a terminal it prints nothing. */
export type Progress = {
  /** Whether it is shown. */
  readonly isSeen: boolean;
  readonly show: (text: string) => void;
  readonly clear: () => void;
};

/** How many images the registries have answered for. */
export const checkedText = ({
  images,
  checkedImages,
}: Pick<RunProgress, 'images' | 'checkedImages'>): string =>
  images === 0 ? 'reading services …' : `${checkedImages} of ${images} images checked`;

const CLEAR_LINE = '\r\u001b[2K';

export const createProgress = (terminal: Terminal | null): Progress => {
  const width = terminal === null ? null : widthOf(terminal);
  let shown = '';
  const put = (text: string): void => {
    if (width === null || text === shown) return;
    shown = text;
    terminal?.write(`${CLEAR_LINE}${cutText(text, width - 1)}`);
  };
  return { isSeen: width !== null, show: put, clear: () => put('') };
};
