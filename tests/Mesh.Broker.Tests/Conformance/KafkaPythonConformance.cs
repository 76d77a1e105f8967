namespace Mesh.Broker.Tests.Conformance;

/// <summary>kafka-python does all it can.</summary>
public class KafkaPythonConformance(ForeignClients clients)
{
    public static TheoryData<string> Cells => ClientMatrix.CapabilitiesOf(ClientMatrix.KafkaPython);

    [Theory]
    [MemberData(nameof(Cells))]
    public Task Kafka_python_can(string capability) => new ConformanceSuite(clients, ClientMatrix.KafkaPython).ShowAsync(capability);
}
