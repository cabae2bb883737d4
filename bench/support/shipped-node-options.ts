import { readFileSync } from 'node:fs';
import { z } from 'zod';

const DOCKERFILE = new URL('../../Dockerfile', import.meta.url);

/** The options that the image gives to Node, so that what is measured is what is shipped. */
export const shippedNodeOptions = (): readonly string[] => {
  const line = /^ENTRYPOINT (?<command>\[.*\])$/m.exec(readFileSync(DOCKERFILE, 'utf8'));
  const command = z.array(z.string()).parse(JSON.parse(line?.groups?.['command'] ?? ''));
  return command.filter((word) => word.startsWith('--'));
};
