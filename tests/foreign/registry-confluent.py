"""The registry and the wire formats against python3-confluent-kafka.

Arguments: bootstrap address, address of the registry, base64 of UploadAccepted's file descriptor. Reads the topics py-upload-in and
py-api-in, which Mesh wrote; writes py-upload-out, py-api-out and py-method-out; prints what happened as JSON.
"""

import base64
import json
import sys

from confluent_kafka import DeserializingConsumer, SerializingProducer
from confluent_kafka.avro import AvroConsumer, AvroProducer, CachedSchemaRegistryClient, loads
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, SchemaRegistryError
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from google.protobuf import api_pb2, descriptor_pb2, descriptor_pool, message_factory

bootstrap, url, descriptor = sys.argv[1:]
registry = SchemaRegistryClient({"url": url})


def consumer_settings(topic):
    return {"bootstrap.servers": bootstrap, "group.id": "read " + topic, "auto.offset.reset": "earliest"}


def poll(consumer, topic):
    consumer.subscribe([topic])
    for _ in range(60):
        message = consumer.poll(0.5)
        if message is not None:
            value = message.value()
            consumer.close()
            return value
    raise TimeoutError("nothing came from " + topic)


def read(topic, deserializer):
    return poll(DeserializingConsumer(dict(consumer_settings(topic), **{"value.deserializer": deserializer})), topic)


def write(topic, serializer, value):
    failures = []
    producer = SerializingProducer({"bootstrap.servers": bootstrap, "value.serializer": serializer})
    producer.produce(topic, value=value, on_delivery=lambda error, _: failures.append(str(error)) if error else None)
    assert producer.flush(30) == 0 and not failures, failures


def refused(action):
    try:
        return action() and None
    except SchemaRegistryError as error:
        return [error.http_status_code, error.error_code, error.error_message]


def point(**fields):
    return Schema(json.dumps({"type": "record", "name": "Point", "fields": [dict({"name": name}, **field) for name, field in fields.items()]}), "AVRO")


def use_the_client():
    subject = "py/of points"
    first = point(x={"type": "int"})
    wider = point(x={"type": "int"}, y={"type": "int", "default": 0})
    narrower = point(x={"type": "int"}, z={"type": "int"})
    ids = [registry.register_schema(subject, first), registry.register_schema(subject, wider), registry.register_schema(subject, first)]
    latest = registry.get_latest_version(subject)
    set_to = registry.set_compatibility(subject, "full_transitive")
    return {
        "ids": ids,
        "versions": registry.get_versions(subject),
        "isListed": subject in registry.get_subjects(),
        "byId": SchemaRegistryClient({"url": url}).get_schema(ids[0]).schema_str == first.schema_str,
        "latest": [latest.subject, latest.version, latest.schema_id, latest.schema.schema_str == wider.schema_str],
        "lookup": registry.lookup_schema(subject, first).version,
        "level": [registry.get_compatibility(), set_to, registry.get_compatibility(subject)],
        "isCompatible": [registry.test_compatibility("py%2Fof%20points", wider), registry.test_compatibility("py%2Fof%20points", narrower)],
        "refused": refused(lambda: registry.register_schema(subject, narrower)),
        "noSubject": refused(lambda: registry.get_versions("none")),
        "noVersion": refused(lambda: registry.get_version(subject, 9)),
        "noLevel": refused(lambda: registry.set_compatibility(subject, "sometimes")),
        "invalid": refused(lambda: registry.register_schema(subject, Schema("{", "AVRO"))),
        "deletedVersion": registry.delete_version(subject, 1),
        "afterwards": registry.get_versions(subject),
        "deleted": registry.delete_subject(subject, permanent=True),
        "isGone": refused(lambda: registry.get_versions(subject)),
    }


def exchange_protobuf():
    file = descriptor_pb2.FileDescriptorProto.FromString(base64.b64decode(descriptor))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    upload = message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("mesh.events.v1.UploadAccepted"))
    write("py-upload-out", ProtobufSerializer(upload, registry), upload(ingest_id="from python", size_bytes=42))

    # Imports google/protobuf/source_context.proto and type.proto, which imports any.proto: this client registers each as a schema.
    api = api_pb2.Api(name="from python", methods=[api_pb2.Method(name="Ask")])
    api.source_context.file_name = "python.proto"
    write("py-api-out", ProtobufSerializer(api_pb2.Api, registry), api)

    # The second message of its file, whose index this version of the client writes in its own way.
    write("py-method-out", ProtobufSerializer(api_pb2.Method, registry), api_pb2.Method(name="Answer"))
    api_in = read("py-api-in", ProtobufDeserializer(api_pb2.Api))
    return {
        "upload": read("py-upload-in", ProtobufDeserializer(upload)).ingest_id,
        "api": [api_in.name, api_in.methods[0].name, api_in.source_context.file_name],
        "references": [[each["name"], each["subject"], each["version"]] for each in registry.get_latest_version("py-api-out-value").schema.references],
    }


def exchange_json():
    schema = json.dumps({"title": "Person", "type": "object", "properties": {"name": {"type": "string"}}, "additionalProperties": False})
    write("py-json", JSONSerializer(schema, registry), {"name": "Ada"})
    return read("py-json", JSONDeserializer(schema))


def exchange_avro():
    schema = loads(point(x={"type": "int"}).schema_str)
    known = CachedSchemaRegistryClient({"url": url})
    producer = AvroProducer({"bootstrap.servers": bootstrap}, default_value_schema=schema, schema_registry=known)
    producer.produce(topic="py-avro", value={"x": 7})
    assert producer.flush(30) == 0
    return poll(AvroConsumer(consumer_settings("py-avro"), schema_registry=CachedSchemaRegistryClient({"url": url})), "py-avro")


print(json.dumps({"client": use_the_client(), "protobuf": exchange_protobuf(), "json": exchange_json(), "avro": exchange_avro()}))
