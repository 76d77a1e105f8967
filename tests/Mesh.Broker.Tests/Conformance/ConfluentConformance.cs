namespace Mesh.Broker.Tests.Conformance;

/// <summary>Confluent.Kafka does all it can.</summary>
public class ConfluentConformance(ForeignClients clients)
{
    public static TheoryData<string> Cells => ClientMatrix.CapabilitiesOf(ClientMatrix.Confluent);

    [Theory]
    [MemberData(nameof(Cells))]
    public Task Confluent_kafka_can(string capability) => new ConformanceSuite(clients, ClientMatrix.Confluent).ShowAsync(capability);
}
