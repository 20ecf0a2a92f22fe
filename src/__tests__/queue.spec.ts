import { QueueModel } from '../queue';
import { serve } from './server';

const queue = { owner: null, folder: '/q', notice: null, limit: null };

describe('QueueModel', () => {
  it('should ask nothing before it is told to', async () => {
    const { settings, asked } = serve(() => ({ json: queue }));
    const model = new QueueModel(settings);
    expect(asked).toEqual([]);
    await model.load();
    expect(model.value).toMatchObject({ limit: null });
  });

  it('should set and lift the limit, and tell what the server says', async () => {
    const { settings, asked } = serve(({ body }) => ({
      json: { ...queue, ...(body as object) }
    }));
    const model = new QueueModel(settings);
    let told = 0;
    model.changed.connect(() => (told += 1));
    await model.limit(1024);
    expect(model.value?.limit).toBe(1024);
    await model.limit(null);
    expect(model.value?.limit).toBeNull();
    expect(asked.map(({ method, body }) => [method, body])).toEqual([
      ['PATCH', { limit: 1024 }],
      ['PATCH', { limit: null }]
    ]);
    expect(told).toBe(2);
  });
});
