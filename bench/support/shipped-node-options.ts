import { readFileSync } from 'node:fs';
import { z } from 'zod';

const DOCKERFILE = new URL('../../Dockerfile', import.meta.url);

/** The Node options in the image, so that the benchmark measures what is shipped. */
export const shippedNodeOptions = (): readonly string[] => {
  const line = /^ENTRYPOINT (?<command>\[.*\])$/m.exec(readFileSync(DOCKERFILE, 'utf8'));
  const command = z.array(z.string()).parse(JSON.parse(line?.groups?.['command'] ?? ''));
  return command.filter((word) => word.startsWith('--'));
};
