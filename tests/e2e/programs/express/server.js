const express = require("express");
const RELEASE = "one";

const app = express();
app.get("/", (request, response) => response.send(`release ${RELEASE}`));
app.listen(3000);
