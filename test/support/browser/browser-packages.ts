import { ensurePackages, NoRealEngine } from '../../../sandbox/machine/packages.ts';

const PACKAGE_OF = { chromium: 'chromium', nginx: 'nginx', caddy: 'caddy' } as const;

/**
 * Ensures that browser tests have what they need. Returns null, or the reason why this machine cannot have it. Writes
 * the reason to standard error, so that a skipped test is noticed. In CI it throws instead.
 */
export const whyWithout = async (
  ...commands: readonly (keyof typeof PACKAGE_OF)[]
): Promise<string | null> => {
  const tell = (line: string): void => void process.stderr.write(`browser: ${line}\n`);
  const also = Object.fromEntries(commands.map((command) => [command, PACKAGE_OF[command]]));
  try {
    await ensurePackages(tell, undefined, also);
    return null;
  } catch (error) {
    if (!(error instanceof NoRealEngine) || process.env['CI'] !== undefined) throw error;
    tell(`SKIPPED, ${error.message}`);
    return error.message;
  }
};
