/**
 * The checkout service of a small bookshop, and two seconds of its customers. It knows nothing of sealtrace:
 *
 *     node examples/checkout/main.ts
 *     sealtrace run examples/checkout/main.ts
 */
import { Accounts } from "./accounts.ts";
import { CUSTOMERS, visitShop } from "./client.ts";
import { openDatabase } from "./database.ts";
import { Orders } from "./orders.ts";
import { PaymentGateway } from "./payments.ts";
import { createServer } from "./server.ts";

process.on("unhandledRejection", (reason) => {
  console.error("background job failed:", reason instanceof Error ? reason.message : reason);
});

const database = openDatabase();
const accounts = new Accounts(database);
for (const { email, password } of CUSTOMERS) await accounts.register(email, password);

const server = createServer({ database, accounts, orders: new Orders(database, new PaymentGateway()) });
const address = await server.listen({ host: "127.0.0.1", port: 0 });
console.log(`checkout listens on ${address}`);

await visitShop(address);

await server.close();
database.close();
console.log("checkout is closed");
