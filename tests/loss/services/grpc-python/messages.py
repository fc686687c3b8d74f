"""The messages of gRPC's interoperability tests (grpc.testing.TestService), as far as they are used.

Described here and not generated: protoc's plug-in for gRPC is one more thing to install.
"""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FIELD = descriptor_pb2.FieldDescriptorProto
PACKAGE = "grpc.testing"
MESSAGES = {
    "Payload": [("body", 2, FIELD.TYPE_BYTES)],
    "SimpleRequest": [("payload", 3, "Payload")],
    "SimpleResponse": [("payload", 1, "Payload")],
    "ResponseParameters": [("size", 1, FIELD.TYPE_INT32), ("interval_us", 2, FIELD.TYPE_INT32)],
    "StreamingOutputCallRequest": [("response_parameters", 2, ["ResponseParameters"]), ("payload", 3, "Payload")],
    "StreamingOutputCallResponse": [("payload", 1, "Payload")],
    "StreamingInputCallRequest": [("payload", 1, "Payload")],
    "StreamingInputCallResponse": [("aggregated_payload_size", 1, FIELD.TYPE_INT32)],
}


def _describe():
    file = descriptor_pb2.FileDescriptorProto(name="livefix-test.proto", package=PACKAGE, syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, number, kind in fields:
            repeated = isinstance(kind, list)
            kind = kind[0] if repeated else kind
            field = message.field.add(name=field_name, number=number,
                                      label=FIELD.LABEL_REPEATED if repeated else FIELD.LABEL_OPTIONAL)
            if isinstance(kind, str):
                field.type, field.type_name = FIELD.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
            else:
                field.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return {name: factory.GetPrototype(pool.FindMessageTypeByName(f"{PACKAGE}.{name}")) for name in MESSAGES}


globals().update(_describe())
SERVICE = f"{PACKAGE}.TestService"
METHODS = {  # name: (request, response)
    "UnaryCall": ("SimpleRequest", "SimpleResponse"),
    "StreamingOutputCall": ("StreamingOutputCallRequest", "StreamingOutputCallResponse"),
    "StreamingInputCall": ("StreamingInputCallRequest", "StreamingInputCallResponse"),
    "FullDuplexCall": ("StreamingOutputCallRequest", "StreamingOutputCallResponse"),
}


def message(name):
    return globals()[name]
