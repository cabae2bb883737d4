import { ensurePackages, NoRealEngine } from '../../sandbox/machine/packages.ts';

const PACKAGE_OF = { chromium: 'chromium', nginx: 'nginx', caddy: 'caddy' } as const;

/**
 * Makes sure of what tests in a browser need. Gives why this machine cannot have it, or null; says so on
 * standard error, for a test that is skipped should not go unseen, and throws it where CI runs.
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
