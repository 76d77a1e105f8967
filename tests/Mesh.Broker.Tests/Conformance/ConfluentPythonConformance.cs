namespace Mesh.Broker.Tests.Conformance;

/// <summary>Confluent's Python client does all it can.</summary>
public class ConfluentPythonConformance(ForeignClients clients)
{
    public static TheoryData<string> Cells => ClientMatrix.CapabilitiesOf(ClientMatrix.ConfluentPython);

    [Theory]
    [MemberData(nameof(Cells))]
    public Task Confluent_kafka_of_python_can(string capability) => new ConformanceSuite(clients, ClientMatrix.ConfluentPython).ShowAsync(capability);
}
