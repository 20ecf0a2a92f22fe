/**
 * The OIDC provider of the tests: stands for a site's Keycloak.
 *
 *   node provider.mjs SETTINGS.json
 *
 * SETTINGS: {cert, key, audience, minted?, manners?, clients: [{id, secret?, lifetime, rotates}]}. Serves https on a free
 * port of localhost and prints its issuer on the first line of the standard output. Every login name is accepted.
 * The file `manners` may say {code, lifetime}: how many seconds device codes and access tokens live for now.
 * SIGUSR2 takes it down, with all its connections, and up again.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { Provider } from 'oidc-provider';

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const clients = new Map(settings.clients.map((client) => [client.id, client]));
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const ABILITIES = ['storage.read', 'storage.modify', 'storage.create', 'storage.stage'];
const scopes = new Set(ABILITIES.map((ability) => `${ability}:/`)); // grows by the paths that are asked for

/** What oidc-provider wants to know about a client. */
function registration({ id, secret }) {
  return {
    client_id: id,
    ...(secret ? { client_secret: secret } : { token_endpoint_auth_method: 'none' }),
    grant_types: [DEVICE, 'refresh_token', ...(secret ? ['client_credentials'] : [])],
    redirect_uris: [],
    response_types: [],
  };
}

/** The storage as a protected resource: any path may be asked for, as the WLCG profile has it. */
function resourceServer(ctx) {
  for (const scope of (ctx.oidc.params?.scope ?? '').split(' ')) {
    if (ABILITIES.some((ability) => scope.startsWith(`${ability}:/`))) scopes.add(scope);
  }
  return { scope: [...scopes].join(' '), audience: settings.audience, accessTokenFormat: 'jwt' };
}

/** What holds for now. */
function manners() {
  return settings.manners && existsSync(settings.manners) ? JSON.parse(readFileSync(settings.manners, 'utf8')) : {};
}

/** Seconds that an access token lives: `lifetime` of the request's form, else of the manners, else what the client has. */
function lifetime(ctx, token, client) {
  return Number(ctx.oidc.body?.lifetime ?? manners().lifetime ?? clients.get(client.clientId).lifetime);
}

/** A fresh signing key for each run. */
function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: 'rig', use: 'sig', alg: 'RS256' };
}

/** The claims that storages look at beside the scopes; `wlcg.ver` is what makes XRootD read these. */
function claims(ctx, token) {
  return { 'wlcg.ver': '1.0', ...(token.accountId && { preferred_username: token.accountId }) };
}

/** Adds the secrets of an answer to the file of those that no log, page or process may ever show. */
function note(body) {
  const secrets = ['access_token', 'refresh_token', 'device_code'].map((name) => body?.[name]).filter(Boolean);
  if (settings.minted && secrets.length) appendFileSync(settings.minted, secrets.map((one) => `${one}\n`).join(''));
}

/** Lets clients poll for the user's consent every second, where the protocol's default is five. */
async function hasten(ctx, next) {
  await next();
  note(ctx.body);
  if (ctx.oidc?.route === 'device_authorization' && ctx.status === 200) ctx.body.interval = 1;
}

function configuration() {
  return {
    clients: settings.clients.map(registration),
    jwks: { keys: [signingKey()] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    scopes: ['openid', 'offline_access', ...scopes],
    extraTokenClaims: claims,
    issueRefreshToken: async () => true,
    rotateRefreshToken: (ctx) => clients.get(ctx.oidc.client.clientId).rotates,
    ttl: {
      AccessToken: lifetime,
      ClientCredentials: lifetime,
      DeviceCode: () => manners().code ?? 600,
      Grant: 86400,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: 86400,
      Session: 86400,
    },
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      devInteractions: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => settings.audience,
        getResourceServerInfo: resourceServer,
        useGrantedResource: () => true,
      },
    },
  };
}

const server = createServer({ cert: readFileSync(settings.cert), key: readFileSync(settings.key) });
server.listen(0, '127.0.0.1');
server.once('listening', () => {
  const { port } = server.address();
  const issuer = `https://localhost:${port}`;
  const provider = new Provider(issuer, configuration());
  provider.on('server_error', (ctx, error) => console.error(error));
  provider.use(hasten);
  server.on('request', provider.callback());
  process.on('SIGUSR2', () => {
    if (server.listening) {
      server.close();
      server.closeAllConnections();
    } else server.listen(port, '127.0.0.1');
  });
  setInterval(() => {}, 60_000); // while it is down, nothing else keeps the process
  console.log(issuer);
});
