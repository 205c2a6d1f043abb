// A real OpenID Connect provider for the tests: `node provider.mjs '{"port": ..., "redirect": ..., "groups": {...}}'`.
// Its own sign-in page takes any password; who is in which group is told by the one who starts it.

import { Provider } from "oidc-provider";

const { port, host, redirect, groups, secret } = JSON.parse(process.argv[2]);

const provider = new Provider(`http://${host}:${port}`, {
  clients: [{ client_id: "blinwatch", client_secret: secret, redirect_uris: [redirect], response_types: ["code"] }],
  claims: { openid: ["sub"], profile: ["preferred_username"], groups: ["groups"] },
  scopes: ["openid", "profile", "groups"],
  cookies: { keys: ["a key for a provider that lives for one test"] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, groups: groups[id] }),
  }),
});
provider.listen(port, "127.0.0.1", () => console.log("listening"));
