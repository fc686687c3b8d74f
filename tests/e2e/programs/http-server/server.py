from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RELEASE = "one"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"release {RELEASE}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("", 3000), Handler).serve_forever()
