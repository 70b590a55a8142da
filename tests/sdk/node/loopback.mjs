// Loaded before every test: refuses each connection that would leave this machine, and makes the
// process fail if there was one, even if an SDK kept that to itself.

import net from "node:net";

const HOME = new Set(["127.0.0.1", "::1", "localhost"]);
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...args) {
  const given = Array.isArray(args[0]) ? args[0][0] : args[0];
  const isOptions = typeof given === "object" && given !== null;
  const host = isOptions ? given.host : typeof args[1] === "string" ? args[1] : undefined;
  // Without a host it is this machine, or a socket in the file system.
  if (host !== undefined && !HOME.has(host)) {
    console.error(`${host} is not this machine`);
    process.exitCode = 1;
    throw new Error(`${host} is not this machine`);
  }
  return connect.apply(this, args);
};
