from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

RELEASE = "one"
app = FastAPI()


@app.get("/", response_class=PlainTextResponse)
def index():
    return f"release {RELEASE}"
