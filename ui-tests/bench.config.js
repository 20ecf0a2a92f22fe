/** Playwright for the benchmark of the panel; `benchmarks/bench_panel.py` runs it and says by the environment where things are. */
const base = require('./playwright.config.js');

const { CTADATA_BENCH, CTADATA_UI_PORT } = process.env;
const address = `http://127.0.0.1:${CTADATA_UI_PORT}/user/name`;

module.exports = {
  ...base,
  testDir: './bench',
  testMatch: '*.bench.ts',
  timeout: 1_500_000,
  reporter: [['list']],
  use: { ...base.use, trace: 'off' },
  webServer: {
    ...base.webServer,
    command:
      'python -m ctadata_jlab.demo.lab --config bench/jupyter_server_bench_config.py',
    url: `${address}/lab`,
    env: {
      ...base.webServer.env,
      CTADATA_CONFIG: `${CTADATA_BENCH}/ctadata.toml`
    }
  }
};
