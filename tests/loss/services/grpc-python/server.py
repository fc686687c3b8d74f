"""The gRPC service of the loss test in Python, the same as that in Go: server.py PORT."""

import signal
import sys
import threading
import time
from concurrent import futures

import grpc
import messages

RELEASE = "r0"


def answer(text):
    return messages.message("Payload")(body=RELEASE.encode() + b" " + text)


def tell(context):
    context.send_initial_metadata((("release", RELEASE),))
    context.set_trailing_metadata((("release", RELEASE),))


def unary(request, context):
    tell(context)
    return messages.message("SimpleResponse")(payload=answer(request.payload.body))


def down(request, context):
    tell(context)
    for i, wanted in enumerate(request.response_parameters):
        time.sleep(wanted.interval_us / 1e6)
        yield messages.message("StreamingOutputCallResponse")(payload=answer(request.payload.body + b" %d" % i))


def up(requests, context):
    tell(context)
    size = sum(len(request.payload.body) for request in requests)
    return messages.message("StreamingInputCallResponse")(aggregated_payload_size=size)


def both(requests, context):
    tell(context)
    for request in requests:
        yield messages.message("StreamingOutputCallResponse")(payload=answer(request.payload.body))


KINDS = {"UnaryCall": (grpc.unary_unary_rpc_method_handler, unary),
         "StreamingOutputCall": (grpc.unary_stream_rpc_method_handler, down),
         "StreamingInputCall": (grpc.stream_unary_rpc_method_handler, up),
         "FullDuplexCall": (grpc.stream_stream_rpc_method_handler, both)}


def handlers():
    for name, (kind, handle) in KINDS.items():
        request, response = messages.METHODS[name]
        yield name, kind(handle, request_deserializer=messages.message(request).FromString,
                         response_serializer=messages.message(response).SerializeToString)


server = grpc.server(futures.ThreadPoolExecutor(64))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(messages.SERVICE, dict(handlers())),))
assert server.add_insecure_port(f"0.0.0.0:{sys.argv[1]}") != 0
server.start()
ended = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ended.set())
ended.wait()
server.stop(30).wait()
