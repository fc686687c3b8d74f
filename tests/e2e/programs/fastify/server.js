const fastify = require("fastify")();
const RELEASE = "one";

fastify.get("/", async () => `release ${RELEASE}`);
fastify.listen({ port: 3000, host: "0.0.0.0" });
