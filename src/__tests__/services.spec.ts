import wire from '../../tests/fixtures/wire/sources.json';
import { Services } from '../services';
import type { ISource } from '../wire';
import { serve } from './server';

const [dcache] = wire as unknown as ISource[];
const running = (name: string): ISource => ({
  ...dcache,
  ...{ name, traits: { ...dcache.traits, runs: true } }
});
const error = { error: 'Unreachable', message: 'Gone.', hint: '' };

describe('Services', () => {
  it('should ask the sources that have some, and keep those that answer', async () => {
    const server = serve(({ path }) =>
      path.endsWith('/services/away')
        ? { status: 502, json: error }
        : { json: [{ name: 'cowsay', input: '/in', output: null }] }
    );
    const services = new Services(server.settings);
    const { found, problems } = await services.offers([
      dcache,
      running('away'),
      running('oscar')
    ]);
    expect(server.asked.map(({ path }) => path.split('/services/')[1])).toEqual(
      ['away', 'oscar']
    );
    expect(found.map(({ name, source }) => [source.name, name])).toEqual([
      ['oscar', 'cowsay']
    ]);
    expect(problems).toHaveLength(1);
  });

  it('should tell where an answer is, and name runs as they are called', async () => {
    const server = serve(({ method }) =>
      method === 'POST'
        ? { json: { path: 'local/sub/a.txt.cow.txt' } }
        : { json: [] }
    );
    const services = new Services(server.settings);
    const source = running('oscar');
    const offer = { name: 'co w', input: null, output: null, source };
    const from = { source: 'dcache', path: '/a.txt' };
    const to = { source: 'local', path: '/sub' };
    expect(await services.run(offer, from, to)).toBe('/sub/a.txt.cow.txt');
    await services.log(offer, { id: 'a/b', state: '', created: null });
    const [run, log] = server.asked;
    expect(run.body).toEqual({ from, to });
    expect(log.path).toMatch(/services\/oscar\/co%20w\/a%2Fb$/);
  });
});
