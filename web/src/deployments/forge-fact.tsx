import { FORGE_DELIVERY_WORDS, type ForgeView } from '../../../src/core/forge/forge-view.ts';
import { visibleText } from '../words/visible-text.ts';

/** A link that leaves the dashboard. */
export const Out = ({ href, children }: { readonly href: string; readonly children: string }) => (
  <a href={href} target="_blank" rel="noopener noreferrer">
    {visibleText(children)}
    <span class="off-screen"> (in a new tab)</span>
  </a>
);

/** What was reported to the forge for the commit, with links. Their addresses come from the configuration. */
export const ForgeFact = ({ forge }: { readonly forge: ForgeView }) => {
  const {
    environment,
    repository,
    state,
    delivery,
    url,
    commitUrl,
    compareUrl,
    pullRequestUrl,
    lastError,
  } = forge;
  const told = `${environment}: ${state}${FORGE_DELIVERY_WORDS[delivery]}`;
  return (
    <>
      {url === null ? visibleText(told) : <Out href={url}>{told}</Out>} on{' '}
      {visibleText(`${forge.forge}/${repository}`)}
      {commitUrl !== null && (
        <>
          {' · '}
          <Out href={commitUrl}>commit</Out>
        </>
      )}
      {pullRequestUrl !== null && (
        <>
          {' · '}
          <Out href={pullRequestUrl}>pull request</Out>
        </>
      )}
      {compareUrl !== null && (
        <>
          {' · '}
          <Out href={compareUrl}>changes since the version before</Out>
        </>
      )}
      {lastError !== null && <p class="faint">{visibleText(lastError)}</p>}
    </>
  );
};
