import { JobsModel } from '../jobs';
import { manifestOf, dropOf, parcelOfDrop, parcelOfFiles } from '../manifest';
import type { IParcel } from '../manifest';
import { Uploader } from '../upload';
import list from '../../tests/fixtures/wire/jobs.json';
import error from '../../tests/fixtures/wire/error.json';
import { serve, settle } from './server';
import type { IAnswer, IAsked } from './server';

function file(name: string, text = 'hello'): File {
  return new File([text], name, { lastModified: 1790000000000 });
}

function fileEntry(name: string): FileSystemEntry {
  return {
    name,
    isFile: true,
    isDirectory: false,
    file: (take: (file: File) => void) => take(file(name))
  } as unknown as FileSystemEntry;
}

/** A folder that gives its children in pages, as browsers do. */
function folderEntry(name: string, ...children: FileSystemEntry[]) {
  const pages = [children.slice(0, 2), children.slice(2), []];
  return {
    name,
    isFile: false,
    isDirectory: true,
    createReader: () => ({
      readEntries: (take: (entries: FileSystemEntry[]) => void) =>
        take(pages.shift() ?? [])
    })
  } as unknown as FileSystemEntry;
}

describe('parcels', () => {
  it('should hold dropped files with their places, and empty folders', async () => {
    const parcel = await parcelOfDrop({
      files: [file('plain')],
      entries: [
        fileEntry('top.txt'),
        folderEntry(
          'a',
          fileEntry('1'),
          fileEntry('2'),
          folderEntry('b c', fileEntry('3')),
          folderEntry('empty')
        )
      ]
    });
    expect(parcel.files.map(({ path }) => path)).toEqual([
      'plain',
      'top.txt',
      'a/1',
      'a/2',
      'a/b c/3'
    ]);
    expect(parcel.folders).toEqual(['a/empty']);
  });

  it('should take files where the browser has no entries, and no text', () => {
    const [one, entry] = [file('x'), fileEntry('y')];
    const items = [
      { webkitGetAsEntry: () => null, getAsFile: () => one },
      { webkitGetAsEntry: () => entry, getAsFile: () => null },
      { webkitGetAsEntry: () => null, getAsFile: () => null }
    ];
    const transfer = { items } as unknown as DataTransfer;
    expect(dropOf(transfer)).toEqual({ entries: [entry], files: [one] });
    expect(dropOf(null)).toEqual({ entries: [], files: [] });
  });

  it('should be announced with sizes and times in seconds', () => {
    const parcel = parcelOfFiles([file('a.h5', '12345'), file('b', '')]);
    expect(manifestOf(parcel)).toEqual([
      { path: 'a.h5', size: 5, modified: 1790000000 },
      { path: 'b', size: 0, modified: 1790000000 }
    ]);
  });

  it('should keep the places of a picked folder', () => {
    const picked = file('x');
    Object.defineProperty(picked, 'webkitRelativePath', { value: 'run/x' });
    expect(parcelOfFiles([picked]).files[0].path).toBe('run/x');
  });
});

describe('Uploader', () => {
  const parcel = (count: number): IParcel =>
    parcelOfFiles(Array.from({ length: count }, (_, n) => file(`f${n}`)));

  function make(put: (asked: IAsked) => IAnswer | Promise<IAnswer>) {
    const job = { ...list[0], id: 'up', state: 'blocked', reason: 'upload' };
    const server = serve(asked =>
      asked.method === 'PUT' ? put(asked) : { status: 201, json: job }
    );
    const serverSettings = server.settings;
    const waits: number[] = [];
    const jobs = new JobsModel({ serverSettings });
    const wait = (ms: number): Promise<void> => {
      waits.push(ms);
      return Promise.resolve();
    };
    const uploader = new Uploader({ jobs, serverSettings, wait });
    const puts = () => server.asked.filter(({ method }) => method === 'PUT');
    return { jobs, uploader, waits, puts, asked: server.asked };
  }

  const TO = { source: 'dcache', path: '/lst' };

  it('should announce first, then send every file by its number', async () => {
    const { uploader, asked, puts } = make(() => ({ json: {} }));
    const { sent } = await uploader.upload(parcel(5), TO);
    await sent;
    expect(asked[0].body).toMatchObject({
      kind: 'upload',
      from: { source: 'browser' },
      to: TO,
      conflict: 'ask',
      folders: []
    });
    expect(
      puts()
        .map(({ path }) => path)
        .sort()
    ).toEqual([0, 1, 2, 3, 4].map(n => `ctadata-jlab/jobs/up/items/${n}`));
    expect(uploader.isBusy).toBe(false);
  });

  it('should send at most three at once', async () => {
    let [now, most] = [0, 0];
    const { uploader } = make(async () => {
      now += 1;
      most = Math.max(most, now);
      await settle(2);
      now -= 1;
      return { json: {} };
    });
    await (
      await uploader.upload(parcel(9), TO)
    ).sent;
    expect(most).toBe(3);
  });

  it('should wait longer and longer while the spool is full', async () => {
    let full = 7;
    const { uploader, waits, puts } = make(() =>
      full-- > 0 ? { status: 507, json: error } : { json: {} }
    );
    await (
      await uploader.upload(parcel(1), TO)
    ).sent;
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
    expect(puts()).toHaveLength(8);
  });

  it('should be content if the server has the file already', async () => {
    const json = { ...error, error: 'AlreadyExists' };
    const { uploader } = make(() => ({ status: 409, json }));
    await expect(
      (await uploader.upload(parcel(1), TO)).sent
    ).resolves.toBeUndefined();
  });

  it('should send the others if one is refused, and say why', async () => {
    const { uploader, puts } = make(({ path }) =>
      path.endsWith('/1')
        ? { status: 400, json: { ...error, error: 'BadRequest' } }
        : { json: {} }
    );
    const { sent } = await uploader.upload(parcel(4), TO);
    await expect(sent).rejects.toMatchObject({ name: 'BadRequest' });
    expect(puts()).toHaveLength(4);
  });

  it('should send thousands of dropped files one by one, announced by one request, and read none into the page', async () => {
    const night = Array.from({ length: 2500 }, (_, n) => fileEntry(`run ${n}`));
    const drop = { files: [], entries: [folderEntry('night', ...night)] };
    const read = jest.fn();
    const ways = ['arrayBuffer', 'text', 'stream', 'slice'];
    ways.forEach(way => Object.assign(File.prototype, { [way]: read }));
    const reader = jest
      .spyOn(FileReader.prototype, 'readAsArrayBuffer')
      .mockImplementation(read);
    let [now, most] = [0, 0];
    const { uploader, asked, puts } = make(async () => {
      now += 1;
      most = Math.max(most, now);
      await settle();
      now -= 1;
      return { json: {} };
    });
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    await (
      await uploader.upload(await parcelOfDrop(drop), TO)
    ).sent;
    clearInterval(timer);
    const [announced, ...others] = asked;
    expect(announced.method).toBe('POST');
    expect((announced.body as { manifest: unknown[] }).manifest).toHaveLength(
      2500
    );
    expect(others).toHaveLength(2500);
    expect(new Set(puts().map(({ path }) => path)).size).toBe(2500);
    expect(puts().every(({ body }) => body instanceof File)).toBe(true);
    expect(read).not.toHaveBeenCalled();
    ways.forEach(way => Reflect.deleteProperty(File.prototype, way));
    reader.mockRestore();
    expect(most).toBe(3);
    expect(turns).toBeGreaterThan(100); // the page had its turns meanwhile
  });
});
