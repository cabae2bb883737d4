import type { Environment } from './read-variables.ts';

/** The environment of this process; nothing else in the project reads it. */
export const processEnvironment = (): Environment => ({ ...process.env });
