import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** Where pictures for the guide go, where somebody asks for them: `CD_HELPER_SCREENSHOTS=docs/images`. */
const FOLDER = process.env['CD_HELPER_SCREENSHOTS'];
const LARGEST = 150_000;

/** Keeps what the page shows as `NAME.png`, where pictures are asked for. */
export const keepScreenshot = async (page: Page, name: string): Promise<void> => {
  if (FOLDER === undefined) return;
  // Nothing is pointed at.
  await page.mouse.move(0, 0);
  const bytes = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  if (bytes.length > LARGEST) throw new Error(`${name}.png has ${bytes.length} bytes`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, `${name}.png`), bytes);
};
