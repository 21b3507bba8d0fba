import { createServer, type Server } from "node:net";

/** So many ports of this machine that nobody listens on at this moment. */
export async function freePorts(count: number): Promise<number[]> {
  // All are held until all are known: none is given twice.
  const servers = await Promise.all(Array.from({ length: count }, () => listening(0)));
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Whether nobody listens on that port of this machine at this moment. */
export async function isFreePort(port: number): Promise<boolean> {
  try {
    const server = await listening(port);
    await new Promise((resolve) => server.close(resolve));
    return true;
  } catch {
    // In use, or not for this user: either way it is not to be had.
    return false;
  }
}

function listening(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
