from flask import Flask

RELEASE = "one"
app = Flask(__name__)


@app.get("/")
def index():
    return f"release {RELEASE}"


if __name__ == "__main__":
    app.run(port=3000)
