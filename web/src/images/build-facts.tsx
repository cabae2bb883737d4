import { useContext } from 'preact/hooks';
import type { BuildFacts } from '../../../src/core/image/published.ts';
import { shortRevision, sourceLink } from '../words/digest-words.ts';
import { InRow } from '../parts/in-row.ts';
import { visibleText } from '../words/visible-text.ts';

const Revision = ({
  revision,
  link,
}: {
  readonly revision: string;
  readonly link: string | null;
}) => {
  const isInRow = useContext(InRow);
  const code = (
    <code title={visibleText(revision)}>{visibleText(shortRevision(revision)) || 'source'}</code>
  );
  if (link === null) return code;
  return (
    <a href={link} target="_blank" rel="noopener noreferrer" {...(isInRow ? { tabIndex: -1 } : {})}>
      {code}
      <span class="off-screen"> (source, in a new tab)</span>
    </a>
  );
};

/** Version and commit from an image's labels, which are untrusted. */
export const Build = ({ build }: { readonly build: BuildFacts | null }) => {
  const { version = null, revision = null, source = null } = build ?? {};
  const link = sourceLink(source);
  if (version === null && revision === null && link === null) {
    return <span class="faint">no build facts</span>;
  }
  return (
    <span class="build">
      {version !== null && <span class="version">{visibleText(version)}</span>}
      {(revision !== null || link !== null) && <Revision revision={revision ?? ''} link={link} />}
    </span>
  );
};
