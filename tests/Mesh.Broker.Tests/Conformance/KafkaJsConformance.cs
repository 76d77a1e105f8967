namespace Mesh.Broker.Tests.Conformance;

/// <summary>kafkajs does all it can.</summary>
public class KafkaJsConformance(ForeignClients clients)
{
    public static TheoryData<string> Cells => ClientMatrix.CapabilitiesOf(ClientMatrix.KafkaJs);

    [Theory]
    [MemberData(nameof(Cells))]
    public Task Kafkajs_can(string capability) => new ConformanceSuite(clients, ClientMatrix.KafkaJs).ShowAsync(capability);
}
