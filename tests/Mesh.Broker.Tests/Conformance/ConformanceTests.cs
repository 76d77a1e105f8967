namespace Mesh.Broker.Tests.Conformance;

/// <summary>Confluent.Kafka does all it can.</summary>
public class ConfluentConformance(ForeignClients clients)
{
    public static TheoryData<string> Cells => ClientMatrix.CapabilitiesOf(ClientMatrix.Confluent);

    [Theory]
    [MemberData(nameof(Cells))]
    public Task Confluent_kafka_can(string capability) => new ConformanceSuite(clients, ClientMatrix.Confluent).ShowAsync(capability);
}

/// <summary>kcat does all it can.</summary>
public class KcatConformance(ForeignClients clients)
{
    public static TheoryData<string> Cells => ClientMatrix.CapabilitiesOf(ClientMatrix.Kcat);

    [Theory]
    [MemberData(nameof(Cells))]
    public Task Kcat_can(string capability) => new ConformanceSuite(clients, ClientMatrix.Kcat).ShowAsync(capability);
}

/// <summary>Confluent's Python client does all it can.</summary>
public class ConfluentPythonConformance(ForeignClients clients)
{
    public static TheoryData<string> Cells => ClientMatrix.CapabilitiesOf(ClientMatrix.ConfluentPython);

    [Theory]
    [MemberData(nameof(Cells))]
    public Task Confluent_kafka_of_python_can(string capability) => new ConformanceSuite(clients, ClientMatrix.ConfluentPython).ShowAsync(capability);
}

/// <summary>kafka-python does all it can.</summary>
public class KafkaPythonConformance(ForeignClients clients)
{
    public static TheoryData<string> Cells => ClientMatrix.CapabilitiesOf(ClientMatrix.KafkaPython);

    [Theory]
    [MemberData(nameof(Cells))]
    public Task Kafka_python_can(string capability) => new ConformanceSuite(clients, ClientMatrix.KafkaPython).ShowAsync(capability);
}

/// <summary>kafkajs does all it can.</summary>
public class KafkaJsConformance(ForeignClients clients)
{
    public static TheoryData<string> Cells => ClientMatrix.CapabilitiesOf(ClientMatrix.KafkaJs);

    [Theory]
    [MemberData(nameof(Cells))]
    public Task Kafkajs_can(string capability) => new ConformanceSuite(clients, ClientMatrix.KafkaJs).ShowAsync(capability);
}

/// <summary>@platformatic/kafka does all it can.</summary>
public class PlatformaticConformance(ForeignClients clients)
{
    public static TheoryData<string> Cells => ClientMatrix.CapabilitiesOf(ClientMatrix.Platformatic);

    [Theory]
    [MemberData(nameof(Cells))]
    public Task Platformatic_kafka_can(string capability) => new ConformanceSuite(clients, ClientMatrix.Platformatic).ShowAsync(capability);
}
