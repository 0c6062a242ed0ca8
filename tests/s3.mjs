// An S3 server with one bucket, for tests: node tests/s3.mjs <directory>. Prints its address, and exits
// when its standard input is closed.

import S3rver from "s3rver";

const server = new S3rver({
  address: "127.0.0.1",
  port: 0,
  silent: true,
  directory: process.argv[2],
  configureBuckets: [{ name: "company-files" }],
});
const { port } = await server.run();
console.log(`http://127.0.0.1:${port}`);
process.stdin.on("end", () => process.exit()).resume();
