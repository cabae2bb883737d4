import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

/** The folder for screenshots of tests, for people to look at. It is not part of the repository. */
const FOLDER = fileURLToPath(new URL('../../../.cache/pictures', import.meta.url));

/** Saves what a person sees of the page without scrolling, as `NAME.png`. */
export const takePicture = async (page: Page, name: string): Promise<void> => {
  mkdirSync(FOLDER, { recursive: true });
  await page.screenshot({
    path: join(FOLDER, `${name}.png`),
    animations: 'disabled',
    caret: 'hide',
  });
};
