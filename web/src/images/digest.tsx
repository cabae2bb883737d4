import { shortDigest } from '../words/digest-words.ts';
import { CopyButton } from '../parts/copy-button.tsx';

/** The beginning of a digest, with a button that copies all of it. */
export const Digest = ({ value }: { readonly value: string | null }) => {
  if (value === null) return <span class="faint">unknown</span>;
  const short = shortDigest(value);
  return (
    <span class="digest">
      <code title={value}>{short}</code>
      <CopyButton text={value} what={`digest ${short}`} />
    </span>
  );
};

/** One digest if nothing changes, otherwise `a → b`. */
export const DigestChange = ({
  from,
  to,
}: {
  readonly from: string | null;
  readonly to: string | null;
}) =>
  from === to ? (
    <Digest value={from} />
  ) : (
    <span class="change">
      <Digest value={from} />
      <span class="arrow" aria-hidden="true">
        →
      </span>
      <span class="off-screen"> to </span>
      <Digest value={to} />
    </span>
  );
