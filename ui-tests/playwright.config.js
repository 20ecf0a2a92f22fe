/**
 * Playwright for the panel, after the configuration of Galata.
 *
 * The server listens on a free port, chosen once and handed on to the workers by the environment.
 * CHROMIUM names another browser than Debian's.
 */
const { execFileSync } = require('node:child_process');
const { mkdirSync, rmSync } = require('node:fs');
const path = require('node:path');

const baseConfig = require('@jupyterlab/galata/lib/playwright-config');

const RUN = path.join(__dirname, '.cache', 'run');

if (!process.env.CTADATA_UI_PORT) {
  process.env.CTADATA_UI_PORT = freePort();
  rmSync(RUN, { recursive: true, force: true });
  mkdirSync(path.join(RUN, 'home'), { recursive: true });
}
const address = `http://127.0.0.1:${process.env.CTADATA_UI_PORT}/user/name`;
process.env.TARGET_URL = address;
process.env.TZ = 'UTC';

/** A free port below those that Linux gives to outgoing connections, which might take it before the server does. */
function freePort() {
  const program = `
    const server = require('net').createServer();
    const listen = () =>
      server.listen(20000 + Math.floor(12000 * Math.random()), '127.0.0.1');
    server.on('error', listen);
    server.on('listening', () => {
      console.log(server.address().port);
      server.close();
    });
    listen();`;
  return execFileSync(process.execPath, ['-e', program]).toString().trim();
}

module.exports = {
  ...baseConfig,
  testDir: './tests',
  timeout: 60_000,
  expect: { timeout: 15_000 },
  // All tests share one server with one queue of transfers.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  reporter: [
    ['list'],
    ['html', { open: 'never', outputFolder: 'playwright-report' }]
  ],
  use: {
    ...baseConfig.use,
    baseURL: address,
    locale: 'en-GB',
    timezoneId: 'UTC',
    viewport: { width: 1280, height: 800 },
    actionTimeout: 15_000,
    trace: 'retain-on-failure',
    video: 'off',
    acceptDownloads: true,
    permissions: ['clipboard-read', 'clipboard-write'],
    launchOptions: {
      executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync'
      ]
    }
  },
  webServer: {
    // Ends with this process, even if that is killed.
    command:
      'python -m ctadata_jlab.demo.lab --config jupyter_server_test_config.py',
    url: `${address}/lab`,
    timeout: 180_000,
    reuseExistingServer: false,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 10_000 },
    stdout: 'ignore',
    stderr: 'pipe',
    env: {
      ...process.env,
      HOME: path.join(RUN, 'home'),
      XDG_STATE_HOME: path.join(RUN, 'state'),
      CTADATA_CONFIG: path.join(RUN, 'ctadata.toml'),
      CTADATA_UI_RUN: RUN,
      IPYTHONDIR: path.join(RUN, 'ipython'),
      JUPYTER_CONFIG_DIR: path.join(RUN, 'jupyter', 'config'),
      JUPYTER_DATA_DIR: path.join(RUN, 'jupyter', 'data'),
      JUPYTER_RUNTIME_DIR: path.join(RUN, 'jupyter', 'runtime'),
      JUPYTERLAB_SETTINGS_DIR: path.join(RUN, 'jupyter', 'settings'),
      JUPYTERLAB_GALATA_ROOT_DIR: path.join(RUN, 'workspace')
    }
  }
};
