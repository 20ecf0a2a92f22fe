import type { CtaModel } from '../model';
import error from '../../tests/fixtures/wire/error.json';
import { make, rows } from './making';
import { settle, until } from './server';
import type { IAnswer, IAsked } from './server';

jest.setTimeout(60_000);

const names = (model: CtaModel): string[] =>
  Array.from(model.items(), item => item.name);

const NOT_FOUND: IAnswer = { status: 404, json: error };

describe('When a folder is left before all its rows are here', () => {
  /** A folder `big` of three files, of which one comes and then, the first time, nothing more. */
  async function begun(later: (asked: IAsked) => IAnswer) {
    let isFirst = true;
    const made = await make(asked => {
      if (isFirst && asked.path.endsWith('/big')) {
        isFirst = false;
        const [block] = rows(1).pieces ?? [];
        return { pieces: [block], hangs: asked.signal ?? undefined };
      }
      return later(asked);
    });
    const { model } = made;
    await model.open({ source: 'dcache', path: '/lst' });
    void model.cd('big');
    await until(() => model.isArriving && names(model).length);
    expect(names(model)).toEqual(['sub', 'f0.h5']);
    return made;
  }

  it('should list it again if the way leads nowhere: a part must not pass for all', async () => {
    const { model, failures, lists } = await begun(({ path }) =>
      path.endsWith('/sub') ? NOT_FOUND : rows(3)
    );
    await model.cd('sub');
    expect(model.isArriving).toBe(true); // more is to come, and the list says so
    await until(() => !model.isArriving);
    expect(model.place.path).toBe('/lst/big');
    expect(names(model)).toEqual(['sub', 'f0.h5', 'f1.h5', 'f2.h5']);
    // why the way led nowhere is said on
    expect(failures).toEqual([null, 'NotFound', 'NotFound']);
    await model.refresh();
    expect(failures.pop()).toBeNull();
    expect(lists()).toHaveLength(5);
  });

  it('should say why, and ask no more, if it cannot be listed again', async () => {
    let count = 0;
    const { model, failures, lists } = await begun(({ path }) =>
      path.endsWith('/lst') || (count += 1) > 9 ? rows(1) : NOT_FOUND
    );
    await model.cd('sub');
    await until(() => !model.isArriving);
    await settle(20);
    expect(failures).toEqual([null, 'NotFound', 'NotFound']);
    expect(lists()).toHaveLength(4);
  });

  it('should not come back once it is left for another', async () => {
    const { model, lists } = await begun(() => rows(2));
    await model.cd('/dcache/other');
    await settle(20);
    expect(model.place.path).toBe('/other');
    expect(model.isArriving).toBe(false);
    expect(lists()).toHaveLength(3);
  });
});

describe('When a listing has come and its rows are not drawn yet', () => {
  it('should not be shown in place of a search that has begun', async () => {
    const found = {
      ...{ names: ['hit.h5'], sizes: [1], mtimes: [1], flags: [0] },
      ...{ folders: [''], searched: 1 }
    };
    const end = { complete: true, count: 1, hash: '', searched: 1 };
    const { model, drive } = await make(({ path }) =>
      path.includes('/search/')
        ? { pieces: [found, end].map(line => JSON.stringify(line) + '\n') }
        : rows(2)
    );
    await model.open({ source: 'dcache', path: '/lst' });
    const list = drive.list.bind(drive);
    let searching: Promise<void> | null = null;
    drive.list = async (...options) => {
      const listing = await list(...options);
      searching = model.searchFor('hit');
      return listing;
    };
    // the folder itself, so that no row of it is drawn while it arrives
    await model.reload();
    await searching;
    expect(model.search?.text).toBe('hit');
    expect(names(model)).toEqual(['hit.h5']);
  });

  it('should not take back why the way to another folder led nowhere', async () => {
    const { model, drive, failures } = await make(({ path }) =>
      path.endsWith('/nope') ? NOT_FOUND : rows(2)
    );
    await model.open({ source: 'dcache', path: '/lst' });
    const list = drive.list.bind(drive);
    drive.list = async (...options) => {
      const listing = await list(...options);
      drive.list = list;
      await model.cd('nope');
      return listing;
    };
    await model.reload();
    expect(failures).toEqual([null, 'NotFound']);
  });
});
