/**
 * The main job as a film: a file is dragged into the workspace, another one onto a notebook.
 *
 * Its pictures are always taken, so that the way to them does not rot; with CTADATA_SCREENSHOTS=1 they become
 * docs/images/tour.webp (which needs Pillow).
 */

import type { Locator } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

import { notebookOf } from './cells';
import { expect, galata, test as base } from './panel';
import type { Panel } from './panel';
import { BULK, inWorkspace, lay, setSpeed, textOf } from './rig';

const FRAMES = path.join(__dirname, '..', 'test-results', 'pictures', 'tour');
const ROOT = path.join(__dirname, '..', '..');
const RUN = 'dl1_LST-1.Run19620.0000.h5';

const test = base.extend({
  tmpPath: async ({}, use) => {
    fs.mkdirSync(inWorkspace('analysis'), { recursive: true });
    await use('analysis');
    fs.rmSync(inWorkspace('analysis'), { recursive: true, force: true });
  }
});
test.use({
  viewport: { width: 1280, height: 720 },
  mockSettings: {
    ...galata.DEFAULT_SETTINGS,
    'ctadata_jlab:plugin': { side: 'right' }
  }
});

/** A camera that shows where the pointer is. */
class Camera {
  constructor(private readonly panel: Panel) {
    fs.rmSync(FRAMES, { recursive: true, force: true });
    fs.mkdirSync(FRAMES, { recursive: true });
  }

  /** Draw the pointer: a browser's pictures have none. */
  async begin(): Promise<void> {
    await this.panel.page.evaluate(() => {
      const pointer = document.createElement('div');
      pointer.innerHTML =
        '<svg width="18" height="24" viewBox="0 0 18 24"><path d="M1 1v19l5-5 3 8 3-1-3-8h7z" fill="#000" stroke="#fff" stroke-width="1.5"/></svg>';
      pointer.style.cssText =
        'position:fixed;z-index:2147483647;pointer-events:none;left:640px;top:360px';
      document.body.append(pointer);
      document.addEventListener(
        'mousemove',
        ({ clientX, clientY }) => {
          pointer.style.left = `${clientX}px`;
          pointer.style.top = `${clientY}px`;
        },
        true
      );
    });
  }

  /** Take a picture that is shown for that many ms. */
  async shoot(duration: number): Promise<void> {
    const name = `${String(this._count).padStart(3, '0')}-${duration}.png`;
    this._count += 1;
    await this.panel.page.screenshot({ path: path.join(FRAMES, name) });
  }

  /** Move the pointer to the middle of something, taking pictures on the way. */
  async moveTo(target: Locator, dx = 0, dy = 0): Promise<void> {
    const box = (await target.boundingBox())!;
    const x = box.x + Math.min(box.width / 2, 90) + dx;
    const y = box.y + Math.min(box.height / 2, 120) + dy;
    for (let step = 1; step <= 4; step += 1) {
      const part = step / 4;
      await this.panel.page.mouse.move(
        this._at.x + (x - this._at.x) * part,
        this._at.y + (y - this._at.y) * part
      );
      await this.shoot(90);
    }
    this._at = { x, y };
  }

  private _count = 0;
  private _at = { x: 640, y: 360 };
}

test('film: dragged into the workspace, dragged onto a notebook', async ({
  page,
  panel,
  tmpPath
}) => {
  test.setTimeout(120_000);
  await page.route('**/ctadata-jlab/sources*', async route => {
    const response = await route.fetch();
    const all = (await response.json()) as { name: string }[];
    const json = all.filter(({ name }) => !['archive', 'pool'].includes(name));
    await route.fulfill({ response, json });
  });
  lay(inWorkspace(tmpPath), { 'Crab.ipynb': notebookOf(['']) });
  await page.reload();
  await panel.start();
  await page.sidebar.setWidth(330, 'right');
  const files = page.locator('#filebrowser .jp-DirListing-content');
  await files
    .locator('.jp-DirListing-item')
    .filter({ hasText: 'Crab.ipynb' })
    .dblclick();
  const cell = page.locator('.jp-Notebook .jp-CodeCell').first();
  await expect(cell).toBeVisible();
  await expect(page.getByText('Python 3 (ipykernel) | Idle')).toBeVisible({
    timeout: 40_000
  });
  await panel.enter('cta', 'simulations');

  const camera = new Camera(panel);
  await camera.begin();
  await camera.shoot(900);
  setSpeed(40_000_000);
  await camera.moveTo(panel.row(BULK));
  await page.mouse.down();
  await camera.moveTo(files, 0, 120);
  await expect(files).toHaveClass(/-mod-dropTarget/);
  await camera.shoot(500);
  await page.mouse.up();
  await expect(panel.job(BULK)).toContainText('left');
  for (let turn = 0; turn < 6; turn += 1) {
    await camera.shoot(350);
    await page.waitForTimeout(350);
  }
  setSpeed(0);
  await panel.expectJob(BULK, 'done');
  await expect(files.getByText(BULK)).toBeVisible();
  await camera.shoot(900);

  await panel.crumbs.getByText('dCache', { exact: true }).click();
  await panel.enter('lst', 'DL1', '20241114', 'v0.10', 'tailcut84');
  await camera.moveTo(panel.row(RUN));
  await camera.shoot(500);
  await page.mouse.down();
  await camera.moveTo(cell, 60, 0);
  await expect(cell).toHaveClass(/-mod-dropTarget/);
  await camera.shoot(500);
  await page.mouse.up();
  const ways = page.locator('.ctadata-Recipes .lm-Menu-itemLabel');
  const way = ways.filter({ hasText: 'h5py' });
  await expect(way).toBeVisible();
  await camera.shoot(800);
  await camera.moveTo(way);
  await way.click();
  await expect(cell.locator('.cm-content')).toContainText('h5py.File(');
  await camera.shoot(2500);
  expect(textOf(inWorkspace(tmpPath, RUN))).toBeNull(); // nothing was downloaded for it

  if (process.env.CTADATA_SCREENSHOTS) {
    execFileSync('python', [
      path.join(ROOT, 'scripts', 'film'),
      FRAMES,
      path.join(ROOT, 'docs', 'images', 'tour.webp')
    ]);
  }
});
