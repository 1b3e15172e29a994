// A certified OpenID Connect provider (the package oidc-provider) on 127.0.0.1 for tests, with one page of ours: a
// sign-in without a password, where whoever signs in says who they are and by which authentication context.
//
// What it is comes as one line of JSON on standard input: port, signing_key, client (id, key, redirect_uris) and
// acr_values. It says "ready" when it listens, and ends with its standard input.
import Provider from 'oidc-provider';

let text = '';
for await (const part of process.stdin) {
  text += part;
  if (text.includes('\n')) break;
}
const asked = JSON.parse(text);
const issuer = `http://127.0.0.1:${asked.port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: asked.client.id,
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'RS256',
    jwks: { keys: [asked.client.key] },
    redirect_uris: asked.client.redirect_uris,
    grant_types: ['authorization_code'],
    response_types: ['code'],
  }],
  jwks: { keys: [asked.signing_key] },
  cookies: { keys: ['only for tests'] },
  acrValues: asked.acr_values,
  claims: { openid: ['sub'], acr: null },
  features: { devInteractions: { enabled: false } },
  findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
  interactions: { url: (ctx, interaction) => `/sign-in/${interaction.uid}` },
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid');
    grant.addOIDCClaims(['acr']);
    await grant.save();
    return grant;
  },
  ttl: { Interaction: 600, Session: 600, Grant: 600, AuthorizationCode: 60, IdToken: 600, AccessToken: 60 },
});

const page = (uid) => `<!doctype html><html lang="en">
<link rel="icon" href="data:,"><title>The provider</title><h1>Sign in at the provider</h1>
<form method="post" action="/sign-in/${uid}">
<label>Account <input name="account"></label> <label>Context <input name="acr"></label>
<button name="go" value="on">Go on</button> <button name="go" value="back">Stop</button></form></html>`;

provider.use(async (ctx, next) => {
  const [, here, uid] = ctx.path.split('/');
  if (here !== 'sign-in') return next();
  if (ctx.method === 'GET') {
    ctx.type = 'html';
    ctx.body = page(uid);
    return undefined;
  }
  let body = '';
  for await (const part of ctx.req) body += part;
  const given = new URLSearchParams(body);
  const result = given.get('go') === 'back'
    ? { error: 'access_denied' }
    : { login: { accountId: given.get('account'), acr: given.get('acr') || undefined, remember: false } };
  ctx.respond = false;
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
  return undefined;
});

const server = provider.listen(asked.port, '127.0.0.1', () => process.stdout.write('ready\n'));
process.stdin.on('end', () => server.close(() => process.exit(0)));
process.stdin.resume();
