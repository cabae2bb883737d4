import { readFile } from 'node:fs/promises';

/** A request that a registry answered. */
export type AccessEntry = {
  readonly method: string;
  /** Includes the query. */
  readonly path: string;
  readonly status: number;
  readonly userAgent: string;
};

const LINE =
  /^\S+ \S+ \S+ \[[^\]]*\] "(?<method>[A-Z]+) (?<path>\S+) [^"]*" (?<status>\d+) \S+ "[^"]*" "(?<agent>[^"]*)"/;

/**
 * The requests that the registry has answered so far, oldest first. To count the requests of a period, compare two
 * readings.
 */
export const readAccessLog = async (file: string): Promise<readonly AccessEntry[]> => {
  const text = await readFile(file, 'utf8');
  return text.split('\n').flatMap((line) => {
    const { method, path, status, agent } = LINE.exec(line)?.groups ?? {};
    return method === undefined || path === undefined
      ? []
      : [{ method, path, status: Number(status), userAgent: agent ?? '' }];
  });
};

/** The requests for manifests of `repository`, by tag or digest: what a check of it costs. */
export const manifestRequests = (
  entries: readonly AccessEntry[],
  repository: string,
): readonly AccessEntry[] =>
  entries.filter(
    ({ method, path }) =>
      (method === 'HEAD' || method === 'GET') && path.startsWith(`/v2/${repository}/manifests/`),
  );
