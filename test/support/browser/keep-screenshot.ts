import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** The folder for screenshots in the guide, if requested: `CD_HELPER_SCREENSHOTS=docs/images`. */
const FOLDER = process.env['CD_HELPER_SCREENSHOTS'];
const LARGEST = 150_000;

/** Saves what the page shows as `NAME.png`, if screenshots are requested. */
export const keepScreenshot = async (page: Page, name: string): Promise<void> => {
  if (FOLDER === undefined) return;
  // Moves the pointer away, so that nothing is highlighted.
  await page.mouse.move(0, 0);
  const bytes = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  if (bytes.length > LARGEST) throw new Error(`${name}.png has ${bytes.length} bytes`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, `${name}.png`), bytes);
};
