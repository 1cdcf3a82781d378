// All audits of graphql-http, those that only recommend something included.

import { serverAudits } from "graphql-http";

const outcomes = {};
for (const { id, name, fn } of serverAudits({ url: process.argv[2] })) {
  const { status, reason } = await fn();
  outcomes[`${id} ${name}`] = status === "ok" ? null : `${status}: ${reason}`;
}
process.stdout.write(JSON.stringify(outcomes), () => process.exit(0));
