import { canonicalHost } from '../../core/image/image-reference.ts';

/** Whether a pattern can match a repository's name. A pattern with a tag, a digest or a scheme never does. */
export const isRepositoryPattern = (text: string): boolean => {
  const [first = '', ...folders] = text.split('/');
  const path = folders.length === 0 ? [first] : folders;
  return (
    [first, ...folders].every((part) => /^[^\s@]+$/.test(part)) &&
    path.every((part) => !part.includes(':'))
  );
};

/**
 * A pattern of repositories with everything filled in that a short spelling leaves out, by the rule for images:
 * `acme/*` becomes `docker.io/acme/*`. A first part with a star may mean a host, and is kept.
 */
export const wholePattern = (text: string): string => {
  const [first = '', ...folders] = text.split('/');
  if (folders.length === 0 && first.includes('*')) return text;
  const isHost = folders.length > 0 && (/[.:*A-Z]/.test(first) || first === 'localhost');
  const host = isHost ? canonicalHost(first) : 'docker.io';
  const path = isHost ? folders : [first, ...folders];
  const isOfficial = host === 'docker.io' && path.length === 1 && !path[0]?.includes('*');
  return [host, ...(isOfficial ? ['library'] : []), ...path].join('/');
};
