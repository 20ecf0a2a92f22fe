/** Playwright for the benchmark of the panel; `benchmarks/bench_panel.py` runs it and says by the environment where things are. */
const base = require('./playwright.config.js');

const { CTADATA_BENCH, CTADATA_BENCH_PORT, CTADATA_UI_PORT } = process.env;

function addressOf(port) {
  return `http://127.0.0.1:${port}/user/name`;
}

/** A JupyterLab with the panel, or without. */
function server(port, more = {}) {
  return {
    ...base.webServer,
    command:
      'python -m ctadata_jlab.demo.lab --config bench/jupyter_server_bench_config.py',
    url: `${addressOf(port)}/lab`,
    env: {
      ...base.webServer.env,
      CTADATA_CONFIG: `${CTADATA_BENCH}/ctadata.toml`,
      CTADATA_BENCH_PORT: port,
      ...more
    }
  };
}

/** Folders of its own for the second one. */
function apart() {
  const { env } = base.webServer;
  const names = Object.keys(env).filter(name => /^JUPYTER.*_DIR$/.test(name));
  return Object.fromEntries(names.map(name => [name, `${env[name]}-without`]));
}

module.exports = {
  ...base,
  testDir: './bench',
  testMatch: '*.bench.ts',
  timeout: 1_500_000,
  reporter: [['list']],
  use: { ...base.use, trace: 'off' },
  webServer: [
    server(CTADATA_UI_PORT),
    server(CTADATA_BENCH_PORT, {
      ...apart(),
      CTADATA_BENCH_WITHOUT: '1'
    })
  ]
};
