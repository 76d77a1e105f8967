"""Logs in over TLS through python3-kafka and writes a message. Arguments: bootstrap address, mechanism, user, password, file of the authority."""

import json
import sys

from kafka import KafkaProducer

bootstrap, mechanism, user, password, ca = sys.argv[1:]
producer = KafkaProducer(
    bootstrap_servers=bootstrap,
    security_protocol="SASL_SSL",
    sasl_mechanism=mechanism,
    sasl_plain_username=user,
    sasl_plain_password=password,
    ssl_cafile=ca,
)
print(json.dumps({"offset": producer.send("logins", mechanism.encode()).get(timeout=20).offset}))
producer.close()
