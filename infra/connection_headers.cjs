// Loaded into firebase-tools: its Hosting emulator hands the headers of a request on to fetch, and fetch refuses those
// that belong to one connection only (RFC 9110, 7.6.1). Without this, a chunked body, `Expect: 100-continue` of curl or
// the HTTP/2 upgrade that Java's client offers would end in its 500. Real Hosting ends each connection itself.
const http = require("http");

const OF_ONE_CONNECTION = ["connection", "expect", "http2-settings", "keep-alive", "te", "transfer-encoding", "upgrade"];
const { emit } = http.Server.prototype;

http.Server.prototype.emit = function (event, request, ...others) {
  if (event === "request" && String(this.address()?.port) === process.env.HOSTING_PORT) {
    for (const name of OF_ONE_CONNECTION) delete request.headers[name];
  }
  return emit.call(this, event, request, ...others);
};
