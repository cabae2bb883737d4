import type { BuildFacts } from '../../../src/core/published.ts';
import { shortRevision, sourceLink } from '../words/digest-words.ts';
import { visibleText } from '../words/visible-text.ts';
import { Icon } from './icon.tsx';

/** Which version, from which commit: the labels of an image, which anybody may have written. */
export const Build = ({ build }: { readonly build: BuildFacts | null }) => {
  const { version = null, revision = null, source = null } = build ?? {};
  if (version === null && revision === null) return <span class="faint">no build facts</span>;
  const link = sourceLink(source);
  return (
    <span class="build">
      {version !== null && <span class="version">{visibleText(version)}</span>}
      {revision !== null && (
        <code title={visibleText(revision)}>{visibleText(shortRevision(revision))}</code>
      )}
      {link !== null && (
        <a href={link} target="_blank" rel="noopener noreferrer" aria-label={`Source: ${link}`}>
          <Icon name="link" />
        </a>
      )}
    </span>
  );
};
