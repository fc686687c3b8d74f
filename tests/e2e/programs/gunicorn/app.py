RELEASE = "one"


def app(environ, start_response):
    body = f"release {RELEASE}".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
