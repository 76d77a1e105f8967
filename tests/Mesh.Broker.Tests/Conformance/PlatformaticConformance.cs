namespace Mesh.Broker.Tests.Conformance;

/// <summary>@platformatic/kafka does all it can.</summary>
public class PlatformaticConformance(ForeignClients clients)
{
    public static TheoryData<string> Cells => ClientMatrix.CapabilitiesOf(ClientMatrix.Platformatic);

    [Theory]
    [MemberData(nameof(Cells))]
    public Task Platformatic_kafka_can(string capability) => new ConformanceSuite(clients, ClientMatrix.Platformatic).ShowAsync(capability);
}
