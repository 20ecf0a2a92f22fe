import type { Contents } from '@jupyterlab/services';

import { CtaDrive } from '../drive';
import type { ICtaModel } from '../wire';
import error from '../../tests/fixtures/wire/error.json';
import file from '../../tests/fixtures/wire/contents-file.json';
import { BASE, serve } from './server';
import type { IAnswer, IAsked } from './server';

const NDJSON = [
  {
    names: ['a.h5', 'sub'],
    sizes: [5, null],
    mtimes: [1, null],
    flags: [0, 1]
  },
  { names: ['tape 100% #1?+é.fits'], sizes: [7], mtimes: [2], flags: [2] },
  { complete: true, count: 3, hash: '9f0c' }
].map(line => JSON.stringify(line) + '\n');

function make(answer: (asked: IAsked) => IAnswer): {
  drive: CtaDrive;
  asked: IAsked[];
} {
  const { settings, asked } = serve(answer);
  return { drive: new CtaDrive({ serverSettings: settings }), asked };
}

/** Answers a file's facts, content or a save with version *version*. */
function fileServer(version: () => string): (asked: IAsked) => IAnswer {
  return ({ path }) => {
    const ctadata = { ...file.ctadata, version: version() };
    const content = path.includes('content=0') ? null : file.content;
    return { json: { ...file, content, ctadata } };
  };
}

const ODD = 'dcache/100% #1?+ caf\u00e9 cafe\u0301/a b.txt';
const ODD_URL = 'dcache/100%25%20%231%3F%2B%20caf%C3%A9%20cafe%CC%81/a%20b.txt';

describe('CtaDrive', () => {
  describe('#get()', () => {
    it('should list a folder by the stream', async () => {
      const { drive, asked } = make(() => ({ pieces: NDJSON }));
      const model = await drive.get('dcache/lst', { type: 'directory' });
      expect(asked[0].path).toBe('ctadata-jlab/listing/dcache/lst');
      expect(model).toMatchObject({ path: 'dcache/lst', type: 'directory' });
      expect(
        (model.content as ICtaModel[]).map(({ name, path }) => [name, path])
      ).toEqual([
        ['a.h5', 'dcache/lst/a.h5'],
        ['sub', 'dcache/lst/sub'],
        ['tape 100% #1?+é.fits', 'dcache/lst/tape 100% #1?+é.fits']
      ]);
    });

    it('should encode odd names once and leave their spelling alone', async () => {
      const { drive, asked } = make(() => ({ json: file }));
      await drive.get(ODD, { type: 'file', format: 'text', content: true });
      expect(asked.map(({ path }) => path)).toEqual([
        `ctadata-jlab/contents/${ODD_URL}?content=0`,
        `ctadata-jlab/contents/${ODD_URL}?content=1&type=file&format=text`
      ]);
      expect(await drive.getDownloadUrl(ODD)).toBe(
        `${BASE}ctadata-jlab/files/${ODD_URL}`
      );
    });

    it.each([
      ['without the last line', { pieces: NDJSON.slice(0, 2) }],
      ['cut in a line', { pieces: [NDJSON[0], NDJSON[1].slice(0, 9)] }],
      ['that breaks off', { pieces: [NDJSON[0]], breaks: true }]
    ])('should reject a listing %s', async (_, answer) => {
      const { drive } = make(() => answer);
      await expect(
        drive.get('d/x', { type: 'directory' })
      ).rejects.toMatchObject({ name: 'BadAnswer', retryable: true });
    });

    it('should reject with an error that comes after some rows', async () => {
      const pieces = [NDJSON[0], JSON.stringify({ error })];
      const { drive } = make(() => ({ pieces }));
      await expect(
        drive.get('d/x', { type: 'directory' })
      ).rejects.toMatchObject({ name: 'NotFound', hint: error.hint });
    });

    it('should not ask for a file above the limit', async () => {
      const { drive, asked } = make(() => ({ pieces: NDJSON }));
      await drive.list('dcache/lst');
      drive.openLimit = 4;
      await expect(
        drive.get('dcache/lst/a.h5', { type: 'file', content: true })
      ).rejects.toMatchObject({ name: 'TooLargeToOpen', status: 413 });
      expect(asked).toHaveLength(1);
    });

    it.each([
      ['smaller, and then open it', 5, 4],
      ['larger, and then not ask for it', 4, 5]
    ])(
      'should know from a newer listing that a file is %s',
      async (_, before, now) => {
        const [block, ...rest] = NDJSON;
        const pieces = [block.replace('[5,', `[${now},`), ...rest];
        const { drive, asked } = make(({ path }) =>
          path.includes('/listing/')
            ? { pieces }
            : { json: { ...file, size: before } }
        );
        drive.openLimit = 4;
        await drive.get('dcache/lst/a.h5', { content: false });
        await drive.list('dcache/lst');
        const opened = drive.get('dcache/lst/a.h5', { type: 'file' });
        const isRefused = await opened.then(
          () => false,
          () => true
        );
        expect(isRefused).toBe(now > 4);
        expect(asked).toHaveLength(now > 4 ? 2 : 3);
      }
    );

    it('should give what was listed already, once', async () => {
      const { drive, asked } = make(() => ({ pieces: NDJSON }));
      const model = await drive.list('dcache/lst');
      drive.prime('dcache/lst', model);
      expect(await drive.get('dcache/lst', { content: true })).toBe(model);
      await drive.get('dcache/lst', { type: 'directory' });
      expect(asked).toHaveLength(2);
    });
  });

  describe('#list()', () => {
    it('should show the rows as they arrive', async () => {
      const { drive } = make(() => ({ pieces: NDJSON }));
      const counts: number[] = [];
      await drive.list('d', { onBlock: rows => counts.push(rows.length) });
      expect(counts).toEqual([2, 1]);
    });

    it('should ask the storage itself when told', async () => {
      const { drive, asked } = make(() => ({ pieces: NDJSON }));
      await drive.list('d', { fresh: true });
      expect(asked[0].path).toBe('ctadata-jlab/listing/d?fresh=1');
    });
  });

  describe('#save()', () => {
    const body = { type: 'file', format: 'text', content: 'new' } as const;

    it('should send the version that was read', async () => {
      const { drive, asked } = make(fileServer(() => 'v1'));
      const model = await drive.get('dcache/lst/a.txt', {
        type: 'file',
        content: true
      });
      expect(model.hash).toBe('v1');
      await drive.save('dcache/lst/a.txt', body);
      const put = asked[asked.length - 1];
      expect(put.method).toBe('PUT');
      expect(put.body).toEqual({ ...body, ctadata: { version: 'v1' } });
    });

    it('should send the version of the last save after that', async () => {
      let version = 1;
      const { drive, asked } = make(asked => {
        version += asked.method === 'PUT' ? 1 : 0;
        return fileServer(() => `v${version}`)(asked);
      });
      await drive.get('dcache/lst/a.txt', { type: 'file', content: true });
      await drive.save('dcache/lst/a.txt', body);
      await drive.save('dcache/lst/a.txt', body);
      const sent = asked.filter(({ method }) => method === 'PUT');
      expect(sent.map(put => (put.body as ICtaModel).ctadata?.version)).toEqual(
        ['v1', 'v2']
      );
    });

    it('should send no version for a file never read', async () => {
      const { drive, asked } = make(fileServer(() => 'v1'));
      await drive.save('dcache/lst/a.txt', body);
      expect(asked[0].body).toEqual(body);
    });

    it('should tell of the change, and reject pieces', async () => {
      const { drive } = make(fileServer(() => 'v1'));
      const changes: Contents.IChangedArgs[] = [];
      drive.fileChanged.connect((_, change) => changes.push(change));
      await drive.save('dcache/lst/a.txt', body);
      expect(changes.map(({ type }) => type)).toEqual(['save']);
      await expect(
        drive.save('dcache/lst/a.txt', { ...body, chunk: 1 })
      ).rejects.toMatchObject({ name: 'Unsupported' });
    });
  });

  it('should rename within a source only', async () => {
    const { drive, asked } = make(() => ({ json: file }));
    await drive.rename('dcache/lst/b.txt', 'dcache/lst/a.txt');
    expect(asked[0]).toMatchObject({
      method: 'PATCH',
      path: 'ctadata-jlab/contents/dcache/lst/b.txt',
      body: { path: 'dcache/lst/a.txt' }
    });
    await expect(
      drive.rename('dcache/a', 'dcache-dev/a')
    ).rejects.toMatchObject({ name: 'Unsupported' });
    expect(asked).toHaveLength(1);
  });

  it('should answer checkpoints without asking', async () => {
    const { drive, asked } = make(() => ({}));
    const one = await drive.createCheckpoint('dcache/a');
    expect(await drive.listCheckpoints('dcache/a')).toEqual([one]);
    expect(asked).toEqual([]);
  });

  it('should leave documents to one user: nothing of it is shared live', () => {
    const drive: Contents.IDrive = make(() => ({})).drive;
    expect(drive.sharedModelFactory).toBeUndefined();
  });
});
