import { ServerError } from '../request';
import { ListingParser, rowsOf } from '../stream';
import type { IListingBlock } from '../wire';
import broken from '../../tests/fixtures/wire/listing-broken.json';
import lines from '../../tests/fixtures/wire/listing.json';

const TEXT = lines.map(line => JSON.stringify(line)).join('\n') + '\n';

function parse(...pieces: string[]): IListingBlock[] {
  const blocks: IListingBlock[] = [];
  const parser = new ListingParser(block => blocks.push(block));
  pieces.forEach(piece => parser.push(piece));
  parser.end();
  return blocks;
}

describe('ListingParser', () => {
  it('should give the blocks in order', () => {
    expect(parse(TEXT)).toEqual([lines[0]]);
  });

  it('should not care where the text is cut', () => {
    for (let cut = 0; cut <= TEXT.length; cut += 1) {
      expect(parse(TEXT.slice(0, cut), TEXT.slice(cut))).toHaveLength(1);
    }
  });

  it('should take a last line without a newline, and an empty folder', () => {
    expect(parse('{"complete": true, "count": 0, "hash": ""}')).toEqual([]);
  });

  it('should reject a listing that ends anywhere too early', () => {
    const last = TEXT.lastIndexOf('}');
    for (let cut = 0; cut <= last; cut += 1) {
      expect(() => parse(TEXT.slice(0, cut))).toThrow(ServerError);
    }
  });

  it('should reject a listing with fewer rows than announced', () => {
    expect(() => parse('{"complete": true, "count": 2, "hash": ""}')).toThrow(
      '0 entries where 2'
    );
  });

  it('should reject with the error in the stream', () => {
    let caught: unknown = null;
    try {
      parse(...broken.map(line => JSON.stringify(line) + '\n'));
    } catch (reason) {
      caught = reason;
    }
    expect(caught).toMatchObject({
      name: 'Unreachable',
      message: 'The door broke off.',
      retryable: true,
      status: 502
    });
  });

  it('should reject rows after the last line, and lines that are none', () => {
    const end = '{"complete": true, "count": 0, "hash": ""}\n';
    expect(() => parse(end, JSON.stringify(lines[0]) + '\n')).toThrow(
      ServerError
    );
    expect(() => parse('<html>\n')).toThrow('no JSON');
    expect(() => parse('{"names": 1}\n')).toThrow(ServerError);
    expect(() => parse('null\n')).toThrow(ServerError);
  });
});

describe('rowsOf', () => {
  it('should make contents models of a block', () => {
    const block = lines[0] as IListingBlock;
    const [file, folder] = rowsOf('dcache/lst', block, true);
    expect(file).toMatchObject({
      name: 'run é#1.txt',
      path: 'dcache/lst/run é#1.txt',
      type: 'file',
      size: 5,
      writable: true,
      last_modified: '2024-11-14T20:15:30.500Z',
      ctadata: { online: false }
    });
    expect(folder).toMatchObject({
      name: 'DL1',
      type: 'directory',
      ctadata: { online: null }
    });
    expect(folder.size).toBeUndefined();
  });

  it('should know notebooks, and take the epoch for a time', () => {
    const block = { names: ['n.ipynb'], sizes: [1], mtimes: [0], flags: [0] };
    expect(rowsOf('d', block, false)[0]).toMatchObject({
      type: 'notebook',
      writable: false,
      last_modified: '1970-01-01T00:00:00.000Z'
    });
  });
});
