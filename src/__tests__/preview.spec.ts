import { MainAreaWidget } from '@jupyterlab/apputils';
import type { Contents } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';

import type { CommandContext } from '../commands/context';
import { newPreviews, showBeginning } from '../commands/preview';
import {
  beginningOf,
  hasStructure,
  levelOf,
  openAtFirst,
  readable,
  visible
} from '../preview';
import type { INode } from '../preview';
import { pixelsOf } from '../widgets/look';
import { serve } from './server';

const node = (path: string, type = 'group'): INode => ({ path, type });

describe('previews', () => {
  it.each(['a.h5', 'A.HDF5', 'x.fits', 'x.fits.gz', 'x.fits.fz'])(
    'should know that %s has a structure',
    name => {
      expect(hasStructure(name)).toBe(true);
      expect(hasStructure(`${name}.txt`)).toBe(false);
    }
  );

  it('should show what lies in open groups only', () => {
    const nodes = ['/a', '/a/b', '/a/b/c', '/d'].map(path => node(path));
    const paths = (open: string[]): string[] =>
      visible(nodes, new Set(open)).map(({ path }) => path);
    expect(paths([])).toEqual(['/a', '/d']);
    expect(paths(['/a'])).toEqual(['/a', '/a/b', '/d']);
    expect(paths(['/a/b'])).toEqual(['/a', '/d']);
    expect(paths(['/a', '/a/b'])).toHaveLength(4);
    expect(visible([node('0'), node('1')], new Set())).toHaveLength(2);
    expect([levelOf('/a/b'), levelOf('0')]).toEqual([2, 1]);
  });

  it('should open small files whole, and of large ones a little', () => {
    const few = [node('/a'), node('/a/b', 'dataset')];
    expect([...openAtFirst(few)]).toEqual(['/a']);
    const many = Array.from({ length: 100 }, (_, n) => node(`/g${n}`));
    expect(openAtFirst(many).size).toBeLessThan(5);
  });

  it('should show text as text, and write other bytes out', () => {
    const text = readable(new TextEncoder().encode('été\n'));
    expect(text).toEqual({ text: 'été\n', isBinary: false, shown: 6 });
    const bytes = readable(new Uint8Array([0, 72, 105, 255]));
    expect(bytes.isBinary).toBe(true);
    expect(bytes.text).toMatch(/^00000000 {2}00 48 69 ff\s+\.Hi\.$/);
  });

  it('should tell why a file cannot be looked at', async () => {
    const body = { error: 'Offline', message: 'on tape', hint: 'Stage it.' };
    const { settings, asked } = serve(() => ({ status: 409, json: body }));
    const place = { source: 'd', path: '/a b.txt' };
    await expect(beginningOf(place, settings)).rejects.toMatchObject({
      name: 'Offline',
      hint: 'Stage it.'
    });
    expect(asked[0].path).toContain('files/d/a%20b.txt');
  });

  it('should show one preview of a file however quickly it is asked for twice', async () => {
    const previews = newPreviews();
    const revealed: unknown[] = [];
    const context = {
      previews,
      reveal: (widget: unknown) => revealed.push(widget),
      drive: { serverSettings: serve(() => ({})).settings },
      trans: nullTranslator.load('')
    } as unknown as CommandContext;
    const item = { path: 'ctadata:d/a.txt', size: 1 } as Contents.IModel;
    await Promise.all([
      showBeginning(context, item),
      showBeginning(context, item)
    ]);
    expect(previews.size).toBe(1);
    expect(revealed).toEqual([previews.currentWidget, previews.currentWidget]);
    expect(revealed[0]).toBeInstanceOf(MainAreaWidget);
    previews.currentWidget?.dispose();
    previews.dispose();
  });

  it('should turn pictures of astronomy the right way up', () => {
    const view = {
      type: 'picture' as const,
      width: 1,
      height: 2,
      grey: btoa(String.fromCharCode(10, 200)),
      low: 0,
      high: 1,
      shape: [2, 1]
    };
    expect(Array.from(pixelsOf(view, false))).toEqual([
      10, 10, 10, 255, 200, 200, 200, 255
    ]);
    expect(pixelsOf(view, true)[0]).toBe(200);
  });
});
