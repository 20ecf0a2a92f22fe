import { placesFrom } from '../address';
import type { IPlace } from '../paths';
import type { ISource } from '../wire';

const source = (name: string, url = '', root = '/'): ISource =>
  ({ name, url, root }) as ISource;

const SOURCES = [
  source('dcache', 'https://door.example:2880'),
  source('dev', 'https://dev.example:2880'),
  source('deep', 'https://deep.example:2880/', '/pnfs/deep.example/cta'),
  source('other', 'https://door.example:8443'),
  source('local')
];
const HERE: IPlace = { source: 'dev', path: '/lst/DL1' };

const found = (text: string, here = HERE): string[] =>
  placesFrom(text, SOURCES, here).map(place => `${place.source}:${place.path}`);

describe('placesFrom', () => {
  it.each([
    // plain
    ['20241114', ['dev:/lst/DL1/20241114']],
    ['../DL2/', ['dev:/lst/DL2']],
    ['/cta/simulations', ['dev:/cta/simulations']],
    ['  "/cta/two words.txt" ', ['dev:/cta/two words.txt']],
    ['/100% sure.txt', ['dev:/100% sure.txt']],
    // with the source's name, as the crumbs have it
    ['/dcache/lst', ['dcache:/lst', 'dev:/dcache/lst']],
    ['ctadata:dcache/lst', ['dcache:/lst']],
    ['/ctadata:dcache/lst', ['dcache:/lst']],
    ['ctadata://dcache/lst', ['dcache:/lst']],
    // a door's URL, with a slash eaten by JupyterLab's path field or not
    ['https://door.example:2880/lst/a%20b', ['dcache:/lst/a b']],
    ['/https:/door.example:2880/lst', ['dcache:/lst']],
    ['https://door.example:8443/x', ['other:/x']],
    ['davs://DOOR.example:2880/x?action=show', ['dcache:/x']],
    [
      'root://door.example:1094//pnfs/door.example/lst',
      ['dcache:/lst', 'dcache:/pnfs/door.example/lst']
    ],
    [
      'https://deep.example:2880/pnfs/deep.example/cta/lst',
      ['deep:/lst', 'deep:/pnfs/deep.example/cta/lst']
    ],
    ['https://door.example:2880', ['dcache:/']],
    // dCache's own form
    [
      '/pnfs/door.example/lst/DL1',
      ['dev:/lst/DL1', 'dev:/pnfs/door.example/lst/DL1']
    ],
    ['dcache://lst/DL1', ['dev:/lst/DL1']],
    [
      'dcache:///pnfs/door.example/lst',
      ['dev:/lst', 'dev:/pnfs/door.example/lst']
    ],
    ['dcache://dcache/lst', ['dcache:/lst']],
    // nothing climbs above the root
    ['/../../etc', ['dev:/etc']],
    ['https://door.example:2880/a/../../b', ['dcache:/b']]
  ])('should understand %p', (text, expected) => {
    expect(found(text)).toEqual(expected);
  });

  it('should refuse a host that is none of the sources’, and say what to do', () => {
    expect(() => found('https://elsewhere.example/x')).toThrow(
      'elsewhere.example'
    );
  });
});
