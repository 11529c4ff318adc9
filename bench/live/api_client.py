"""One long-lived client of the API, as a program has it: one TLS connection, a bearer key, messages known by reflection."""

import uuid

import grpc
from google.protobuf import any_pb2, descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

CLUSTERS = "sluice.provisioner.v1.KafkaClusterService"
ORGANIZATIONS = "sluice.provisioner.v1.OrganizationService"
DATA_PLANES = "sluice.provisioner.v1.DataPlaneService"
OPERATIONS = "google.longrunning.Operations"


class OperationFailed(Exception):
    """The operation ended with an error."""


class ApiClient:
    """Not thread-safe while a method is called for the first time; afterwards it is."""

    def __init__(self, endpoint, ca_file, bearer):
        with open(ca_file, "rb") as file:
            credentials = grpc.ssl_channel_credentials(file.read())
        # The server's certificate is for localhost, as the endpoint says.
        self.channel = grpc.secure_channel(endpoint, credentials)
        self._metadata = (("authorization", "Bearer " + bearer),)
        self._pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(self.channel))
        self._methods = {}

    def close(self):
        self.channel.close()

    def call(self, service, method, timeout_s=30, **fields):
        """One unary call; `fields` are the request's, messages as dicts."""
        request_class, stub = self._method(service, method)
        return stub(request_class(**fields), timeout=timeout_s, metadata=self._metadata)

    def done(self, operation, timeout_s=300):
        """Waits for the end of an operation, in one call as long as the server allows; gives its response unpacked."""
        while not operation.done:
            operation = self.call(OPERATIONS, "WaitOperation", timeout_s=min(timeout_s, 110), name=operation.name)
        if operation.HasField("error"):
            raise OperationFailed(f"{operation.name}: {operation.error.message}")
        return self._unpacked(operation.response)

    def create_cluster(self, parent, cluster_id, **wish):
        return self.call(CLUSTERS, "CreateKafkaCluster", parent=parent, kafka_cluster_id=cluster_id, kafka_cluster=wish,
                         request_id=str(uuid.uuid4()))

    def delete_cluster(self, name):
        """Its data too; gives the operation."""
        return self.call(CLUSTERS, "DeleteKafkaCluster", name=name, force=True, purge_now=True,
                         request_id=str(uuid.uuid4()))

    def _method(self, service, method):
        if (service, method) not in self._methods:
            descriptor = self._pool.FindServiceByName(service).FindMethodByName(method)
            request = message_factory.GetMessageClass(descriptor.input_type)
            response = message_factory.GetMessageClass(descriptor.output_type)
            stub = self.channel.unary_unary(f"/{service}/{method}", request_serializer=request.SerializeToString,
                                            response_deserializer=response.FromString)
            self._methods[service, method] = request, stub
        return self._methods[service, method]

    def _unpacked(self, packed):
        """An Any of the reflected pool; None when it is empty."""
        if not packed.type_url:
            return None
        name = any_pb2.Any(type_url=packed.type_url).TypeName()
        return message_factory.GetMessageClass(self._pool.FindMessageTypeByName(name)).FromString(packed.value)
