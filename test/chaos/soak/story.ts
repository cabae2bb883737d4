import type { Digest } from '../../../src/core/image/digest.ts';

/** A version that was published under a service's tag. */
export type Published = {
  readonly service: string;
  readonly digest: Digest;
  readonly isGood: boolean;
  /** When the helper answered its webhook, ms since the epoch; null before that. */
  toldAt: number | null;
};

/** A change of a service's image, as visible from outside. */
export type Change = {
  readonly service: string;
  readonly at: number;
  readonly from: Digest | null;
  readonly to: Digest | null;
  /** Whether the engine was rolling back when it was seen. */
  readonly byEngine: boolean;
};

/** An image that another actor set. */
export type Theirs = { readonly service: string; readonly digest: Digest; readonly at: number };

/** Everything that happened, as seen from outside the helper. */
export type Story = {
  readonly published: Published[];
  readonly changes: Change[];
  readonly theirs: Theirs[];
  readonly lines: string[];
  readonly tell: (line: string) => void;
};

export const createStory = (print: (line: string) => void): Story => {
  const begun = Date.now();
  const lines: string[] = [];
  return {
    published: [],
    changes: [],
    theirs: [],
    lines,
    tell: (line) => {
      const seconds = ((Date.now() - begun) / 1000).toFixed(1).padStart(7);
      lines.push(`${seconds} s  ${line}`);
      print(`${seconds} s  ${line}`);
    },
  };
};

/** The first part of a digest, enough to recognise it in a story. */
export const brief = (digest: string | null): string =>
  digest === null ? 'no digest' : digest.slice(7, 15);
