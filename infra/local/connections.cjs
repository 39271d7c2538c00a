// Loaded into firebase-tools, for three ways in which its emulators answer 500 where Google's own front ends do not.
const http = require("http");

// The Hosting emulator hands the headers of a request on to fetch, and fetch refuses those that belong to one connection
// only (RFC 9110, 7.6.1): a chunked body, `Expect: 100-continue` of curl, the HTTP/2 upgrade that Java's client offers.
const OF_ONE_CONNECTION = ["connection", "expect", "http2-settings", "keep-alive", "te", "transfer-encoding", "upgrade"];
const { emit } = http.Server.prototype;

http.Server.prototype.emit = function (event, request, ...others) {
  if (event === "request" && String(this.address()?.port) === process.env.HOSTING_PORT) {
    for (const name of OF_ONE_CONNECTION) delete request.headers[name];
  }
  return emit.call(this, event, request, ...others);
};

// The Functions emulator would use a connection to a function again that gunicorn, after two idle seconds, is closing.
http.globalAgent = new http.Agent({ keepAlive: false });

// A function that refuses a large body answers before it has read all of it. The Functions emulator, which is still
// writing, would take the broken pipe for a failure and answer 500 in its place, or a second time, or end because nobody
// hears of it. What it cannot write does not matter: the answer is there to be read, and if there is none, that fails.
const { emit: emitOfRequest } = http.ClientRequest.prototype;
const { createConnection } = http.Agent.prototype;

http.ClientRequest.prototype.emit = function (event, ...others) {
  return event === "error" && this.res ? true : emitOfRequest.call(this, event, ...others);
};
http.Agent.prototype.createConnection = function (...options) {
  const socket = createConnection.apply(this, options).on("error", () => {});
  for (const name of ["_write", "_writev"]) {
    const write = socket[name];
    socket[name] = function (...chunk) {
      const done = chunk.pop();
      write.call(this, ...chunk, (error) => done(["EPIPE", "ECONNRESET"].includes(error?.code) ? null : error));
    };
  }
  return socket;
};
